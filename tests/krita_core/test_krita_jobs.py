"""The host's side of jobs, with a client that only notes what it is asked for."""

from typing import Any

import pytest
from krita_dragbrush.core import jobs as module
from krita_dragbrush.core.crop import Rect
from krita_dragbrush.core.events import Ended, Finished, Patch, Sent, Shown
from krita_dragbrush.core.inputs import Inputs
from krita_dragbrush.core.jobs import Job, Jobs, Placed, Reference, Source, edited
from krita_dragbrush.core.orders import Aim
from krita_dragbrush.core.pixels import Raster
from krita_dragbrush.core.points import Pair
from krita_dragbrush.core.transform import Cutout

from krita_dragbrush import wire

CROP = Rect(100, 200, 8, 6)
PAIRS = (Pair((101, 202), (104.5, 203)),)
REPORT = wire.Report(seconds=2.0)


class Noted:
    """A client that answers nothing."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self.calls.append((name, *arguments))

    def of(self, name: str) -> list[Any]:
        return [call[1] for call in self.calls if call[0] == name]


@pytest.fixture
def post() -> Noted:
    return Noted()


@pytest.fixture
def jobs(post: Noted) -> Jobs:
    return Jobs(post, new_id=iter(map(str, range(100))).__next__)


def source(colour: int = 0, *, document: str = "doc", crop: Rect = CROP) -> Source:
    image = Raster(crop.width, crop.height, "rgba", "u8", bytes([colour]) * (4 * crop.width * crop.height))
    return Source(document, "node", crop, image, Raster(crop.width, crop.height, "gray", "u8", b"\1" * 48))


def finished(job: Job, size: int = 1) -> Finished:
    patch = Patch(wire.Box(2, 3, size, 1), Raster(size, 1, "rgba", "u8", bytes(4 * size)))
    return Finished(job.id, (patch,), REPORT)


def test_points_are_counted_from_the_part_that_is_sent(jobs: Jobs, post: Noted) -> None:
    jobs.run(source(), Inputs(PAIRS, seed=7, prompt="p", params={"lam": 0.2}), "Drag")

    (order,) = post.of("submit")
    assert order.aim == Aim((wire.Drag((1, 2), (4.5, 3)),))
    assert (order.kind, order.seed, order.prompt, order.params) == ("edit", 7, "p", {"lam": 0.2})


def test_previews_and_results_are_placed_in_the_layer(jobs: Jobs) -> None:
    job = jobs.run(source(), Inputs(PAIRS), "Drag")
    jobs.hear(Shown(job.id, Raster(1, 1, "rgba", "u8", bytes(4)), wire.Box(1, 1, 4, 4), 0))
    jobs.hear(finished(job))

    assert job.preview is not None
    assert job.preview.rect == Rect(101, 201, 4, 4)
    assert [placed.rect for placed in job.result] == [Rect(102, 203, 1, 1)]


def test_a_story_from_sending_to_done(jobs: Jobs) -> None:
    told: list[tuple[str, float]] = []
    jobs.listen(lambda job: told.append((job.state, job.fraction)))
    job = jobs.run(source(), Inputs(PAIRS), "Drag")
    progress = wire.Progress(job.id, "drag", 1, 2, 1.0)
    for event in (
        Sent(job.id, 1.0),
        wire.State(1, job.id, "queued", 2),
        wire.State(2, job.id, "running"),
        progress,
        finished(job),
    ):
        jobs.hear(event)

    assert [state for state, _ in told] == ["sending", "sending", "queued", "running", "running", "done"]
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert fractions[-2:] == [0.99, 1.0]
    assert job.report == REPORT


def test_nothing_is_heard_of_a_job_that_is_over_or_unknown(jobs: Jobs) -> None:
    job = jobs.run(source(), Inputs(PAIRS), "Drag")
    jobs.hear(Ended(job.id, "out_of_memory", "Too little."))

    jobs.hear(wire.State(9, job.id, "running"))
    jobs.hear(finished(job))
    jobs.hear(wire.State(9, "another", "running"))

    assert (job.state, job.code, job.message) == ("failed", "out_of_memory", "Too little.")


def test_a_job_that_is_being_cancelled_is_not_shown_running_again(jobs: Jobs, post: Noted) -> None:
    job = jobs.run(source(), Inputs(PAIRS), "Drag")
    jobs.cancel(job.id)
    jobs.hear(wire.State(1, job.id, "running"))

    assert job.state == "cancelling"
    assert post.of("cancel") == [job.id]


def test_a_cancel_that_comes_too_late_leaves_the_result(jobs: Jobs) -> None:
    job = jobs.run(source(), Inputs(PAIRS), "Drag")
    jobs.cancel(job.id)
    jobs.hear(finished(job))

    assert job.state == "done"
    assert jobs.waiting("doc") == (job,)


def test_a_result_is_taken_once_and_let_go_of(jobs: Jobs, post: Noted) -> None:
    job = jobs.run(source(), Inputs(PAIRS), "Drag")
    assert jobs.take(job.id) == ()
    jobs.hear(finished(job))

    (placed,) = jobs.take(job.id)

    assert isinstance(placed, Placed)
    assert jobs.take(job.id) == ()
    assert jobs.waiting("doc") == ()
    assert post.of("release") == [job.id]


def test_what_was_not_taken_is_released_when_it_is_forgotten(jobs: Jobs, post: Noted) -> None:
    job = jobs.run(source(), Inputs(PAIRS), "Drag")
    jobs.forget(job.id)
    assert jobs.get(job.id) is job
    jobs.hear(finished(job))
    jobs.forget(job.id)

    assert jobs.get(job.id) is None
    assert post.of("release") == [job.id]


def test_edits_go_on_when_their_document_is_closed_and_the_rest_ends(jobs: Jobs, post: Noted) -> None:
    edit = jobs.run(source(), Inputs(PAIRS), "Drag")
    prepare = jobs.prepare(source(1), Inputs(PAIRS))
    live = jobs.follow(source(), Inputs(PAIRS))
    other = jobs.run(source(document="other"), Inputs(PAIRS), "Drag")
    assert prepare is not None

    jobs.close("doc")

    assert set(post.of("cancel")) == {prepare.id, live.id}
    assert jobs.all == (edit, other)
    jobs.hear(finished(edit))
    assert jobs.waiting("doc") == (edit,)


def test_a_layer_that_looks_the_same_is_the_same_to_the_client(jobs: Jobs, post: Noted) -> None:
    jobs.prepare(source(), Inputs(PAIRS))
    jobs.run(source(), Inputs(PAIRS), "Drag")
    jobs.run(source(1), Inputs(PAIRS), "Drag")

    prepared, same, other = post.of("submit")
    assert same.image is prepared.image
    assert same.mask is prepared.mask
    assert other.image is not prepared.image


@pytest.mark.parametrize(
    ("again", "is_new"),
    [
        ({}, False),
        ({"pairs": (Pair((101, 202), (107, 205)),)}, False),
        ({"prompt": "x"}, True),
        ({"speed": "paper"}, True),
        ({"params": {"lora_step": 5}}, True),
    ],
)
def test_a_prepare_is_asked_for_when_something_it_depends_on_changed(
    jobs: Jobs, post: Noted, again: dict[str, Any], is_new: bool
) -> None:
    jobs.prepare(source(), Inputs(PAIRS))
    jobs.prepare(source(), Inputs(**{"pairs": PAIRS, **again}))

    assert len(post.of("submit")) == 1 + is_new
    assert len(jobs.of("doc", "prepare")) == 1


def test_a_prepare_that_failed_is_tried_again(jobs: Jobs, post: Noted) -> None:
    first = jobs.prepare(source(), Inputs(PAIRS))
    assert first is not None
    jobs.hear(Ended(first.id, "interrupted", ""))

    assert jobs.prepare(source(), Inputs(PAIRS)) is not None
    assert post.of("cancel") == []


def test_results_that_nobody_takes_do_not_fill_the_memory(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_BYTES", 25)
    made = [jobs.run(source(), Inputs(PAIRS), "Drag") for _ in range(3)]
    for job in made:
        jobs.hear(finished(job, size=3))

    assert [job.state for job in made] == ["failed", "done", "done"]
    assert made[0].code == "let_go"


def test_the_oldest_edit_that_is_not_over_is_the_running_one(jobs: Jobs) -> None:
    first, second = (jobs.run(source(), Inputs(PAIRS), "Drag") for _ in range(2))
    assert jobs.running("doc") is first
    jobs.hear(Ended(first.id, "cancelled", ""))

    assert jobs.running("doc") is second
    assert jobs.left() == (second,)


def test_a_job_of_an_earlier_life_is_looked_for_and_ends_like_one_of_this(jobs: Jobs, post: Noted) -> None:
    job = Job("old", "edit", "doc", "node", CROP, "Drag", Inputs(PAIRS), state="queued")
    jobs.adopt(job)
    jobs.adopt(job)
    jobs.hear(finished(job))

    assert post.of("look_for") == ["old"]
    assert jobs.waiting("doc") == (job,)


# Objects that are moved, restyled, pasted

OBJECT = Cutout(Rect(102, 201, 3, 3), Rect(101, 201, 4, 4))
ROOM = Rect(0, 0, 1000, 1000)
REFERENCE = Reference(Raster(2, 2, "rgba", "u8", b"\7" * 16), Raster(2, 2, "gray", "u8", b"\xff" * 4), b"icc")


def of_object(*, reference: Reference | None = None) -> Source:
    plain = source()
    return Source(plain.document, plain.node, plain.crop, plain.image, plain.mask, None, OBJECT, reference)


def test_a_move_sends_its_transform_and_no_points(jobs: Jobs, post: Noted) -> None:
    transform = wire.Transform(1.0, -2.0, 1.5, 30.0, True)

    jobs.run(of_object(), Inputs(PAIRS, tool="move", transform=transform, in_layers=True), "Move")

    (order,) = post.of("submit")
    assert order.aim == Aim(transform=transform)
    assert order.in_layers
    assert (order.reference, order.reference_mask) == (None, None)


def test_a_prepare_of_a_move_that_was_not_pulled_yet_says_nothing_of_it(jobs: Jobs, post: Noted) -> None:
    jobs.prepare(of_object(), Inputs(tool="move", in_layers=True))

    (order,) = post.of("submit")
    assert order.aim == Aim()
    assert not order.in_layers


def test_a_look_goes_with_its_own_mask_and_profile(jobs: Jobs, post: Noted) -> None:
    plain = source()
    restyled = Source("doc", "node", plain.crop, plain.image, plain.mask, None, None, REFERENCE)

    jobs.run(restyled, Inputs(PAIRS, tool="appearance", transform=wire.Transform(dx=1.0)), "Swap")

    (order,) = post.of("submit")
    assert order.aim == Aim()
    assert (order.reference, order.reference_mask, order.reference_icc) == (
        REFERENCE.image,
        REFERENCE.mask,
        REFERENCE.icc,
    )


@pytest.mark.parametrize(
    ("shift", "at", "rest"),
    [((2.0, 1.0), (5.0, 3.0), (0.0, 0.0)), ((-9.0, 0.0), (0.0, 2.0), (-6.0, 0.0)), ((40, 0), (7.0, 2.0), (36.0, 0.0))],
)
def test_a_paste_says_a_place_inside_of_what_was_sent(
    jobs: Jobs, post: Noted, shift: tuple[float, float], at: tuple[float, float], rest: tuple[float, float]
) -> None:
    """The object's middle is at (103, 202), the part begins at (100, 200) and has 8 x 6 px."""
    jobs.run(of_object(reference=REFERENCE), Inputs(tool="paste", transform=wire.Transform(*shift, 0.5)), "Paste")

    (order,) = post.of("submit")
    assert order.aim == Aim(transform=wire.Transform(*rest, 0.5), at=at)


def test_a_pull_of_an_object_is_told_until_it_leaves_what_was_sent(jobs: Jobs, post: Noted) -> None:
    live = jobs.follow(of_object(), Inputs(tool="move"))

    held = [
        jobs.pull(live.id, Inputs(tool="move", transform=wire.Transform(dx=dx)), ROOM, number)
        for number, dx in enumerate((0.5, 1.0, 30.0))
    ]

    assert held == [True, True, False]
    assert post.of("pull") == [live.id, live.id]


def test_of_a_result_in_layers_the_edit_is_what_is_shown(jobs: Jobs) -> None:
    job = jobs.run(of_object(), Inputs(tool="move", in_layers=True), "Move")
    pixel = Raster(1, 1, "rgba", "u8", bytes(4))
    roles = ("background", "edit", "object")
    patches = tuple(Patch(wire.Box(at, 0, 1, 1), pixel, role) for at, role in enumerate(roles))

    jobs.hear(Finished(job.id, patches, REPORT))

    assert [placed.role for placed in job.result] == list(roles)
    assert edited(job.result).rect == Rect(101, 200, 1, 1)
