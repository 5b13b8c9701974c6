"""What this server can do, as `welcome` says it; panels build their forms from this alone."""

import dataclasses
from typing import get_args

from dragbrush.dragon_presets import DragonSettings
from dragbrush.presets import DragSettings
from dragbrush.protocol.messages import Param, Speed, Tool
from dragbrush.tools import INSTANT, TOOLS, Settings

_TITLES = {"drag": "Drag", "move": "Move", "appearance": "Swap appearance", "paste": "Paste"}
INPUTS = {
    "drag": ["drags"],
    "move": ["mask", "transform"],
    "appearance": ["mask", "reference"],
    "paste": ["reference", "at"],
}
"""What each tool needs beside the image."""
_AS_PUBLISHED = {
    "reference": ("Reference (DragDiffusion as released)", "The published tool's settings to the letter; slow."),
    "paper": ("Paper (DragDiffusion as published)", "The publication's settings to the letter; slower."),
    "reference-dragon": (
        "Reference (DragonDiffusion as released)",
        "The published tool's settings to the letter; slow.",
    ),
    "reference-diffeditor": (
        "Reference (DiffEditor as released)",
        "The published tool's settings to the letter, without its image prompt; slower.",
    ),
}
_SPEED_TEXTS = {
    "drag": {
        INSTANT: ("Instant", "A warp of the pixels, without a model: follows the hand."),
        "quality": ("Quality", "The model carries the part along and draws what it uncovers."),
    },
    "move": {
        INSTANT: ("Instant", "The object's own pixels over a smooth filling, without a model: follows the hand."),
        "quality": ("Quality", "The object's own pixels; the model draws what they uncover."),
    },
    "appearance": {
        INSTANT: ("Instant", "The look's colours on the object, without a model."),
        "quality": ("Quality", "The model draws the object with the look of the other."),
    },
    "paste": {
        INSTANT: ("Instant", "The object laid over the picture, without a model: follows the hand."),
        "quality": ("Quality", "The model joins the object to the picture."),
    },
}
_FOLLOWING = frozenset({"drag", "move", "paste"})
"""Tools whose instant speed follows a hand."""
_HIDDEN = {
    DragSettings: frozenset({"unet_feature_idx", "start_layer", "keys_values", "supervision", "background"}),
    DragonSettings: frozenset(
        {
            "reference_features", "hold", "moved_object", "lookup", "lookup_from", "lookup_until", "guided_stride",
            "guided_all_until", "travel_after", "travel_before", "sde_after", "sde_before",
        }
    ),
}  # fmt: skip
"""Settings for people who know the engine from inside; `params` takes them all the same."""


def tools() -> list[Tool]:
    return [
        Tool(
            tool, _TITLES[tool], INPUTS[tool], [_instant(tool), *(_drawn(tool, *preset) for preset in presets.items())]
        )
        for tool, presets in TOOLS.items()
    ]


def _instant(tool: str) -> Speed:
    return Speed(INSTANT, *_SPEED_TEXTS[tool][INSTANT], is_live=tool in _FOLLOWING)


def _drawn(tool: str, speed: str, settings: Settings) -> Speed:
    params = [
        _param(setting, getattr(settings, setting.name))
        for setting in dataclasses.fields(settings)
        if setting.name not in _HIDDEN[type(settings)]
    ]
    title, text = _SPEED_TEXTS[tool].get(speed) or _AS_PUBLISHED[speed]
    return Speed(speed, title, text, params, has_prepare=True)


def _param(setting: "dataclasses.Field[object]", default: bool | int | float | str | None) -> Param:
    title = str(setting.metadata["text"])
    if setting.type is bool:
        return Param(setting.name, title, "bool", default)
    if choices := get_args(setting.type):
        return Param(setting.name, title, "choice", default, choices=[str(choice) for choice in choices])
    kind = "int" if setting.type is int else "float"
    return Param(setting.name, title, kind, default, min=setting.metadata["low"], max=setting.metadata["high"])
