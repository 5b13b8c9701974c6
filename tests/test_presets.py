"""The settings of a drag, their checks, and the presets' figures."""

import dataclasses
import json
import math
from typing import Any

import pytest

from dragbrush.dragon_presets import DragonSettings
from dragbrush.errors import BadRequest
from dragbrush.presets import PRESETS, DragSettings
from dragbrush.tools import METHODS, TOOLS, presets_of, settings_for, speeds_of

RELEASED = {
    "lora_step": 80, "lora_lr": 5e-4, "lora_rank": 16, "lora_batch_size": 4, "n_inference_step": 50,
    "inversion_strength": 0.7, "n_pix_step": 80, "latent_lr": 0.01, "lam": 0.1, "r_m": 1, "r_p": 3,
    "unet_feature_idx": None, "supervision": "patch", "background": "loss", "keys_values": "row", "start_step": 0,
    "start_layer": None, "warm_start": False, "carry_detail": False,
}  # fmt: skip
PUBLISHED = {
    "lora_step": 200, "lora_lr": 2e-4, "lora_rank": 16, "n_inference_step": 50, "inversion_strength": 0.8,
    "latent_lr": 0.01, "r_m": 1, "r_p": 3, "supervision": "patch",
}  # fmt: skip
OWN = {
    "supervision": "field", "background": "gradient_mask", "keys_values": "bank", "warm_start": True,
    "carry_detail": True,
}  # fmt: skip


def figures(preset: str, names: dict[str, Any]) -> dict[str, Any]:
    settings = dataclasses.asdict(PRESETS[preset])
    return {name: settings[name] for name in names}


def test_reference_has_the_released_settings() -> None:
    assert figures("reference", RELEASED) == RELEASED


def test_paper_has_the_published_settings() -> None:
    assert figures("paper", PUBLISHED) == PUBLISHED


def test_quality_has_this_projects_way() -> None:
    assert figures("quality", OWN) == OWN


def test_quality_takes_less_work_than_reference() -> None:
    quality, reference = PRESETS["quality"], PRESETS["reference"]

    assert quality.lora_step * quality.lora_batch_size <= 0.5 * reference.lora_step * reference.lora_batch_size
    assert quality.inversion_strength * quality.n_inference_step <= 35


def test_speeds_are_instant_and_the_presets() -> None:
    assert speeds_of("drag") == ("instant", "quality", "paper", "reference")


@pytest.mark.parametrize("tool", ["move", "appearance", "paste"])
def test_speeds_of_the_other_tools_are_those_of_dragondiffusion(tool: str) -> None:
    assert speeds_of(tool) == ("instant", "quality", "reference-dragon", "reference-diffeditor")
    assert speeds_of(tool) == speeds_of("drag", "dragondiffusion")


@pytest.mark.parametrize(("tool", "method"), [(tool, METHODS[0]) for tool in TOOLS] + [("drag", METHODS[1])])
def test_every_preset_passes_its_own_checks(tool: str, method: str) -> None:
    for speed, settings in presets_of(tool, method).items():
        assert settings_for(tool, speed, dataclasses.asdict(settings), method=method) == settings


def test_instant_speed_has_no_settings() -> None:
    assert settings_for("move", "instant") is None
    with pytest.raises(BadRequest, match="no setting 'w_edit'"):
        settings_for("move", "instant", {"w_edit": 1})


def test_unknown_method_is_named_and_the_known_ones_listed() -> None:
    with pytest.raises(BadRequest, match=r"'drag3d'.*dragdiffusion, dragondiffusion"):
        settings_for("drag", "quality", method="drag3d")


@pytest.mark.parametrize(
    "setting",
    [*dataclasses.fields(DragSettings), *dataclasses.fields(DragonSettings)],
    ids=lambda setting: setting.name,
)
def test_every_setting_says_what_it_is(setting: dataclasses.Field[Any]) -> None:
    assert setting.metadata["text"]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("lora_step", "0", 0),
        ("lora_lr", "1e-3", 1e-3),
        ("inversion_strength", "1", 1.0),
        ("supervision", "field", "field"),
        ("warm_start", "true", True),
        ("warm_start", "False", False),
        ("start_layer", "none", None),
        ("start_layer", "8", 8),
    ],
)
def test_text_is_read_as_the_settings_kind(name: str, text: str, value: object) -> None:
    read = getattr(settings_for("drag", "reference", {name: text}), name)

    assert read == value
    assert type(read) is type(value)


def test_only_what_is_named_is_replaced() -> None:
    settings = settings_for("drag", "quality", {"n_pix_step": 7})

    assert settings == dataclasses.replace(PRESETS["quality"], n_pix_step=7)


@pytest.mark.parametrize(
    ("name", "value", "way_out"),
    [
        ("lora_step", -1, "from 0 to 2000"),
        ("lora_step", 2.5, "a whole number"),
        ("lora_step", "many", "a whole number"),
        ("lora_step", None, "a whole number"),
        ("lora_step", True, "a whole number"),
        ("lora_rank", 0, "from 1 to 128"),
        ("lora_lr", "fast", "a number"),
        ("latent_lr", math.nan, "a number"),
        ("latent_lr", math.inf, "a number"),
        ("n_pix_step", math.inf, "a whole number"),
        ("n_pix_step", [1], "a whole number"),
        ("inversion_strength", 1.01, "from 0.02 to 1.0"),
        ("unet_feature_idx", 5, "from 0 to 4"),
        ("start_layer", "last", "a whole number"),
        ("warm_start", "perhaps", "true or false"),
        ("warm_start", 1, "true or false"),
        ("supervision", "points", "patch, field"),
        ("background", "", "loss, gradient_mask"),
        ("keys_values", "rows", "row, bank"),
    ],
)
def test_value_that_cannot_be_used_is_named_with_a_way_out(name: str, value: object, way_out: str) -> None:
    with pytest.raises(BadRequest) as error:
        settings_for("drag", "quality", {name: value})

    assert name in str(error.value)
    assert str(value) in str(error.value)
    assert way_out in str(error.value)


def test_unknown_setting_is_named_and_the_known_ones_listed() -> None:
    with pytest.raises(BadRequest, match=r"'lora_steps'.*lora_step, lora_rank"):
        settings_for("drag", "quality", {"lora_steps": 3})


def test_unknown_preset_is_named_and_the_known_ones_listed() -> None:
    with pytest.raises(BadRequest, match=r"'best'.*quality, paper, reference"):
        settings_for("drag", "best")


def test_settings_are_ready_for_json() -> None:
    settings = dataclasses.asdict(settings_for("drag", "quality", {"n_pix_step": "7"}))

    assert json.loads(json.dumps(settings)) == settings
