"""One start of Krita with the plugin from the built zip, a server that the plugin itself starts, and a drawn scene."""

import contextlib
import json
import os
import signal
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from krita_session import KritaLauncher, KritaRun
from numpy.typing import NDArray
from PIL import Image

import package_krita
from dragbrush.bench.demo_scene import DemoScene
from dragbrush.cli.main import main

ORDERS = {"RGBA": [2, 1, 0, 3], "GRAYA": [0, 1]}
"""Krita's channels in the order of picture files."""


def built_plugin(folder: Path) -> Path:
    """What a person imports, unpacked as Krita's importer does."""
    unpacked = folder / "plugin"
    with zipfile.ZipFile(package_krita.build(folder / "dist")) as archive:
        archive.extractall(unpacked)
    return unpacked


@contextmanager
def server_home(folder: Path) -> Iterator[Path]:
    """Where the server that Krita starts keeps what is its own; the server is ended afterwards."""
    home = folder / "server"
    home.mkdir()
    command = f"{sys.executable} -m dragbrush serve --port 0 --device cpu"
    (home / "krita.json").write_text(json.dumps({"server_command": command, "has_prepare": False}))
    try:
        yield home
    finally:
        with contextlib.suppress(OSError, ValueError, KeyError):
            os.kill(json.loads((home / "server.json").read_bytes())["process"], signal.SIGTERM)


def write_scene(scene: DemoScene, folder: Path) -> dict[str, str]:
    """The picture, its selection and its points, and where the scenarios find them."""
    Image.fromarray(scene.picture).save(folder / "scene.png")
    Image.fromarray(scene.mask).save(folder / "scene_mask.png")
    pairs = [[drag.handle, drag.target] for drag in scene.drags]
    return {
        "DRAGBRUSH_TEST_PICTURE": str(folder / "scene.png"),
        "DRAGBRUSH_TEST_MASK": str(folder / "scene_mask.png"),
        "DRAGBRUSH_TEST_PAIRS": json.dumps(pairs),
    }


def run_edits(krita: KritaLauncher, lives: list[list[Path]], folder: Path, scene: DemoScene) -> list[KritaRun]:
    """One start of Krita after the other, with one server."""
    with server_home(folder) as home:
        environment = {
            **write_scene(scene, folder),
            "DRAGBRUSH_HOME": str(home),
            "DRAGBRUSH_TEST_LEFT": str(folder / "life0" / "quitting.kra"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "OMP_NUM_THREADS": "1",
        }
        plugin, runs = built_plugin(folder), []
        for number, scripts in enumerate(lives):
            out = folder / f"life{number}"
            out.mkdir()
            runs.append(krita.run(scripts, out, plugin=plugin, environment=environment, timeout_s=480))
        return runs


def command_line(*words: object, cache: Path) -> None:
    """Runs `dragbrush`, on one thread like the server: sums of several threads round in another way."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_CACHE_HOME", str(cache))
            assert main([*map(str, words), "--quiet", "--device", "cpu"]) == 0
    finally:
        torch.set_num_threads(threads)


def samples(run: KritaRun, file: str, size: list[int], kind: list[str]) -> NDArray[Any]:
    """Pixels that a scenario kept, (height, width, channels) in the order of files."""
    model, depth = kind[0], np.uint16 if kind[1] == "U16" else np.uint8
    channels = ORDERS[model]
    found = np.frombuffer((run.out / file).read_bytes(), depth).reshape(size[1], size[0], len(channels))
    return np.ascontiguousarray(found[:, :, channels])


def mask_of(run: KritaRun, file: str, size: list[int]) -> NDArray[np.uint8]:
    return np.frombuffer((run.out / file).read_bytes(), np.uint8).reshape(size[1], size[0])
