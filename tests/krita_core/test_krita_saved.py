"""What a .kra file keeps, whoever wrote it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from krita_dragbrush.core import saved
from krita_dragbrush.core.crop import Rect
from krita_dragbrush.core.history import MAX_ENTRIES, Entry, History
from krita_dragbrush.core.inputs import Inputs, layer_name, next_seed
from krita_dragbrush.core.jobs import Job, Placed
from krita_dragbrush.core.later import leave, take_up
from krita_dragbrush.core.pixels import Raster
from krita_dragbrush.core.points import Pair, Points
from krita_dragbrush.core.saved import Saved, read, write
from krita_dragbrush.wire import Resume, Transform

coordinate = st.floats(-1e6, 1e6)
xy = st.tuples(coordinate, coordinate)
name = st.text(min_size=1, max_size=60)
value = (
    st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(-1e300, 1e300) | st.text(max_size=9) | st.none()
)
inputs = st.builds(
    Inputs,
    st.lists(st.builds(Pair, xy, xy), max_size=64).map(tuple),
    name,
    name,
    st.text(max_size=200),
    st.integers(0, 2**63 - 1),
    st.dictionaries(name, value, max_size=5),
)
entry = st.builds(
    Entry,
    name,
    name,
    st.floats(0, 1e10),
    inputs,
    st.binary(max_size=50),
    st.floats(0, 1e6),
    st.lists(xy, max_size=3).map(tuple),
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.builds(Saved, st.text(max_size=36), inputs, st.lists(entry, max_size=4).map(tuple)))
def test_what_was_saved_comes_back(state: Saved) -> None:
    assert read(write(state)) == state


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"version": "x"}', b"[" * 100_000, b'{"inputs": 1, "history": 2}'],
)
def test_whatever_is_broken_reads_as_empty(data: bytes) -> None:
    assert read(data) == Saved()


FIELDS = [
    "version",
    "document",
    "inputs",
    "history",
    "pairs",
    "tool",
    "seed",
    "params",
    "transform",
    "reference",
    "marked",
    "in_layers",
    "id",
    "made",
    "ends",
    "thumbnail",
]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), junk), st.dictionaries(st.sampled_from(FIELDS), junk))
def test_no_content_is_an_exception_and_what_was_read_can_be_saved(outer: Any, inner: Any) -> None:
    said = {**outer, "inputs": inner, "history": [inner, {**inner, "id": "x", "inputs": inner}]}

    found = read(json.dumps(said).encode())

    assert read(write(found)) == Saved(found.document, found.inputs, found.history)


def test_of_a_damaged_history_the_sound_entries_stay() -> None:
    said = json.loads(write(Saved(history=(Entry("a", "A", 1.0, Inputs()), Entry("b", "B", 2.0, Inputs())))))
    said["history"][0] = {"id": 5}
    said["history"][1]["unknown"] = 1
    said["history"][1]["inputs"]["pairs"] = [[1, 2, 3, 4], [1, 2], [1, 2, 3, "x"], [1, 2, 3, 1e9]]

    (found,) = read(json.dumps(said).encode()).history

    assert found.id == "b"
    assert found.inputs.pairs == (Pair((1, 2), (3, 4)),)


def test_what_becomes_of_an_object_is_kept() -> None:
    inputs = Inputs(tool="move", transform=Transform(3.5, -2.0, 0.5, 30.0, True), reference="{id}", in_layers=True)

    assert read(write(Saved("doc", inputs))).inputs == inputs


@pytest.mark.parametrize("wrong", [{"scale": 0}, {"scale": 99}, {"dx": "x"}, {"dx": 1e300, "dy": 0}, {"degrees": None}])
def test_a_damaged_transform_leaves_the_object_where_it_is(wrong: dict[str, Any]) -> None:
    said = json.loads(write(Saved("doc", Inputs())))
    said["inputs"]["transform"] |= wrong

    assert read(json.dumps(said).encode()).inputs.transform == Transform()


def test_a_newer_file_is_read_as_far_as_it_goes_and_is_known_to_be_newer() -> None:
    said = json.loads(write(Saved("doc", Inputs(prompt="a cat"))))
    said |= {"version": 2, "more": {"x": 1}}

    found = read(json.dumps(said).encode())

    assert (found.document, found.inputs.prompt, found.is_newer) == ("doc", "a cat", True)


def test_a_file_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    full = [Entry(str(number), "n", 0.0, Inputs(), bytes(50_000)) for number in range(100)]
    huge = Entry("huge", "n", 0.0, Inputs(), bytes(saved.MAX_THUMBNAIL_BYTES + 1))

    assert len(write(Saved(history=tuple(full)))) <= saved.MAX_BYTES
    assert len(read(write(Saved(history=tuple(full)))).history) == MAX_ENTRIES
    assert read(write(Saved(history=(huge,)))).history[0].thumbnail == b""
    monkeypatch.setattr(saved, "MAX_BYTES", 200_000)
    assert [found.id for found in read(write(Saved(history=tuple(full)))).history] == ["0", "1"]


def test_at_most_64_pairs_are_read() -> None:
    said = {"inputs": {"pairs": [[0, 0, 1, 1]] * 100}}

    found = read(json.dumps(said).encode())

    assert len(Points(found.inputs.pairs).pairs) == 64


# The history of an open document


def placed(size: int) -> tuple[Placed, ...]:
    return (Placed(Rect(0, 0, size, 1), Raster(size, 1, "gray", "u8", bytes(size))),)


def test_the_newest_comes_first_and_its_pixels_stay_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    from krita_dragbrush.core import history as module

    monkeypatch.setattr(module, "KEPT_BYTES", 250)
    history = History()
    for number in range(4):
        history.add(Entry(str(number), "n", 0.0, Inputs()), placed(100))

    assert [found.id for found in history.entries] == ["3", "2", "1", "0"]
    assert [bool(history.result(str(number))) for number in range(4)] == [False, False, True, True]


def test_a_result_larger_than_all_room_is_kept_while_it_is_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    from krita_dragbrush.core import history as module

    monkeypatch.setattr(module, "KEPT_BYTES", 50)
    history = History()
    history.add(Entry("a", "n", 0.0, Inputs()), placed(100))

    assert history.result("a")


def test_entries_are_deleted_replaced_and_told_of() -> None:
    history, heard = History([Entry("a", "n", 0.0, Inputs())]), []
    stop = history.listen(lambda: heard.append(len(history.entries)))

    history.add(Entry("a", "again", 0.0, Inputs()), placed(1))
    history.add(Entry("b", "n", 0.0, Inputs()))
    history.delete("a")
    history.delete("a")
    stop()
    history.replace([])

    assert heard == [1, 2, 1, 1]
    assert history.get("a") is None
    assert history.result("a") == ()


# Names, seeds, and what is left for later


def test_a_layer_is_named_after_how_it_came_about() -> None:
    assert layer_name(Inputs(seed=7)) == "Drag (Quality, seed 7)"
    assert layer_name(Inputs(speed="instant"), {"instant": "Instant", "drag": "Drag"}) == "Drag (Instant)"


def test_the_next_seed_is_one_that_the_server_takes() -> None:
    assert next_seed(42) == 43
    assert next_seed(2**63 - 1) == 0


def test_jobs_that_are_left_come_back_once(tmp_path: Any) -> None:
    path = tmp_path / "folder" / "left.json"
    job = Job("j", "edit", "doc", "node", Rect(1, 2, 3, 4), "name", Inputs(pairs=(Pair((1, 2), (3, 4)),)))

    leave(path, Resume("s", 5), [job])
    left = take_up(path)

    assert left is not None
    assert left.resume == Resume("s", 5)
    (found,) = left.jobs
    assert (found.id, found.document, found.node, found.crop, found.inputs) == (
        "j",
        "doc",
        "node",
        job.crop,
        job.inputs,
    )
    assert take_up(path) is None
    assert list(path.parent.iterdir()) == []


def test_where_nothing_is_left_no_file_is_written(tmp_path: Any) -> None:
    leave(tmp_path / "left.json", None, [])
    leave(tmp_path / "left.json", Resume("s", 5), [])

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"{}", b'{"session": "s", "jobs": [1, {"id": "x"}]}', b'{"jobs": [{}]}'])
def test_a_damaged_file_of_left_jobs_is_no_session(tmp_path: Any, data: bytes) -> None:
    (tmp_path / "left.json").write_bytes(data)

    assert take_up(tmp_path / "left.json") is None
