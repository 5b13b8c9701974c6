"""The table of what edits take of a device's memory."""

import json

import pytest

from dragbrush.bench import memory_table
from dragbrush.bench.memory_table import TARGETS_GB, Row, markdown, memory_rows, to_json
from dragbrush.engine.devices import choose_device


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory_table, "PLANS", memory_table.PLANS[1:2])
        patch.setattr(memory_table, "TITLES", {"sd15": "Stable Diffusion 1.5"})
        return memory_rows(choose_device("cpu"), edits=1, is_tiny=True, on_progress=lambda *_: None)


def test_edit_has_a_row_and_nothing_is_measured_without_a_card(rows: list[Row]) -> None:
    assert [(row.model, row.edit, row.saved_by) for row in rows] == [
        ("Stable Diffusion 1.5", "quality drag", ("checkpointed",)),
    ]
    assert all(row.predicted_gb > 0 and row.measured_gb is None for row in rows)


def test_rows_are_printed_for_people_and_for_programs(rows: list[Row]) -> None:
    told = Row("SD", 512, "quality drag", (), 3.724, "identity", 3.9, 4)

    assert "| SD at 512 | quality drag | nothing | 3.72 | identity | 3.90 | 4 |" in markdown([told])
    assert [each["model"] for each in json.loads(to_json(rows))] == [row.model for row in rows]


def test_edits_of_released_models_stay_below_their_targets() -> None:
    architecture, edit, plan = next(iter(TARGETS_GB))

    found = memory_table.forecast(architecture, edit, plan)

    assert found.peak / 1e9 < TARGETS_GB[architecture, edit, plan]
