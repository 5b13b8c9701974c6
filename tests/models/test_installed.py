"""The models folder: what is listed, what names stand for, and what survives damage."""

import json
import shutil
from pathlib import Path

import pytest

from dragbrush.errors import BadModel
from dragbrush.models import TOYBOX, find_model, list_models, notes
from dragbrush.models.adopt import adopt
from dragbrush.models.known import KNOWN
from dragbrush.models.notes import name_from


@pytest.fixture
def folder(tiny_sd15_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_sd15_folder, tmp_path / "mine"))


def test_folder_of_the_models_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DRAGBRUSH_MODELS")

    assert notes.models_folder().name == "models"
    assert "dragbrush" in notes.models_folder().parts


def test_without_a_models_folder_there_is_the_embedded_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DRAGBRUSH_MODELS", str(tmp_path / "none"))

    assert [model.name for model in list_models()] == ["toybox"]
    assert find_model("default") == TOYBOX.folder


def test_installed_models_are_listed_and_found(folder: Path) -> None:
    adopt(folder)

    assert [model.name for model in list_models()] == ["toybox", "mine"]
    assert find_model("mine") == folder


def test_default_is_what_was_chosen_until_it_is_removed(folder: Path) -> None:
    adopt(folder)
    notes.set_default("mine")

    assert find_model("default") == folder

    notes.remove("mine")

    assert find_model("default") == TOYBOX.folder


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"name": 7}', b"\xff"])
def test_unreadable_note_hides_its_model_only(folder: Path, models_folder: Path, content: bytes) -> None:
    adopt(folder)
    (models_folder / "broken").mkdir()
    (models_folder / "broken" / "dragbrush.json").write_bytes(content)

    assert [model.name for model in list_models()] == ["toybox", "mine"]
    notes.remove("broken")
    assert not (models_folder / "broken").exists()


def test_note_of_another_name_is_passed_over(folder: Path, models_folder: Path) -> None:
    adopt(folder)
    shutil.copytree(models_folder / "mine", models_folder / "copy")

    assert [note.name for note in notes.installed()] == ["mine"]


@pytest.mark.parametrize("name", ["nothing", "..", "../mine", "toybox", ""])
def test_only_installed_models_are_removed(folder: Path, models_folder: Path, name: str) -> None:
    adopt(folder)
    (models_folder.parent / "dragbrush.json").write_text("{}")

    with pytest.raises(BadModel):
        notes.remove(name)

    assert find_model("mine")
    (models_folder.parent / "dragbrush.json").unlink()


def test_note_is_readable_json(folder: Path, models_folder: Path) -> None:
    adopt(folder)

    note = json.loads((models_folder / "mine" / "dragbrush.json").read_text())

    assert note["source"] == str(folder)
    assert note["family"] == "other"
    assert {len(file["sha256"]) for file in note["files"]} == {64}


def test_importing_again_takes_the_place_of_the_first(folder: Path) -> None:
    adopt(folder)
    (folder / "tokenizer" / "special_tokens_map.json").write_text("{}")

    note = adopt(folder)

    assert notes.installed() == [note]


def test_unknown_names_are_told_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"")

    for name, word in (
        ("dreamshaper-8", "models pull dreamshaper-8"),
        (str(tmp_path / "model.safetensors"), "models import"),
        ("nobody", "toybox"),
    ):
        with pytest.raises(BadModel, match=word):
            find_model(name)


def test_well_known_models_have_names_and_facts_of_their_own() -> None:
    assert len({known.name for known in KNOWN}) == len({known.hub_id for known in KNOWN}) == len(KNOWN)
    for known in KNOWN:
        notes.check_name(known.name)
        assert known.licence
        assert known.purpose
        assert known.hub_id.count("/") == 1
        assert not known.family.obstacle


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Realistic_Vision V5.1", "realistic-vision-v5.1"),
        ("模型", "model"),
        ("..", "model"),
        ("x" * 100, "x" * 64),
        ("-a-", "a"),
    ],
)
def test_names_are_made_of_file_names(text: str, name: str) -> None:
    assert name_from(text) == name
    notes.check_name(name_from(text))
