"""The core needs the standard library and itself; Krita 5.2 brings Python 3.10."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parents[2] / "krita_plugin" / "dragbrush"
CORE = sorted((PLUGIN / "core").glob("*.py"))
OLDEST = (3, 10)


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_a_module_of_the_core_imports_the_standard_library_and_the_plugin_alone(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"), feature_version=OLDEST)

    named = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    named |= {str(node.module) for node in froms if node.level == 0}
    assert {name.partition(".")[0] for name in named} <= sys.stdlib_module_names
    assert not [node.module for node in froms if node.level and "host" in str(node.module).split(".")]


def test_the_core_is_imported_without_any_package(tmp_path: Path) -> None:
    """Under its own name, where neither installed packages nor the working folder are on the path."""
    program = f"""
import importlib, sys
sys.path.insert(0, {str(PLUGIN.parent)!r})
before = set(sys.modules)
for name in {[path.stem for path in CORE]!r}:
    importlib.import_module("dragbrush.core." + name)
foreign = {{name.partition(".")[0] for name in set(sys.modules) - before}} - {{"dragbrush"}} - sys.stdlib_module_names
assert not foreign, foreign
assert not [name for name in sys.modules if name.startswith("dragbrush.host")]
"""
    subprocess.run([sys.executable, "-S", "-I", "-B", "-c", program], check=True, timeout=60)


_AFTER_3_10 = {
    "asyncio": {"timeout", "timeout_at", "TaskGroup", "Runner", "Barrier"},
    "typing": {"Self", "assert_never", "assert_type", "LiteralString", "Never", "override", "Unpack"},
    "enum": {"StrEnum", "verify"},
    "datetime": {"UTC"},
    "contextlib": {"chdir"},
    "hashlib": {"file_digest"},
    "itertools": {"batched"},
    "tomllib": set(),
}


@pytest.mark.parametrize("path", [PLUGIN / "wire.py", *CORE], ids=lambda path: path.name)
def test_a_module_uses_no_name_that_python_3_10_lacks(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"), feature_version=OLDEST)

    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            assert node.module != "tomllib"
            assert not {name.name for name in node.names} & _AFTER_3_10.get(str(node.module), set())
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert node.attr not in _AFTER_3_10.get(node.value.id, set()), ast.unparse(node)
        assert not isinstance(node, ast.TryStar)
