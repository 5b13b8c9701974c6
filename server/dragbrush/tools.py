"""What each tool can be asked for: its methods, speeds and settings. Standard library only."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dragbrush.dragon_presets import DRAGON_PRESETS, DragonSettings
from dragbrush.errors import BadRequest
from dragbrush.presets import PRESETS, DragSettings
from dragbrush.settings import replaced

Settings = DragSettings | DragonSettings
INSTANT = "instant"
"""The speed of every tool that runs no model and has no settings."""
QUALITY = "quality"
"""This project's own."""
DISTILLED_STEPS = 10
"""DDIM steps from noise to picture for models distilled for few: FastDrag (Zhao et al., NeurIPS 2024) takes as many."""
METHODS = ("dragdiffusion", "dragondiffusion")
"""Of `drag`; the other tools are DragonDiffusion's."""

TOOLS: Mapping[str, Mapping[str, Settings]] = {
    "drag": PRESETS,
    **{
        tool: {name: preset[tool] for name, preset in DRAGON_PRESETS.items()}
        for tool in ("move", "appearance", "paste")
    },
}
"""The presets of every tool, by speed."""
DRAG_BY_ENERGIES: Mapping[str, Settings] = {name: preset["drag"] for name, preset in DRAGON_PRESETS.items()}
"""The presets of `drag` with the method dragondiffusion."""


def presets_of(tool: str, method: str = METHODS[0]) -> Mapping[str, Settings]:
    """The presets of a tool, by speed. Raises `BadRequest` for a method that does not exist."""
    if method not in METHODS:
        raise BadRequest(f"There is no method '{method}'; choose one of {', '.join(METHODS)}.")
    return DRAG_BY_ENERGIES if tool == "drag" and method == "dragondiffusion" else TOOLS[tool]


def speeds_of(tool: str, method: str = METHODS[0]) -> tuple[str, ...]:
    """What a tool can be asked to take as its speed."""
    return (INSTANT, *presets_of(tool, method))


def settings_for(
    tool: str,
    speed: str,
    overrides: Mapping[str, Any] | None = None,
    *,
    method: str = METHODS[0],
    in_few_steps: bool = False,
) -> Settings | None:
    """The settings of a speed with some replaced, by name and value or its text; None for the instant speed.

    `in_few_steps`: for a model distilled for few steps, of which `quality` takes no more than it needs.
    Raises `BadRequest` for what does not exist and for a value of the wrong kind or out of range.
    """
    presets = presets_of(tool, method)
    if speed in presets:
        settings = presets[speed]
        if in_few_steps and speed == QUALITY:
            settings = replace(settings, n_inference_step=DISTILLED_STEPS)
        return replaced(settings, overrides or {})
    if speed != INSTANT:
        raise BadRequest(f"There is no speed '{speed}'; choose one of {', '.join(speeds_of(tool, method))}.")
    if overrides:
        raise BadRequest(
            f"The speed 'instant' runs no model and has no setting '{next(iter(overrides))}'; leave it out or choose "
            "another speed."
        )
    return None
