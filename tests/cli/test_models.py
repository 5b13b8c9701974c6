"""`dragbrush models`: what it prints, and how it fails."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from command_line import Command
from huggingface_hub import constants
from safetensors.numpy import save

from fake_hub import COMMIT, FakeHub, FakeRepository, files_of

ID = "someone/tiny-model"
UNET = "unet/diffusion_pytorch_model.safetensors"
SECONDS = 120


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models folder, cache and home of the test's own."""
    for variable in ("DRAGBRUSH_MODELS", "HF_HOME", "HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path_factory.mktemp(variable.lower())))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(Path(os.environ["HF_HOME"]) / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


@pytest.fixture
def hub(tiny_sd15_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub that has the tiny model."""
    with FakeHub() as hub:
        hub.repositories[ID] = FakeRepository(files_of(tiny_sd15_folder))
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace("https://huggingface.co", hub.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield hub


@pytest.fixture
def bad_files(folder: Path) -> None:
    """What people import in error."""
    unet = "model.diffusion_model."
    first = np.zeros((32, 4, 3, 3), np.float16)
    whole = {f"{unet}input_blocks.0.0.weight": first}
    files = {
        "lora": {"lora_unet_mid_block_attentions_0_proj_in.lora_up.weight": first},
        "flux": {f"{unet}double_blocks.0.img_attn.qkv.weight": first},
        "sd2": {**whole, "cond_stage_model.model.positional_embedding": first},
        "xl-inpainting": {
            f"{unet}input_blocks.0.0.weight": np.zeros((32, 9, 3, 3), np.float16),
            f"{unet}label_emb.0.0.weight": first,
        },
    }
    for name, tensors in files.items():
        (folder / f"{name}.safetensors").write_bytes(save(tensors))
    (folder / "cut.safetensors").write_bytes(save(whole)[:-100])
    (folder / "model.ckpt").write_bytes(b"PK\x03\x04" + bytes(100))


def started(hub: FakeHub, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """The command as a process of its own, which reads the hub's address from its environment."""
    return subprocess.Popen(
        [sys.executable, "-m", "dragbrush", "models", *arguments],
        env={**os.environ, "HF_ENDPOINT": hub.url, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def first_bytes(process: subprocess.Popen[str]) -> int:
    """Waits until the weights begin to arrive; how many bytes of them there are."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        for partial in Path(os.environ["HF_HOME"]).rglob("*.dragbrush.incomplete"):
            if count := partial.stat().st_size:
                return count
        time.sleep(0.05)
    raise AssertionError("nothing arrived")


def test_list_tells_what_there_is_and_what_there_could_be(dragbrush: Command) -> None:
    text, values = dragbrush("models", "list"), dragbrush("models", "list", "--json")

    assert (text.code, values.code) == (0, 0)
    entries = {entry["name"]: entry for entry in json.loads(values.out)}
    assert entries["toybox"]["is_installed"]
    assert entries["toybox"]["is_default"]
    assert not entries["dreamshaper-8"]["is_installed"]
    assert text.out.index("toybox") < text.out.index("dreamshaper-8") < text.out.index("stable-diffusion-xl")


def test_pulled_model_edits_and_is_shown_chosen_and_removed(
    dragbrush: Command,
    hub: FakeHub,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))

    pulled = dragbrush("models", "pull", ID)
    assert pulled.code == 0
    assert "--model tiny-model" in pulled.out
    assert COMMIT in pulled.out
    assert "dragbrush: download" in pulled.err

    edited = dragbrush(
        "drag", "in.png", "-o", "out.png", "--point", "50,50:60,50", "--model", "tiny-model", "--speed", "instant"
    )
    assert (edited.code, edited.err.splitlines()[-1:]) == (0, edited.err.splitlines()[-1:])
    assert (folder / "out.png").is_file()

    shown = dragbrush("models", "info", "tiny-model", "--json")
    assert json.loads(shown.out)["revision"] == COMMIT
    assert COMMIT in dragbrush("models", "info", "tiny-model").out

    assert dragbrush("models", "default", "tiny-model").out == "tiny-model\n"
    assert dragbrush("models", "default").out == "tiny-model\n"
    assert " * tiny-model" in dragbrush("models", "list").out

    assert dragbrush("models", "remove", "tiny-model").code == 0
    assert dragbrush("models", "default").out == "toybox\n"
    assert dragbrush("models", "info", "tiny-model").code == 2


def test_quiet_pull_says_nothing(dragbrush: Command, hub: FakeHub) -> None:
    outcome = dragbrush("models", "pull", ID, "--quiet")

    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_half_precision_is_told(dragbrush: Command, hub: FakeHub) -> None:
    files = hub.repositories[ID].files
    files[UNET.replace(".safetensors", ".fp16.safetensors")] = files.pop(UNET)

    assert "fp16" in dragbrush("models", "pull", ID).out


def test_folder_is_imported_and_stays(dragbrush: Command, folder: Path, tiny_sd15_folder: Path) -> None:
    shutil.copytree(tiny_sd15_folder, folder / "mine")

    assert dragbrush("models", "import", "mine").code == 0
    assert dragbrush("models", "remove", "mine").code == 0
    assert (folder / "mine" / UNET).is_file()


def test_models_of_other_programs_are_found_and_imported_by_name(dragbrush: Command, tiny_sd15_folder: Path) -> None:
    assert "usual places" in dragbrush("models", "list", "--found").out
    shutil.copytree(tiny_sd15_folder, Path(os.environ["HOME"]) / "ComfyUI" / "models" / "diffusers" / "theirs")

    listed = dragbrush("models", "list", "--found")
    values = dragbrush("models", "list", "--found", "--json")

    assert "theirs: ComfyUI" in listed.out
    assert [entry["name"] for entry in json.loads(values.out)] == ["theirs"]
    assert dragbrush("models", "import", "theirs").code == 0
    assert "theirs" in dragbrush("models", "info", "theirs").out


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("pull", "nobody/nothing"), 2, "nobody/nothing"),
        (("pull", "no-such-name"), 2, "OWNER/NAME"),
        (("pull", "someone/flux"), 2, "FluxPipeline"),
        (("pull", ID, "--offline"), 2, "offline"),
        (("pull", ID, "--revision", "none"), 2, "revision"),
        (("pull", ID, "--name", "toybox"), 2, "toybox"),
        (("import", "in.png"), 2, "in.png"),
        (("import", "old.safetensors"), 2, "old.safetensors"),
        (("import", "none"), 2, "does not exist"),
        (("import", "cut.safetensors"), 2, "cut short: 100 of its"),
        (("import", "model.ckpt"), 2, "pickle"),
        (("import", "lora.safetensors"), 2, "it is a LoRA"),
        (("import", "flux.safetensors"), 2, "Flux"),
        (("import", "xl-inpainting.safetensors"), 2, "XL inpainting"),
        (("import", "sd2.safetensors"), 2, "--prediction"),
        (("import", "empty-model", "--prediction", "velocity"), 2, "leave --prediction out"),
        (("import", "empty-model"), 2, "model_index.json"),
        (("info", "none"), 2, "installed"),
        (("default", "none"), 2, "none"),
        (("default", "dreamshaper-8"), 2, "models pull dreamshaper-8"),
        (("remove", "toybox"), 2, "toybox"),
        (("remove", "../x"), 2, "../x"),
    ],
)
def test_failures_are_one_sentence_and_a_code(
    dragbrush: Command, hub: FakeHub, bad_files: None, arguments: tuple[str, ...], code: int, word: str
) -> None:
    hub.repositories["someone/flux"] = FakeRepository({"model_index.json": b'{"_class_name": "FluxPipeline"}'})

    outcome = dragbrush("models", *arguments)

    assert outcome.code == code
    assert word in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert outcome.err.endswith(".\n")
    assert outcome.out == ""


def test_no_network_fails_with_code_1(dragbrush: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")

    outcome = dragbrush("models", "pull", ID)

    assert (outcome.code, len(outcome.err.splitlines())) == (1, 1)
    assert "network" in outcome.err


def test_stopped_pull_goes_on_where_it_stopped(hub: FakeHub) -> None:
    repository = hub.repositories[ID]
    repository.stalls[UNET] = 200_000
    with started(hub, "pull", ID) as process:
        had_bytes = first_bytes(process)
        process.send_signal(signal.SIGINT)
        _, words = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert "Traceback" not in words
    repository.stalls.clear()
    hub.asked.clear()

    with started(hub, "pull", ID) as process:
        out, words = process.communicate(timeout=SECONDS)

    assert (process.returncode, "tiny-model is installed" in out) == (0, True), words
    (again,) = hub.downloads(UNET)
    assert int(again.split("bytes=")[-1].rstrip("-")) >= had_bytes


def test_environment_forbids_the_network(hub: FakeHub) -> None:
    with started(hub, "pull", ID, HF_HUB_OFFLINE="1") as process:
        _, words = process.communicate(timeout=SECONDS)

    assert process.returncode == 2
    assert "HF_HUB_OFFLINE" in words
    assert hub.asked == []
