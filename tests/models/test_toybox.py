"""The embedded model: its files, its words, and that it inverts, reconstructs and carries features."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from dragbrush.bench.cases import suite_cases
from dragbrush.bench.paint import render
from dragbrush.bench.scores import score
from dragbrush.bench.words import captions, vocabulary
from dragbrush.bench.world import draw_scenes
from dragbrush.editor import Editor
from dragbrush.engine.components import Components
from dragbrush.engine.features import predict_noise
from dragbrush.engine.inversion import invert
from dragbrush.engine.loading import load_components
from dragbrush.models import TOYBOX, find_model
from dragbrush.presets import PRESETS
from running import run

FILE_LIMIT_BYTES = 16 * 1024**2
HELD_OUT_SEED = 800_000_000


@pytest.fixture(scope="module")
def components() -> Components:
    return load_components(find_model(TOYBOX.name), device=torch.device("cpu"))


def test_every_file_is_small_and_none_is_a_pickle() -> None:
    files = [f for f in TOYBOX.folder.rglob("*") if f.is_file()]

    assert {f.suffix for f in files} <= {".json", ".safetensors", ".md"}
    assert max(f.stat().st_size for f in files) < FILE_LIMIT_BYTES
    assert TOYBOX.folder / "MODEL_CARD.md" in files


def test_canvas_is_what_it_was_trained_on(components: Components) -> None:
    assert (components.canvas_side, components.factor, components.canvas_multiple) == (64, 2, 16)


def test_every_word_of_a_caption_is_one_token(components: Components) -> None:
    for word in vocabulary():
        assert len(components.readers[0].tokenizer(word).input_ids) == 3, word


@pytest.mark.parametrize("strength", [PRESETS["quality"].inversion_strength, 0.5])
def test_inversion_and_denoising_give_the_picture_back(components: Components, strength: float) -> None:
    scenes = draw_scenes(4, torch.Generator().manual_seed(HELD_OUT_SEED))
    schedule, ratios, side = components.schedule(50), [], components.canvas_side
    for picture, caption in zip(render(scenes, side, side), captions(scenes), strict=True):
        latent, text = components.encode(picture[None])[0], components.encode_prompt(caption)
        steps = invert(components.unet, schedule, latent, text, strength=strength, first_layer=99)
        _, inversion = run(steps)
        z = inversion.latents[-1]
        with torch.no_grad():
            for t in reversed(inversion.timesteps):
                z = schedule.move(z, predict_noise(components.unet, z, t, text), t, t - schedule.stride)
        error = (components.decode(z) - components.decode(latent)).square().mean().item()
        ratios.append(-10 * math.log10(error))

    # Against the autoencoder's round trip; the project's mark for an edit that changes nothing.
    assert sum(ratios) / len(ratios) >= 38


def test_quality_brings_things_nearer_to_the_truth_than_doing_nothing(tmp_path: Path) -> None:
    editor = Editor(cache_dir=tmp_path)

    for case in suite_cases("drag-object", 2):
        edit = editor.drag(
            case.source, case.drags, mask=case.mask, prompt=case.caption, settings={"lora_step": 0}, seed=0
        )

        assert score(case, edit.picture).psnr_inside > score(case, case.source).psnr_inside + 2
        assert np.array_equal(edit.picture[case.mask == 0], case.source[case.mask == 0])
        assert edit.report["warnings"]
