"""A second edit on the same picture skips what is ready already."""

from pathlib import Path
from typing import Any

import pytest
from scene import DRAGS, SHORT, NewEditor, picture, selection

from dragbrush import Drag, Editor
from dragbrush.errors import BadModel, BadRequest

COLD = {"identity": False, "inversion": False}
WARM = {"identity": True, "inversion": True}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("warm")


@pytest.fixture(scope="module")
def first(new_editor: NewEditor, cache: Path) -> Editor:
    """An editor that has edited the picture once."""
    editor = new_editor(cache)
    edit(editor)
    return editor


def edit(editor: Editor, **other: Any) -> dict[str, Any]:
    return editor.drag(other.pop("picture", picture()), DRAGS, **{"settings": SHORT, **other}).report


def test_first_edit_is_cold(new_editor: NewEditor, tmp_path: Path) -> None:
    report = edit(new_editor(tmp_path))

    assert report["warm"] == COLD
    assert {"identity", "inversion"} <= report["phase_seconds"].keys()


def test_second_edit_is_warm(first: Editor) -> None:
    report = edit(first)

    assert report["warm"] == WARM
    assert not {"identity", "inversion"} & report["phase_seconds"].keys()


def test_new_editor_over_the_same_cache_is_warm(first: Editor, new_editor: NewEditor, cache: Path) -> None:
    report = edit(new_editor(cache))

    assert report["warm"] == WARM
    assert not {"identity", "inversion"} & report["phase_seconds"].keys()


def test_warm_edits_give_the_picture_of_the_cold_one(new_editor: NewEditor, tmp_path: Path) -> None:
    editor = new_editor(tmp_path)
    cold = editor.drag(picture(), DRAGS, settings=SHORT).picture

    from_memory = editor.drag(picture(), DRAGS, settings=SHORT).picture
    from_disk = new_editor(tmp_path).drag(picture(), DRAGS, settings=SHORT).picture

    assert (from_memory == cold).all()
    assert (from_disk == cold).all()


def test_cache_does_not_depend_on_where_in_the_selection_is_dragged(first: Editor) -> None:
    edit(first, mask=selection())

    result = first.drag(picture(), [Drag((38.0, 46.0), (56.0, 44.0))], mask=selection(), settings=SHORT)

    assert result.report["warm"] == WARM


@pytest.mark.parametrize(
    "other",
    [{"prompt": "a cat"}, {"picture": picture(seed=1)}, {"seed": 43}, {"settings": {**SHORT, "lora_lr": 1e-3}}],
    ids=["prompt", "picture", "seed", "training"],
)
def test_edit_of_something_else_is_cold(first: Editor, other: dict[str, Any]) -> None:
    assert edit(first, **other)["warm"] == COLD


def test_other_inversion_keeps_the_identity(first: Editor) -> None:
    report = edit(first, settings={**SHORT, "inversion_strength": 0.75})

    assert report["warm"] == {"identity": True, "inversion": False}


def test_other_drag_settings_keep_all(first: Editor) -> None:
    assert edit(first, settings={**SHORT, "n_pix_step": 1, "latent_lr": 0.02})["warm"] == WARM


def test_without_a_lora_only_the_inversion_is_kept(first: Editor) -> None:
    settings = {**SHORT, "lora_step": 0}
    edit(first, settings=settings)

    assert edit(first, settings=settings)["warm"] == {"identity": False, "inversion": True}


def test_damaged_cache_is_a_cold_start(new_editor: NewEditor, tmp_path: Path) -> None:
    edit(new_editor(tmp_path))
    for file in tmp_path.rglob("*.safetensors"):
        file.write_bytes(b"damaged")

    assert edit(new_editor(tmp_path))["warm"] == COLD


def test_cache_that_cannot_be_written_does_not_stop_an_edit(new_editor: NewEditor, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    assert edit(new_editor(tmp_path / "file" / "cache"))["warm"] == COLD


def test_prepared_picture_is_warm(new_editor: NewEditor, tmp_path: Path) -> None:
    editor = new_editor(tmp_path)

    facts = editor.prepare(picture(), DRAGS, mask=selection(), settings=SHORT)

    assert facts["warm"] == COLD
    assert edit(editor, mask=selection())["warm"] == WARM


def test_what_a_mask_alone_prepared_is_warm_for_points_within_it(new_editor: NewEditor, tmp_path: Path) -> None:
    editor = new_editor(tmp_path)

    editor.prepare(picture(), mask=selection(), settings=SHORT)

    assert edit(editor, mask=selection())["warm"] == WARM


def test_written_lora_is_used_for_any_edit_of_the_picture(new_editor: NewEditor, tmp_path: Path) -> None:
    file = tmp_path / "l.safetensors"
    new_editor(tmp_path / "one").prepare(picture(), settings=SHORT, lora_out=file)

    report = edit(new_editor(tmp_path / "two"), lora=file)

    assert report["warm"] == {"identity": True, "inversion": False}
    assert "identity" not in report["phase_seconds"]


def test_lora_decides_the_picture(new_editor: NewEditor, tmp_path: Path) -> None:
    strong = {**SHORT, "lora_lr": 0.05}
    editor = new_editor(tmp_path)
    editor.prepare(picture(), settings=strong, lora_out=tmp_path / "l.safetensors")

    with_lora = editor.drag(picture(), DRAGS, settings=SHORT, lora=tmp_path / "l.safetensors").picture

    assert (with_lora != editor.drag(picture(), DRAGS, settings=SHORT).picture).any()


def test_lora_for_instant_is_refused(first: Editor, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="LoRA"):
        first.drag(picture(), DRAGS, speed="instant", lora=tmp_path / "l.safetensors")


def test_missing_lora_is_refused(first: Editor, tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"l\.safetensors"):
        first.drag(picture(), DRAGS, settings=SHORT, lora=tmp_path / "l.safetensors")


def test_preparing_for_instant_is_refused(first: Editor) -> None:
    with pytest.raises(BadRequest, match="quality"):
        first.prepare(picture(), speed="instant")


def test_writing_a_lora_that_is_not_trained_is_refused_before_any_work(first: Editor, tmp_path: Path) -> None:
    heard: list[Any] = []

    with pytest.raises(BadRequest, match="lora_step"):
        first.prepare(
            picture(seed=9), settings={**SHORT, "lora_step": 0}, lora_out=tmp_path / "l", on_step=heard.append
        )

    assert heard == []
