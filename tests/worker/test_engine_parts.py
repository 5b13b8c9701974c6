"""The tools beside the drag behind the pipe: the parts of their results, and what is kept for a moving hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from numpy.typing import NDArray

from dragbrush import Editor
from dragbrush.edit import CancelToken
from dragbrush.edit import Transform as EditTransform
from dragbrush.errors import BadRequest
from dragbrush.imaging import Picture, mask_box
from dragbrush.live import LiveMove
from dragbrush.protocol.messages import Pixels, Transform
from dragbrush.protocol.pixels import CHANNELS
from dragbrush.worker.engine_work import EngineWork
from dragbrush.worker.messages import Edit, File, FromWorker, Part, Previewed, Role, Run, Warp, pack, unpack_to_worker

WIDTH, HEIGHT = 40, 30
BY = Transform(dx=9, dy=4.5, scale=1.5, degrees=10)
ROLES: tuple[Role, ...] = ("edit", "background", "object")
OUTS: dict[Role, str] = {"edit": "a", "background": "b", "object": "c"}
NAMES: dict[int, Any] = {count: name for name, count in CHANNELS.items()}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> EngineWork:
    return EngineWork("toybox", device="cpu", cache_dir=tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize(("channels", "depth"), [(1, "u8"), (2, "u16"), (3, "u16"), (4, "u8")])
def test_each_part_of_a_move_has_the_box_of_what_it_shows(
    tmp_path: Path, work: EngineWork, channels: int, depth: str
) -> None:
    samples, mask = picture(channels, depth), square(12, 9)

    parts = run(work, tmp_path, move(tmp_path, samples, mask, BY))

    by = EditTransform(BY.dx, BY.dy, BY.scale, BY.degrees)
    expected = Editor().move(Picture(samples), mask, by, speed="instant", in_layers=True)
    assert expected.layers is not None
    alpha = expected.layers.object.samples[:, :, -1]
    changed, seen = mask_box(expected.mask), mask_box((alpha > 0).astype(np.uint8))
    assert {role: part.box for role, part in parts.items()} == {"edit": changed, "background": changed, "object": seen}
    assert seen != changed
    wholes = expected.picture, expected.layers.background, expected.layers.object
    for role, whole in zip(ROLES, wholes, strict=True):
        left, top, width, height = parts[role].box
        assert parts[role].pixels == Pixels(width, height, NAMES[whole.channels], depth)  # type: ignore[arg-type]
        assert np.array_equal(read(tmp_path, parts[role]), whole.samples[top : top + height, left : left + width])


def test_an_object_that_ends_just_outside_still_has_a_part(tmp_path: Path, work: EngineWork) -> None:
    samples, mask = picture(), square(WIDTH - 8, 9)

    parts = run(work, tmp_path, move(tmp_path, samples, mask, Transform(dx=8)))

    assert parts["object"].box == (0, 0, 1, 1)
    assert not read(tmp_path, parts["object"]).any()


def test_a_paste_that_ends_just_outside_changes_nothing(tmp_path: Path, work: EngineWork) -> None:
    request = paste(tmp_path, picture(), picture(4), square(4, 4), at=(WIDTH + 3.5, 9.5))
    task = Run("a/1", request, {"edit": str(tmp_path / "edit")}, 0)

    [part] = work.do(task, lambda _: None, CancelToken()).parts

    left, top, width, height = part.box
    assert np.array_equal(read(tmp_path, part), picture()[top : top + height, left : left + width])


def test_what_was_made_for_a_hand_is_kept_while_it_moves_and_goes_for_newer_ones(tmp_path: Path) -> None:
    work, mask = EngineWork("toybox", device="cpu", cache_dir=tmp_path / "cache"), square(12, 9)
    folders = [tmp_path / str(number) for number in range(3)]
    for number, folder in enumerate(folders):
        folder.mkdir()
        shown(work, move(folder, picture(seed=number), mask, Transform(dx=1)))
        (folder / "image").unlink()  # who makes it again must read it again

    for folder in folders[1:]:
        assert shown(work, move(folder, None, mask, BY)).box[2]
    with pytest.raises(FileNotFoundError):
        shown(work, move(folders[0], None, mask, BY))


def test_a_hand_shows_its_own_object_and_its_place_not_the_way_to_it(tmp_path: Path, work: EngineWork) -> None:
    samples, masks = picture(), [square(12, 9), square(3, 3)]
    request = move(tmp_path, samples, masks[0], Transform(dx=-3))
    shown(work, request)
    shown(work, paste(tmp_path, samples, picture(4), square(4, 4), at=(20, 20)))

    for number, mask in enumerate(masks):
        selected = file(tmp_path / f"mask-{number}", mask[:, :, None])
        preview = shown(work, structs.replace(request, mask=selected, transform=BY))

        by = EditTransform(BY.dx, BY.dy, BY.scale, BY.degrees)
        (left, top), region = LiveMove(Picture(samples), mask).region(by)
        assert preview.box == (left, top, region.width, region.height)
        assert preview.data == np.ascontiguousarray(region.samples).tobytes()


def test_a_tool_without_a_hand_is_refused(tmp_path: Path, work: EngineWork) -> None:
    request = move(tmp_path, picture(), square(12, 9), BY, tool="appearance")

    with pytest.raises(BadRequest, match="cannot follow a hand"):
        shown(work, request)


def test_what_is_asked_for_comes_through_the_pipe(tmp_path: Path) -> None:
    tasks = [
        Run("a/1", move(tmp_path, picture(), square(12, 9), BY), OUTS, 64),
        Warp("b/1", paste(tmp_path, picture(), picture(4), square(4, 4), at=(1.5, 2)), 3, 64),
    ]

    assert [unpack_to_worker(pack(task)) for task in tasks] == tasks


def picture(channels: int = 3, depth: str = "u8", *, seed: int = 0) -> NDArray[Any]:
    kind: Any = np.uint8 if depth == "u8" else np.uint16
    samples = np.random.default_rng(seed).integers(0, np.iinfo(kind).max, (HEIGHT, WIDTH, channels), kind)
    if channels in (2, 4):
        samples[:, :, -1] |= 1 << (np.iinfo(kind).bits - 1)
    return samples


def square(left: int, top: int) -> NDArray[np.uint8]:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[top : top + 8, left : left + 8] = 255
    return mask


def file(path: Path, samples: NDArray[Any] | None) -> File:
    """Of what lies there already, where no samples are given."""
    if samples is None:
        return File(str(path), Pixels(WIDTH, HEIGHT, "rgb"))
    samples.tofile(path)
    depth = "u8" if samples.dtype == np.uint8 else "u16"
    return File(str(path), Pixels(WIDTH, HEIGHT, NAMES[samples.shape[2]], depth))


def move(
    folder: Path, samples: NDArray[Any] | None, mask: NDArray[np.uint8], by: Transform, *, tool: str = "move"
) -> Edit:
    return Edit(
        image=file(folder / "image", samples), mask=file(folder / "mask", mask[:, :, None]), drags=[], transform=by,
        at=None, reference=None, reference_mask=None, tool=tool, speed="instant", prompt="", seed=1, params={},
    )  # fmt: skip


def paste(
    folder: Path,
    samples: NDArray[Any],
    other: NDArray[Any],
    other_mask: NDArray[np.uint8],
    *,
    at: tuple[float, float],
) -> Edit:
    return Edit(
        image=file(folder / "image", samples), mask=None, drags=[], transform=None, at=at,
        reference=file(folder / "other", other), reference_mask=file(folder / "other-mask", other_mask[:, :, None]),
        tool="paste", speed="instant", prompt="", seed=1, params={},
    )  # fmt: skip


def run(work: EngineWork, folder: Path, request: Edit) -> dict[Role, Part]:
    outs: dict[Role, str] = {role: str(folder / role) for role in ROLES}
    parts = work.do(Run("a/1", request, outs, 0), lambda _: None, CancelToken()).parts
    return {part.role: part for part in parts}


def shown(work: EngineWork, request: Edit) -> Previewed:
    told: list[FromWorker] = []
    assert work.do(Warp("w/1", request, 0, 512), told.append, CancelToken()).parts == []
    [preview] = told
    assert isinstance(preview, Previewed)
    return preview


def read(folder: Path, part: Part) -> NDArray[Any]:
    kind = np.uint8 if part.pixels.depth == "u8" else np.uint16
    shape = part.pixels.height, part.pixels.width, CHANNELS[part.pixels.channels]
    return np.fromfile(folder / part.role, kind).reshape(shape)
