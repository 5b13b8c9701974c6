"""The tools through a real server with the embedded model, compared with the editor sample for sample."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dragbrush import Editor
from dragbrush.client import Client, Job, PreviewImage, find_server
from dragbrush.edit import EditResult, Transform
from dragbrush.imaging import Picture, mask_box
from dragbrush.live import LiveMove, LivePaste
from dragbrush.models import TOYBOX
from dragbrush.worker.make import engine
from live_server import live
from serving import run

HEIGHT, WIDTH = 96, 112
MIDDLE, RADIUS = (40, 44), 9
BY = Transform(dx=30, dy=6.5, scale=1.25, degrees=20)
TOP = {np.uint8: 255, np.uint16: 65_535}
SEED = 3
SHORT: dict[str, Any] = {"n_inference_step": 6}


def disc(middle: tuple[int, int] = MIDDLE, colour: tuple[float, ...] = (0.9, 0.8, 0.1), depth: Any = np.uint8) -> Any:
    """A disc on a ground of soft grain."""
    values = np.random.default_rng(0).uniform(0.3, 0.5, (HEIGHT, WIDTH, len(colour)))
    values[selected(middle) > 0] = colour
    return (values * TOP[depth]).round().astype(depth)


def selected(middle: tuple[int, int] = MIDDLE) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.where(np.hypot(columns - middle[0], rows - middle[1]) <= RADIUS, 255, 0).astype(np.uint8)


OTHER, OTHER_MASK = disc((60, 30), (0.1, 0.3, 0.9)), selected((60, 30))
CUT_OUT = np.dstack([OTHER, OTHER_MASK])
CASES: dict[str, tuple[dict[str, Any], Any]] = {
    "move": (
        {"mask": selected(), "transform": BY},
        lambda editor, picture, **options: editor.move(picture, selected(), BY, **options),
    ),
    "appearance": (
        {"mask": selected(), "reference": OTHER, "reference_mask": OTHER_MASK},
        lambda editor, picture, **options: editor.appearance(picture, selected(), OTHER, OTHER_MASK, **options),
    ),
    "paste": (
        {"reference": CUT_OUT, "at": (80, 60), "transform": BY},
        lambda editor, picture, **options: editor.paste(picture, CUT_OUT, (80, 60), transform=BY, **options),
    ),
}
"""What the client is given, and the same of the editor."""


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Editor:
    return Editor(device="cpu", cache_dir=tmp_path_factory.mktemp("cache"))


def test_every_tool_is_the_editors(tmp_path: Path, editor: Editor) -> None:
    async def main() -> None:
        async with live(tmp_path, make_work=_engine(tmp_path)), Client.connect(find_server(tmp_path)) as client:
            for tool, (inputs, edit) in CASES.items():
                for speed, settings in (("instant", {}), ("quality", SHORT)):
                    picture = disc(depth=np.uint16 if tool == "paste" else np.uint8)
                    job = await client.submit(picture, tool=tool, speed=speed, seed=SEED, params=settings, **inputs)
                    result = await job.result()
                    expected: EditResult = edit(editor, picture, speed=speed, seed=SEED, settings=settings)

                    assert np.array_equal(result.samples, expected.picture), (tool, speed)
                    assert not np.array_equal(result.samples, picture)
                    assert result.box == mask_box(expected.mask)
                    assert result.report["model"] == (None if speed == "instant" else TOYBOX.name)

    run(main())


def test_a_move_in_layers_is_the_editors(tmp_path: Path, editor: Editor) -> None:
    picture = disc(depth=np.uint16)

    async def main() -> None:
        async with live(tmp_path, make_work=_engine(tmp_path)), Client.connect(find_server(tmp_path)) as client:
            for speed in ("instant", "quality"):
                job = await client.submit(
                    picture, tool="move", mask=selected(), transform=BY, speed=speed, seed=SEED, in_layers=True
                )
                result = await job.result()
                expected = editor.move(picture, selected(), BY, speed=speed, seed=SEED, in_layers=True)

                assert result.layers is not None
                assert expected.layers is not None
                assert np.array_equal(result.samples, expected.picture)
                assert np.array_equal(result.layers.background, expected.layers.background)
                assert np.array_equal(result.layers.object, expected.layers.object)
                assert result.layers.object[..., 3].any()

    run(main())


def test_what_is_prepared_ahead_of_any_move_makes_every_move_warm(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, make_work=_engine(tmp_path)), Client.connect(find_server(tmp_path)) as client:
            await (await client.prepare(disc(), tool="move", mask=selected(), params=SHORT)).done()
            for dx in (10, 30):
                by = Transform(dx=dx)
                job = await client.submit(disc(), tool="move", mask=selected(), transform=by, params=SHORT)
                assert (await job.done())["warm"]["inversion"]

    run(main())


def test_a_live_object_is_shown_as_the_instant_speed_lays_it(tmp_path: Path) -> None:
    held = LiveMove(Picture(disc()), selected())
    pasted = LivePaste(Picture(disc()), Picture(CUT_OUT), None)
    place = (70, 50)
    stories: list[tuple[dict[str, Any], dict[str, Any], Any]] = [
        ({"tool": "move", "mask": selected()}, {"transform": BY}, held.region(BY)),
        ({"tool": "paste", "reference": CUT_OUT}, {"at": place}, pasted.region(place, Transform())),
        ({"tool": "paste", "reference": CUT_OUT, "at": place}, {"transform": BY}, pasted.region(place, BY)),
    ]

    async def main() -> None:
        async with live(tmp_path, make_work=_engine(tmp_path)), Client.connect(find_server(tmp_path)) as client:
            for opened, moved, ((left, top), region) in stories:
                job = await client.submit(disc(), speed="instant", is_live=True, **opened)
                await job.update(number=1, **moved)
                shown = await _shown(job, 1)
                await job.cancel()

                assert shown.box == (left, top, region.width, region.height)
                assert np.array_equal(shown.samples, region.samples)

    run(main())


async def _shown(job: Job, number: int) -> PreviewImage:
    async for event in job:
        if isinstance(event, PreviewImage) and event.number == number:
            return event
    raise AssertionError


def _engine(folder: Path) -> Any:
    return partial(engine, TOYBOX.name, device="cpu", cache_dir=folder / "cache")
