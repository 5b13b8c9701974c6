"""What this server can do, as `welcome` says it; panels build their forms from this alone."""

import dataclasses
from typing import get_args

from dragbrush.presets import PRESETS, SPEEDS, DragSettings
from dragbrush.protocol.messages import Param, Speed, Tool

_SPEED_TEXTS = {
    "instant": ("Instant", "A warp of the pixels, without a model: follows the hand."),
    "quality": ("Quality", "The model carries the part along and draws what it uncovers."),
    "reference": ("Reference (DragDiffusion as released)", "The published tool's settings to the letter; slow."),
    "paper": ("Paper (DragDiffusion as published)", "The publication's settings to the letter; slower."),
}
_HIDDEN = frozenset({"unet_feature_idx", "start_layer", "keys_values", "supervision", "background"})
"""Settings for people who know the engine from inside; `params` takes them all the same."""


def tools() -> list[Tool]:
    return [Tool("drag", "Drag", ["drags"], [_speed(speed) for speed in SPEEDS])]


def _speed(speed: str) -> Speed:
    title, text = _SPEED_TEXTS[speed]
    if speed == "instant":
        return Speed(speed, title, text, is_live=True)
    settings = PRESETS[speed]
    params = [
        _param(setting, getattr(settings, setting.name))
        for setting in dataclasses.fields(DragSettings)
        if setting.name not in _HIDDEN
    ]
    return Speed(speed, title, text, params, has_prepare=True)


def _param(setting: "dataclasses.Field[object]", default: bool | int | float | str | None) -> Param:
    title = str(setting.metadata["text"])
    if setting.type is bool:
        return Param(setting.name, title, "bool", default)
    if choices := get_args(setting.type):
        return Param(setting.name, title, "choice", default, choices=[str(choice) for choice in choices])
    kind = "int" if setting.type is int else "float"
    return Param(setting.name, title, kind, default, min=setting.metadata["low"], max=setting.metadata["high"])
