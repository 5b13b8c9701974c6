"""What is published of each tool, from which panels build their forms."""

import pytest

from dragbrush.dragon_presets import DRAGON_PRESETS
from dragbrush.protocol.messages import Param, Speed, Submit
from dragbrush.service.catalogue import tools
from dragbrush.tools import TOOLS, settings_for, speeds_of

UNSEEN = {
    "reference_features", "hold", "moved_object", "lookup", "lookup_from", "lookup_until", "guided_stride",
    "guided_all_until", "travel_after", "travel_before", "sde_after", "sde_before",
}  # fmt: skip
"""Of the settings of DragonDiffusion."""


def test_every_tool_says_what_it_needs_and_how_fast_it_can_be() -> None:
    published = {tool.id: tool for tool in tools()}

    assert {id_: tool.inputs for id_, tool in published.items()} == {
        "drag": ["drags"],
        "move": ["mask", "transform"],
        "appearance": ["mask", "reference"],
        "paste": ["reference", "at"],
    }
    assert published["appearance"].title == "Swap appearance"
    for id_, tool in published.items():
        assert tuple(speed.id for speed in tool.speeds) == speeds_of(id_)
        assert set(tool.inputs) <= set(Submit.__struct_fields__)
    speeds = ["instant", "quality", "reference-dragon", "reference-diffeditor"]
    assert [[speed.id for speed in published[id_].speeds] for id_ in ("move", "appearance", "paste")] == [speeds] * 3


def test_the_instant_speed_of_all_but_appearance_follows_a_hand_and_the_others_prepare() -> None:
    for tool in tools():
        instant, *drawn = tool.speeds
        assert (instant.is_live, instant.has_prepare, instant.params) == (tool.id != "appearance", False, [])
        assert all((speed.is_live, speed.has_prepare) == (False, True) and speed.params for speed in drawn)


@pytest.mark.parametrize("tool", ["move", "appearance", "paste"])
def test_settings_for_engine_people_are_not_shown_but_taken(tool: str) -> None:
    for speed in _speeds(tool)[1:]:
        preset = DRAGON_PRESETS[speed.id][tool]  # type: ignore[index]  tools have tasks of the same names
        shown = {param.id for param in speed.params}
        assert shown == set(preset.__dataclass_fields__) - UNSEEN
        for name in UNSEEN:
            assert settings_for(tool, speed.id, {name: getattr(preset, name)}) == preset


def test_every_shown_setting_can_be_made_a_row_of_a_form() -> None:
    for tool in tools():
        for speed in tool.speeds:
            for param in speed.params:
                settings = TOOLS[tool.id][speed.id]
                assert param.default == getattr(settings, param.id)
                assert param.title
                assert _is_row(param)


def _speeds(tool: str) -> list[Speed]:
    return next(published for published in tools() if published.id == tool).speeds


def _is_row(param: Param) -> bool:
    if param.kind == "bool":
        return isinstance(param.default, bool) and param.min is None
    default = param.default
    assert isinstance(default, int | float)
    return param.min is not None and param.max is not None and param.min <= default <= param.max
