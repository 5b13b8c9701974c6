"""The engine behind the pipe gives what the editor gives, and of it only the part that changed."""

from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageCms

from dragbrush import Drag, Editor
from dragbrush.edit import CancelToken
from dragbrush.errors import BadModel, BadRequest, Cancelled, StorageFailed
from dragbrush.imaging import Picture
from dragbrush.protocol.messages import Drag as WireDrag
from dragbrush.protocol.messages import Pixels, Value
from dragbrush.worker.child import outcome
from dragbrush.worker.engine_work import EngineWork
from dragbrush.worker.messages import (
    Broke,
    Edit,
    File,
    FromWorker,
    Part,
    Prepare,
    Previewed,
    Run,
    Stepped,
    Warp,
    pack,
    unpack_from_worker,
)

WIDTH, HEIGHT = 112, 96
HANDLE, TARGET = (40.0, 44.0), (60.0, 50.0)
SHORT: dict[str, Value] = {
    "lora_step": 1, "lora_batch_size": 1, "lora_rank": 2, "n_pix_step": 2, "n_inference_step": 4,
    "inversion_strength": 0.5,
}  # fmt: skip
SHAPES = {"gray": 1, "graya": 2, "rgb": 3, "rgba": 4}


@pytest.fixture(scope="module")
def work(tiny_sd15_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> EngineWork:
    return EngineWork(str(tiny_sd15_folder), device="cpu", cache_dir=tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("depth", ["u8", "u16"])
@pytest.mark.parametrize("channels", ["gray", "rgba"])
def test_an_instant_run_is_the_editors(tmp_path: Path, work: EngineWork, channels: Any, depth: Any) -> None:
    samples, selection = picture(channels, depth), oval()
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() if channels == "rgba" else None
    task = Run("a/1", edit(tmp_path, samples, selection, speed="instant", icc=icc), {"edit": str(tmp_path / "out")}, 64)

    last = work.do(task, lambda _: None, CancelToken())

    expected = Editor().drag(
        Picture.from_array(samples, icc=icc), [Drag(HANDLE, TARGET)], mask=selection, speed="instant"
    )
    rows, columns = np.nonzero(selection)
    left, top, right, bottom = int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
    box, pixels = (left, top, right - left, bottom - top), Pixels(right - left, bottom - top, channels, depth)
    assert last.parts == [Part("edit", pixels, box)]
    part = result(tmp_path / "out", last.parts[0])
    assert np.array_equal(part, expected.picture.samples[top:bottom, left:right])
    assert not np.array_equal(part, samples[top:bottom, left:right])
    assert last.report.handles[0].remaining_px < 5


def test_without_a_selection_the_part_round_the_drag_is_given(tmp_path: Path, work: EngineWork) -> None:
    samples = picture()

    last = work.do(
        Run("a/1", edit(tmp_path, samples, speed="instant"), {"edit": str(tmp_path / "out")}, 0),
        lambda _: None,
        CancelToken(),
    )

    expected = Editor().drag(samples, [Drag(HANDLE, TARGET)], speed="instant")
    [part] = last.parts
    left, top, width, height = part.box
    assert width * height < WIDTH * HEIGHT
    whole = samples.copy()
    whole[top : top + height, left : left + width] = result(tmp_path / "out", part)
    assert np.array_equal(whole, expected.picture)


def test_a_prepared_quality_run_is_warm_and_the_editors(
    tmp_path: Path, work: EngineWork, tiny_sd15_folder: Path
) -> None:
    samples, selection = picture(), oval()
    request = edit(tmp_path, samples, selection, speed="quality", params=SHORT)
    told: list[FromWorker] = []

    prepared = work.do(Prepare("p/1", request), told.append, CancelToken())
    last = work.do(Run("a/1", request, {"edit": str(tmp_path / "out")}, 64), told.append, CancelToken())

    assert prepared.parts == []
    assert (prepared.report.warm["identity"], last.report.warm["identity"]) == (False, True)
    assert last.report.warm["inversion"]
    assert last.report.model == tiny_sd15_folder.name
    expected = Editor(str(tiny_sd15_folder), device="cpu", cache_dir=tmp_path / "other").drag(
        samples, [Drag(HANDLE, TARGET)], mask=selection, speed="quality", settings=SHORT
    )
    [part] = last.parts
    left, top, width, height = part.box
    assert np.array_equal(result(tmp_path / "out", part), expected.picture[top : top + height, left : left + width])
    assert {"identity", "inversion", "drag", "denoise", "paste"} <= {m.phase for m in told if isinstance(m, Stepped)}
    previews = [message for message in told if isinstance(message, Previewed)]
    assert previews
    assert all(is_inside(preview) for preview in previews)
    assert [unpack_from_worker(pack(message)) for message in [*told, prepared, last]] == [*told, prepared, last]


def test_a_run_is_cancelled_at_its_next_step(tmp_path: Path, work: EngineWork) -> None:
    cancel, told = CancelToken(), list[FromWorker]()

    def tell(message: FromWorker) -> None:
        told.append(message)
        if isinstance(message, Stepped) and message.phase == "denoise":
            cancel.cancel()

    task = Run("a/1", edit(tmp_path, picture(), oval(), params=SHORT), {"edit": str(tmp_path / "out")}, 0)
    with pytest.raises(Cancelled):
        work.do(task, tell, cancel)

    assert sum(isinstance(message, Stepped) and message.phase == "denoise" for message in told) == 1
    assert not (tmp_path / "out").exists()


def test_a_warp_shows_what_the_instant_speed_gives(tmp_path: Path, work: EngineWork) -> None:
    samples, selection = picture(), oval()

    [preview] = warp(work, edit(tmp_path, samples, selection, speed="instant"), number=7)

    expected = Editor().drag(samples, [Drag(HANDLE, TARGET)], mask=selection, speed="instant")
    left, top, width, height = preview.box
    shown = np.frombuffer(preview.data, np.uint8).reshape(height, width, 3)
    assert np.array_equal(shown, expected.picture[top : top + height, left : left + width])
    assert preview.number == 7
    assert is_inside(preview)


def test_a_hand_that_has_not_moved_yet_changes_nothing(tmp_path: Path, work: EngineWork) -> None:
    samples = picture()
    for selection in (None, oval()):
        [preview] = warp(work, edit(tmp_path, samples, selection, speed="instant", target=HANDLE))

        left, top, width, height = preview.box
        shown = np.frombuffer(preview.data, np.uint8).reshape(height, width, 3)
        assert np.array_equal(shown, samples[top : top + height, left : left + width])


def test_a_hand_that_stays_sees_the_same_and_one_that_goes_far_sees_farther(tmp_path: Path, work: EngineWork) -> None:
    there = edit(tmp_path, picture(), oval(), speed="instant", target=(45.0, 44.0))
    far = edit(tmp_path, picture(), oval(), speed="instant", target=(111.0, 95.0))

    [first], [again], [beyond] = warp(work, there), warp(work, there), warp(work, far)

    assert again == first
    left, top, width, height = beyond.box
    assert (left + width, top + height) == (WIDTH, HEIGHT)


def test_a_handle_beside_the_selection_is_refused(tmp_path: Path, work: EngineWork) -> None:
    selection = np.zeros((HEIGHT, WIDTH), np.uint8)
    selection[:5, :5] = 255

    with pytest.raises(BadRequest, match="outside the selection"):
        warp(work, edit(tmp_path, picture(), selection, speed="instant"))


def test_a_result_that_finds_no_room_is_one_clear_error(tmp_path: Path, work: EngineWork) -> None:
    with pytest.raises(StorageFailed, match="could not be kept"):
        work.do(
            Run("a/1", edit(tmp_path, picture(), oval(), speed="instant"), {"edit": "/dev/full"}, 0),
            lambda _: None,
            CancelToken(),
        )


def test_an_error_names_no_folder_of_this_machine(tmp_path: Path, tiny_sd15_folder: Path) -> None:
    model = tmp_path / "a person" / "mine"
    copytree(tiny_sd15_folder, model)
    work = EngineWork(str(model), device="cpu", cache_dir=tmp_path / "cache")
    for weights in (model / "vae").glob("*.safetensors"):
        weights.unlink()

    last = outcome(
        work, Run("a/1", edit(tmp_path, picture(), params=SHORT), {"edit": ""}, 0), lambda _: None, CancelToken()
    )

    assert isinstance(last, Broke)
    assert last.code == BadModel.code
    assert "'mine'" in last.message
    assert "a person" not in last.message


def picture(channels: str = "rgb", depth: str = "u8") -> NDArray[Any]:
    """A disc on a ground of soft grain."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    values = np.random.default_rng(0).uniform(0.3, 0.5, (HEIGHT, WIDTH, SHAPES[channels]))
    values[np.hypot(columns - HANDLE[0], rows - HANDLE[1]) <= 9] = (0.9, 0.8, 0.1, 0.8)[: SHAPES[channels]]
    top, kind = (255, np.uint8) if depth == "u8" else (65_535, np.uint16)
    return (values * top).round().astype(kind)


def oval() -> NDArray[np.uint8]:
    """A feathered selection round the drag."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    far = np.hypot((columns - 50) / 34, (rows - 47) / 24)
    return (np.clip((1 - far) / 0.2, 0, 1) * 255).round().astype(np.uint8)


def edit(
    folder: Path,
    samples: NDArray[Any],
    selection: NDArray[np.uint8] | None = None,
    *,
    speed: str = "quality",
    icc: bytes | None = None,
    params: dict[str, Value] | None = None,
    target: tuple[float, float] = TARGET,
) -> Edit:
    mask = None
    if selection is not None:
        mask = File(str(folder / "mask"), Pixels(WIDTH, HEIGHT, "gray"))
        selection.tofile(mask.path)
    if icc is not None:
        (folder / "icc").write_bytes(icc)
    profile = None if icc is None else str(folder / "icc")
    names: dict[int, Any] = {count: name for name, count in SHAPES.items()}
    depth = "u8" if samples.dtype == np.uint8 else "u16"
    image = File(str(folder / "image"), Pixels(WIDTH, HEIGHT, names[samples.shape[2]], depth), profile)
    samples.tofile(image.path)
    return Edit(
        image=image,
        mask=mask,
        drags=[WireDrag(HANDLE, target)],
        transform=None,
        at=None,
        reference=None,
        reference_mask=None,
        tool="drag",
        speed=speed,
        prompt="",
        seed=42,
        params=params or {},
    )


def result(file: Path, part: Part) -> NDArray[Any]:
    pixels = part.pixels
    kind = np.uint8 if pixels.depth == "u8" else np.uint16
    return np.fromfile(file, kind).reshape(pixels.height, pixels.width, SHAPES[pixels.channels])


def warp(work: EngineWork, request: Edit, *, number: int = 0) -> list[Any]:
    told: list[FromWorker] = []
    last = work.do(Warp("w/1", request, number, 512), told.append, CancelToken())
    assert last.parts == []
    return told


def is_inside(preview: Previewed) -> bool:
    left, top, width, height = preview.box
    return 0 <= left < left + width <= WIDTH and 0 <= top < top + height <= HEIGHT
