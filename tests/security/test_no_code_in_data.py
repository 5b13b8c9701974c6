"""No call in the program makes code of what it reads: neither of files, nor of what other processes say."""

import ast
from collections.abc import Iterator
from pathlib import Path

import dragbrush

MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "diskcache"}
CALLS = {"eval", "exec", "compile", "__import__"}
METHODS = {
    ("torch", "load"), ("torch", "save"), ("os", "system"), ("os", "popen"), ("subprocess", "getoutput"),
    ("subprocess", "getstatusoutput"), ("_pipe", "recv"), ("_pipe", "send"), ("pipe", "recv"), ("pipe", "send"),
}  # fmt: skip
"""A pipe's `recv` unpickles; its `recv_bytes` does not."""
OPTIONS = {"allow_pickle", "trust_remote_code", "shell"}


def faults(text: str) -> Iterator[str]:
    """What `text`, a module's source, does that no module should."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name.split(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in MODULES:
                yield module
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                yield name
            case ast.Attribute(value=ast.Name(id=of) | ast.Attribute(attr=of), attr=name) if (of, name) in METHODS:
                yield f"{of}.{name}"
            case ast.keyword(arg=str(option), value=value) if option in OPTIONS:
                if not (isinstance(value, ast.Constant) and value.value is False):
                    yield option
            case ast.keyword(arg="use_safetensors", value=ast.Constant(value=False)):
                yield "use_safetensors"


def test_no_module_can() -> None:
    folder = Path(dragbrush.__file__).parent

    found = {str(file.relative_to(folder)): list(faults(file.read_text("utf-8"))) for file in folder.rglob("*.py")}

    assert len(found) > 50
    assert {file: what for file, what in found.items() if what} == {}


def test_what_is_looked_for_is_found() -> None:
    text = """
import pickle, os
from yaml.nodes import Node
def f(self, x):
    torch.load(x)
    self._pipe.recv()
    subprocess.run(x, shell=True)
    from_pretrained(x, use_safetensors=False, trust_remote_code=x)
    model.eval()
    np.load(x, allow_pickle=False)
    return eval(x), os.system(x)
"""

    assert sorted(faults(text)) == sorted(
        ["pickle", "yaml.nodes", "torch.load", "_pipe.recv", "shell", "use_safetensors", "trust_remote_code", "eval",
         "os.system"]
    )  # fmt: skip
