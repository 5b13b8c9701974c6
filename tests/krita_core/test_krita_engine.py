"""The plugin's core with the real server and model: what comes back is what `dragbrush drag` writes."""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from krita_dragbrush.core.crop import Rect, crop_to_follow, crop_to_send
from krita_dragbrush.core.events import Sent, Shown
from krita_dragbrush.core.form import differing, live_speed, rows, speed_of, tool_of
from krita_dragbrush.core.inputs import Inputs
from krita_dragbrush.core.jobs import Job, Source
from krita_dragbrush.core.launch import launch
from krita_dragbrush.core.pixels import Raster, selected
from krita_dragbrush.core.points import Pair
from krita_dragbrush.core.runtime import find_server
from plugin_host import ROOM, Host

from dragbrush.edit import Drag
from dragbrush.editor import Editor

SIZE = WIDTH, HEIGHT = 1500, 1200
PAIRS = (Pair((620.25, 540.5), (655, 548.75)),)
QUICK = {"lora_step": 1, "lora_rank": 2, "lora_batch_size": 1, "n_inference_step": 4, "n_pix_step": 1}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """With a server that the plugin has started itself."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        command = [sys.executable, "-m", "dragbrush", "serve", "--port", "0", "--device", "cpu"]
        launched = launch(command, home / "log" / "server.log", folder=home)
        try:
            with Host(lambda: find_server(home)) as host:
                host.until(host.is_on("connected"), seconds=120)
                yield host
        finally:
            launched._process.terminate()
            launched._process.wait(30)
            print(launched.last_lines())  # noqa: T201  shown where a test fails


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Editor:
    return Editor(device="cpu", cache_dir=tmp_path_factory.mktemp("cache"))


def layer(depth: Any) -> tuple[Any, Any]:
    """Red, green, blue and alpha with something to see, and a feathered selection."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    waves = [np.sin(x / 37 + channel) * np.cos(y / 23 - channel) for channel in range(3)]
    alpha = np.clip(1.4 - np.hypot(x - 700, y - 600) / 900, 0, 1) * 2 - 1
    samples = (np.dstack([*waves, alpha]) + 1) / 2 * np.iinfo(depth).max
    mask = np.clip(2 - np.hypot((x - 640) / 110, (y - 540) / 80) * 1.6, 0, 1) * 255
    return np.rint(samples).astype(depth), np.rint(mask).astype(np.uint8)


def in_krita_s_order(samples: Any) -> Raster:
    data = np.ascontiguousarray(samples[:, :, [2, 1, 0, 3]])
    return Raster(samples.shape[1], samples.shape[0], "rgba", f"u{8 * data.itemsize}", data.tobytes())


def as_samples(raster: Raster) -> Any:
    found = np.frombuffer(raster.data, f"<{raster.depth[0]}{int(raster.depth[1:]) // 8}")
    return found.reshape(raster.height, raster.width, 4)[:, :, [2, 1, 0, 3]]


def source(samples: Any, mask: Any, crop: Rect) -> Source:
    rows_, columns = slice(crop.top, crop.bottom), slice(crop.left, crop.right)
    picture = in_krita_s_order(samples[rows_, columns])
    shown = Raster(crop.width, crop.height, "gray", "u8", np.ascontiguousarray(mask[rows_, columns]).tobytes())
    return Source("doc", "node", crop, picture, shown)


def pasted(samples: Any, job: Job) -> Any:
    assert job.state == "done", (job.code, job.message)
    result = samples.copy()
    for placed in job.result:
        rect = placed.rect
        result[rect.top : rect.bottom, rect.left : rect.right] = as_samples(placed.picture)
    return result


@pytest.mark.parametrize(
    ("speed", "depth", "params"), [("instant", np.uint8, {}), ("instant", np.uint16, {}), ("quality", np.uint8, QUICK)]
)
def test_the_layer_is_the_one_of_the_headless_edit_sample_for_sample(
    host: Host, editor: Editor, speed: str, depth: Any, params: dict[str, Any]
) -> None:
    samples, mask = layer(depth)
    box = selected(Raster(WIDTH, HEIGHT, "gray", "u8", mask.tobytes()))
    crop = crop_to_send(SIZE, box, PAIRS)

    job = host.jobs.run(source(samples, mask, crop), Inputs(PAIRS, speed=speed, seed=5, params=params), "name")
    host.until(lambda: job.is_over, seconds=240)

    drags = [Drag(pair.handle, pair.target) for pair in PAIRS]
    expected = editor.drag(samples, drags, mask=mask, speed=speed, seed=5, settings=params or None).picture
    found = pasted(samples, job)
    assert crop.width * crop.height < WIDTH * HEIGHT
    assert (found == expected).all()
    assert (found[mask == 0] == samples[mask == 0]).all()
    assert (found != samples).any()


def test_without_a_selection_too_the_layer_is_the_one_of_the_headless_edit(host: Host, editor: Editor) -> None:
    samples, _ = layer(np.uint8)
    crop = crop_to_send(SIZE, None, PAIRS)
    whole = Source("doc", "node", crop, in_krita_s_order(samples), None)

    job = host.jobs.run(whole, Inputs(PAIRS, speed="instant"), "name")
    host.until(lambda: job.is_over, seconds=60)

    drags = [Drag(pair.handle, pair.target) for pair in PAIRS]
    assert (pasted(samples, job) == editor.drag(samples, drags, speed="instant").picture).all()


def test_an_edit_after_its_prepare_is_warm_and_sends_nothing_again(host: Host) -> None:
    samples, mask = layer(np.uint8)
    box = selected(Raster(WIDTH, HEIGHT, "gray", "u8", mask.tobytes()))
    inputs = Inputs(PAIRS, prompt="waves", params=QUICK)
    prepare = host.jobs.prepare(source(samples, mask, crop_to_send(SIZE, box, PAIRS)), inputs)
    assert prepare is not None
    host.until(lambda: prepare.is_over, seconds=240)
    assert prepare.state == "done", prepare.message

    job = host.jobs.run(source(samples, mask, crop_to_send(SIZE, box, PAIRS)), inputs, "name")
    host.until(lambda: job.is_over, seconds=240)

    assert job.report is not None
    assert set(job.report.warm.values()) == {True}
    assert len(host.of(job, Sent)) == 2  # image and mask, each there already


def test_the_warp_follows_the_hand(host: Host) -> None:
    samples, mask = layer(np.uint8)
    box = selected(Raster(WIDTH, HEIGHT, "gray", "u8", mask.tobytes()))
    assert host.status.welcome is not None
    tool = tool_of(host.status.welcome, "drag")
    assert tool is not None
    speed = live_speed(tool)
    assert speed is not None
    start = (Pair((620, 540), (620, 540)),)
    crop = crop_to_follow(SIZE, crop_to_send(SIZE, box, start))

    live = host.jobs.follow(source(samples, mask, crop), Inputs(start, speed=speed.id))
    for number in range(1, 30):
        assert host.jobs.pull(live.id, Inputs((Pair((620, 540), (620 + number, 540)),)), ROOM, number)
    host.until(lambda: live.preview and live.preview.number == 29, seconds=60)
    host.jobs.cancel(live.id)
    host.until(lambda: live.is_over)

    assert live.preview is not None
    assert box is not None
    assert live.preview.rect.holds(box)
    assert Rect(0, 0, *SIZE).holds(live.preview.rect)
    assert live.state == "cancelled"
    assert host.of(live, Shown)


def test_what_the_server_publishes_is_what_it_takes(host: Host) -> None:
    """A form's values at their bounds are refused by no setting of the server."""
    assert host.status.welcome is not None
    tool = tool_of(host.status.welcome, "drag")
    assert tool is not None
    speed = speed_of(tool, "quality")
    assert speed is not None
    made = rows(speed)
    lowest = {row.id: row.checked(row.low) for row in made if row.low is not None and row.kind in ("int", "float")}
    small = np.zeros((64, 64, 4), np.uint8) + np.arange(64, dtype=np.uint8)[:, None, None]
    image = Source("doc", "node", Rect(0, 0, 64, 64), in_krita_s_order(small), None)

    inputs = Inputs((Pair((10, 10), (20, 20)),), params=differing(made, {**lowest, "n_inference_step": 2}))
    job = host.jobs.run(image, inputs, "name")
    host.until(lambda: job.state == "running" or job.is_over)
    host.jobs.cancel(job.id)
    host.until(lambda: job.is_over)

    assert (job.state, job.code) in (("cancelled", "cancelled"), ("done", ""))
