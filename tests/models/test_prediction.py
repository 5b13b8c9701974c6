"""What a single file predicts: what it says, what is usual, and what is asked for."""

import json
from pathlib import Path

import pytest
from headers import FIRST, UNET, data_bytes, entries, write
from original import read_model, save_original

from dragbrush.errors import BadModel
from dragbrush.models import find_model, notes
from dragbrush.models.adopt import adopt
from dragbrush.models.folder_settings import EPSILON, VELOCITY
from dragbrush.models.header import read_header
from dragbrush.models.prediction import prediction_of
from tiny_families import tiny_sd21

OPEN_CLIP = "cond_stage_model.model.positional_embedding"
SD1, SD2 = {FIRST: (320, 4, 3, 3)}, {FIRST: (320, 4, 3, 3), OPEN_CLIP: (77, 1024)}
XL = {FIRST: (320, 4, 3, 3), f"{UNET}label_emb.0.0.weight": (1280, 2816)}
MARK = {"v_pred": (0,)}


@pytest.mark.parametrize(
    ("shapes", "metadata", "expected"),
    [
        (SD1, {}, EPSILON),
        (SD1 | MARK, {}, VELOCITY),
        (SD2 | MARK, {}, VELOCITY),
        (XL, {}, EPSILON),
        (XL | MARK, {}, VELOCITY),
        (XL, {"modelspec.prediction_type": "velocity"}, VELOCITY),
        (SD2, {"modelspec.prediction_type": "epsilon"}, EPSILON),
        (SD2, {"modelspec.prediction_type": "v"}, VELOCITY),
        (SD2, {"modelspec.architecture": "stable-diffusion-v2-768-v"}, VELOCITY),
        (SD2, {"modelspec.architecture": "stable-diffusion-v2-512"}, EPSILON),
    ],
)
def test_file_says_or_is_usual(tmp_path: Path, shapes: dict, metadata: dict, expected: str) -> None:
    file = tmp_path / "model.safetensors"
    write(file, {"__metadata__": metadata, **entries(shapes)}, data=data_bytes(entries(shapes)))

    assert prediction_of(read_header(file), file, is_inpainting=False, choice=None) == expected


@pytest.mark.parametrize("metadata", [{}, {"modelspec.prediction_type": "sample"}, {"format": "pt"}, "words", None])
def test_file_of_stable_diffusion_2_that_does_not_say_is_asked_for(tmp_path: Path, metadata: object) -> None:
    file = tmp_path / "model.safetensors"
    write(file, {"__metadata__": metadata, **entries(SD2)}, data=data_bytes(entries(SD2)))
    tensors = read_header(file)

    with pytest.raises(BadModel, match="--prediction"):
        prediction_of(tensors, file, is_inpainting=False, choice=None)

    assert prediction_of(tensors, file, is_inpainting=False, choice="velocity") == VELOCITY
    assert prediction_of(tensors, file, is_inpainting=True, choice=None) == EPSILON


def test_choice_of_a_person_is_kept_in_the_folder(tmp_path: Path) -> None:
    file = save_original(read_model(tiny_sd21(tmp_path / "tiny")), tmp_path / "sd2.safetensors")
    with pytest.raises(BadModel, match="--prediction"):
        adopt(file)
    assert notes.installed() == []

    note = adopt(file, prediction="velocity")

    scheduler = json.loads((find_model("sd2") / "scheduler" / "scheduler_config.json").read_text())
    assert (note.family, scheduler["prediction_type"]) == ("v-prediction", VELOCITY)
