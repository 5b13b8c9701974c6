"""Form rows from what a server publishes, and every sentence that a person is shown."""

import string
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from krita_dragbrush.core import checks, events, form, words
from krita_dragbrush.core.crop import Rect
from krita_dragbrush.core.form import FormError, Row, differing, rows, speed_of, tool_of, usable
from krita_dragbrush.core.inputs import Inputs
from krita_dragbrush.core.jobs import Job
from krita_dragbrush.core.pixels import Raster
from krita_dragbrush.core.points import Pair

from dragbrush.protocol.codec import encode
from dragbrush.protocol.errors import CODES
from dragbrush.service.catalogue import tools
from dragbrush.service.progress import WEIGHTS
from krita_dragbrush import wire

SERVED = tuple(wire.from_json(wire.Tool, __import__("json").loads(encode(tool))) for tool in tools())
DRAG = SERVED[0]


def speed(id_: str) -> wire.Speed:
    return next(speed for speed in DRAG.speeds if speed.id == id_)


def welcome(*published: wire.Tool) -> wire.Welcome:
    limits = wire.Limits(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
    session = wire.Session("s", False, 1)
    return wire.Welcome("1", 1, "0.1.0", session, limits, published, wire.Model("m", "Model"), "cpu")


def test_every_setting_that_our_server_publishes_becomes_a_row_that_takes_its_default() -> None:
    for published in DRAG.speeds:
        made = rows(published)

        assert [row.id for row in made] == [param.id for param in published.params]
        for row in made:
            assert row.checked(row.default) == row.default
            assert row.title[0].isupper()
            if row.kind == "float":
                assert round(float(row.default), row.digits) == row.default
                assert 0 < row.step <= 1


def test_what_is_as_the_speed_has_it_is_not_sent() -> None:
    made = rows(speed("quality"))
    values: dict[str, Any] = {row.id: row.default for row in made}

    assert differing(made, values) == {}
    assert differing(made, {**values, "n_pix_step": 7}) == {"n_pix_step": 7}


def row(kind: str, default: Any, **fields: Any) -> Row:
    return Row("x", "X", kind, default, **fields)


@pytest.mark.parametrize(
    ("made", "value", "expected"),
    [
        (row("int", 1, low=0, high=9), 9, 9),
        (row("int", 1, low=0, high=9), 3.0, 3),
        (row("float", 1.0, low=0, high=9), 3, 3.0),
        (row("bool", True), False, False),
        (row("choice", "a", choices=("a", "b")), "b", "b"),
    ],
)
def test_values_that_are_taken(made: Row, value: object, expected: object) -> None:
    assert made.checked(value) == expected
    assert type(made.checked(value)) is type(expected)


@pytest.mark.parametrize(
    ("made", "value"),
    [
        (row("int", 1, low=0, high=9), 10),
        (row("int", 1, low=0, high=9), 2.5),
        (row("int", 1), True),
        (row("int", 1), float("inf")),
        (row("int", 1), 10**400),
        (row("float", 1.0), float("nan")),
        (row("float", 1.0, low=0, high=9), -0.1),
        (row("float", 1.0), "1"),
        (row("bool", True), 1),
        (row("choice", "a", choices=("a", "b")), "c"),
    ],
)
def test_values_that_are_not_taken_are_one_sentence(made: Row, value: object) -> None:
    with pytest.raises(FormError) as caught:
        made.checked(value)

    assert words.form(caught.value).startswith("X: ")
    assert words.form(caught.value).endswith(".")


@pytest.mark.parametrize(("text", "expected"), [("0,5", 0.5), (" 3 ", 3.0), ("1e-3", 0.001)])
def test_numbers_are_read_as_people_type_them(text: str, expected: float) -> None:
    assert row("float", 1.0).read(text) == expected


@pytest.mark.parametrize("text", ["", "x", "1.5.2", "nan", "inf"])
def test_what_is_no_number_is_not_read(text: str) -> None:
    with pytest.raises(FormError):
        row("float", 1.0).read(text)


@given(
    st.dictionaries(
        st.sampled_from(["lora_step", "latent_lr", "background", "warm_start", "new"]), st.from_type(object)
    )
)
def test_of_saved_values_what_the_server_takes_is_kept(values: dict[str, Any]) -> None:
    made = rows(speed("quality"))

    kept = usable(made, values)

    assert differing(made, kept) == kept
    assert set(kept) <= {found.id for found in made}


def test_a_row_of_a_later_server_that_cannot_be_shown_is_left_out() -> None:
    published = wire.Speed("s", "S", "", [wire.Param("a", "a", "float", "high"), wire.Param("b", "b", "int", 3)])

    assert [found.id for found in rows(published)] == ["b"]


def test_tool_and_speed_are_chosen_from_what_there_is() -> None:
    assert tool_of(welcome(*SERVED), "drag") == DRAG
    assert tool_of(welcome(*SERVED), "gone") == DRAG
    assert tool_of(welcome(), "drag") is None
    assert speed_of(DRAG, "paper") == speed("paper")
    assert speed_of(DRAG, "gone") == speed("quality")
    assert speed_of(wire.Tool("t", "T", [], []), "x") is None
    assert form.live_speed(DRAG) == speed("instant")
    assert form.titles(welcome(*SERVED))["reference"] == "Reference"


# Words


def sentences() -> list[str]:
    found = [
        *words.FAILURES.values(),
        *words.LAYERS.values(),
        words.POINTS_FULL,
        words.CROP_TOO_LARGE,
        words.NEWER_FILE,
    ]
    found += [words.START_FAILED, words.START_ENDED, words.failure("unknown")]
    found += [words.refusal((refusal, 0)) for refusal in get_args(checks.Refusal)]
    found += [words.hint(tool, None, has_box=has_box) for tool in form.TOOLS for has_box in (False, True)]
    lines = get_args(events.Line)
    found += [words.status(events.Status(line, why)).text for line in lines for why in ("", "silent", "token", "odd")]
    return found


@pytest.mark.parametrize("text", sorted(set(sentences())))
def test_a_sentence_is_one(text: str) -> None:
    assert text[0] in string.ascii_uppercase
    assert text[-1] == "."
    assert "{" not in text
    assert len(text) < 160


@pytest.mark.parametrize("tool", form.TOOLS)
def test_what_is_selected_is_said_by_its_size(tool: str) -> None:
    said = {words.hint(tool, (640, 48), has_box=False), words.hint(tool, None, has_box=False)}

    assert len(said) == 1 if tool == "paste" else any("640 x 48 px" in text for text in said)


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_code_of_the_server_has_its_own_sentence(code: str) -> None:
    assert words.failure(code) != words.failure("a code of a later server")


def job(**fields: Any) -> Job:
    made = Job("j", "edit", "d", "n", Rect(0, 0, 1, 1), "name", Inputs())
    for name, value in fields.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize("phase", sorted(WEIGHTS))
def test_each_phase_of_the_server_has_words(phase: str) -> None:
    text = words.progress(job(state="running", progress=wire.Progress("j", phase, 3, 20, 0.5, 12.4)))

    assert text.endswith(", step 3 of 20, about 12 s left")
    assert not text.lower().startswith(f"{phase},")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"state": "sending"}, "Sending the picture"),
        ({"state": "sending", "sent": 0.25}, "Sending the picture, 25%"),
        ({"state": "queued", "position": 2}, "Waiting, 2 before it"),
        ({"state": "running"}, "Starting"),
        ({"state": "running", "progress": wire.Progress("j", "load", 0, 1, 0.0)}, "Loading the model"),
        ({"state": "cancelling"}, "Cancelling"),
        ({"state": "done", "report": wire.Report(seconds=3.21)}, "Done in 3.2 s"),
        ({"state": "failed", "code": "out_of_memory"}, words.FAILURES["out_of_memory"]),
        ({"state": "cancelled"}, "Cancelled."),
    ],
)
def test_a_job_in_words(fields: dict[str, Any], expected: str) -> None:
    assert words.progress(job(**fields)) == expected


def test_times_are_said_as_people_say_them() -> None:
    assert [words.seconds(value) for value in (0.04, 9.94, 59.6, 200)] == ["0.0 s", "9.9 s", "60 s", "3 min"]


def test_layers_that_cannot_be_sent_are_told_apart() -> None:
    assert "16-bit integer" in words.unsupported("RGBA", "F16")
    assert "RGB or grayscale" in words.unsupported("CMYKA", "U8")


# Checks


LAYER = (20, 10)


def mask(*selected: tuple[int, int], width: int = 10, height: int = 10) -> Raster:
    data = bytearray(width * height)
    for x, y in selected:
        data[y * width + x] = 1
    return Raster(width, height, "gray", "u8", bytes(data))


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], ("no_pairs", 0)),
        ([Pair((0, 0), (1, 1)), Pair((-0.6, 0), (1, 1))], ("handle_outside", 1)),
        ([Pair((-0.5, 0), (19.5, 1))], ("target_outside", 0)),
        ([Pair((3, 3), (3, 3))], ("no_way", 0)),
        ([Pair((-0.5, 9.4), (19.4, 1))], None),
    ],
)
def test_points_that_the_server_would_refuse_are_seen_before(pairs: list[Pair], expected: Any) -> None:
    assert checks.refusal(LAYER, None, None, pairs) == expected


def test_a_handle_must_be_selected_where_there_is_a_selection() -> None:
    selection, selected = Rect(5, 0, 10, 10), mask((2, 3))
    pairs = [Pair((7.4, 2.6), (1, 1))]

    assert checks.refusal(LAYER, selection, selected, pairs) is None
    assert checks.refusal(LAYER, selection, selected, [Pair((7.5, 3), (1, 1))]) == ("handle_unselected", 0)
    assert checks.refusal(LAYER, selection, selected, [Pair((0, 0), (1, 1))]) == ("handle_unselected", 0)
    assert checks.refusal(LAYER, selection, mask(), pairs) == ("nothing_selected", 0)
    assert checks.refusal((0, 0), None, None, pairs) == ("empty_layer", 0)
