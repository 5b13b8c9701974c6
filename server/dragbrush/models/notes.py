"""What is installed: the models folder of this user, with one small note for each model.

A model's folder in it holds its note and, unless the model stays where it lies, a diffusers folder whose weights are
links or were converted. Everything in it is this program's own and may be deleted.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from platformdirs import user_data_path

from dragbrush.errors import BadModel, BadRequest, Conflict, StorageFailed

_NOTE = "dragbrush.json"
_DEFAULT = "default.txt"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
RESERVED = ("toybox", "default", "default.txt")


class NotedFile(msgspec.Struct, frozen=True):
    """One file of the model, as it was when it was installed."""

    path: str
    size_bytes: int
    sha256: str
    is_ours: bool = False
    """This program downloaded it, so `remove` deletes it."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one installed model."""

    name: str
    kind: Literal["hub", "folder", "file"]
    source: str
    """Hub id, or the path of the folder or file."""
    family: str
    files: tuple[NotedFile, ...]
    revision: str | None = None
    """Commit of the hub repository."""
    licence: str | None = None
    in_place: bool = False
    """The model is used where `source` says."""

    @property
    def folder(self) -> Path:
        """The diffusers folder to load."""
        return Path(self.source) if self.in_place else model_folder(self.name)

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


def models_folder() -> Path:
    """This user's models; the environment variable DRAGBRUSH_MODELS names another folder."""
    override = os.environ.get("DRAGBRUSH_MODELS")
    return Path(override).expanduser() if override else user_data_path("dragbrush") / "models"


def model_folder(name: str) -> Path:
    return models_folder() / name


def name_from(text: str) -> str:
    """A model's name from a file name or a hub id: small letters, digits, dots and dashes."""
    return re.sub(r"[^a-z0-9.-]+", "-", text.lower()).strip("-.")[:64] or "model"


def check_name(name: str) -> None:
    """Raises `BadRequest` for what cannot be a model's name."""
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise BadRequest(
            f"'{name}' cannot be a model's name; use up to 64 small letters, digits, dots, dashes and underscores, "
            f"and none of {', '.join(RESERVED)}."
        )


def installed() -> list[Note]:
    """All installed models, by name. Notes that cannot be read are passed over; `remove` takes them away."""
    notes = []
    for file in sorted(models_folder().glob(f"*/{_NOTE}")):
        try:
            note = msgspec.json.decode(file.read_bytes(), type=Note)
        except (OSError, msgspec.DecodeError):
            continue
        if note.name == file.parent.name:
            notes.append(note)
    return notes


def find_note(name: str) -> Note | None:
    """The note of an installed model."""
    return next((note for note in installed() if note.name == name), None)


def check_free(name: str, source: str) -> None:
    """Raises `Conflict` where the name belongs to a model from elsewhere."""
    note = find_note(name)
    if note is not None and note.source != source:
        raise Conflict(
            f"The name '{name}' is taken by a model from '{note.source}'; choose another with --name, or remove "
            f"that one with 'dragbrush models remove {name}'."
        )


@contextmanager
def new_folder(name: str) -> Iterator[Path]:
    """An empty folder to build a model in; `finish` puts it in its place, and what is not finished goes away."""
    folder = models_folder() / f".new-{name}"
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise StorageFailed(f"The models folder '{models_folder()}' cannot be written ({error.strerror}).") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def finish(folder: Path, note: Note) -> None:
    """Write the note and move the folder that `new_folder` made to its place, over an earlier one."""
    place, former = model_folder(note.name), find_note(note.name)
    try:
        (folder / _NOTE).write_bytes(msgspec.json.format(msgspec.json.encode(note), indent=2))
        shutil.rmtree(place, ignore_errors=True)
        folder.rename(place)
    except OSError as error:
        raise StorageFailed(f"The model cannot be written to '{place}' ({error.strerror}).") from error
    if former:
        _delete_unused(former)


def remove(name: str) -> Note | None:
    """Delete an installed model's folder and the downloads that this program made for it.

    Files of the user's own stay. Returns the note, None where it could not be read. Raises `BadModel` for a
    name that is not installed.
    """
    note, folder = find_note(name), model_folder(name)
    if not _NAME.fullmatch(name) or not (folder / _NOTE).is_file():
        raise BadModel(f"No model '{name}' is installed; 'dragbrush models list' shows what is.")
    try:
        shutil.rmtree(folder)
        if default_name() == name:
            (models_folder() / _DEFAULT).unlink()
        if note:
            _delete_unused(note)
    except OSError as error:
        raise StorageFailed(f"The model '{name}' cannot be removed whole ({error.strerror}).") from error
    return note


def _delete_unused(former: Note) -> None:
    """Delete what this program downloaded for a note that is no more, but for what other models use."""
    used = {file.path for note in installed() for file in note.files}
    for file in former.files:
        if file.is_ours and file.path not in used:
            _delete_cached(Path(file.path))


def _delete_cached(link: Path) -> None:
    """Delete a file of the Hugging Face cache, and its content where no other revision has it."""
    content = link.resolve()
    link.unlink(missing_ok=True)
    snapshots = next((parent for parent in link.parents if parent.name == "snapshots"), None)
    if snapshots is None or content == link:
        return
    if not any(other.is_symlink() and other.resolve() == content for other in snapshots.rglob("*")):
        content.unlink(missing_ok=True)


def default_name() -> str | None:
    """The model that `models default` chose."""
    try:
        return (models_folder() / _DEFAULT).read_text(encoding="utf-8").strip() or None
    except (OSError, ValueError):
        return None


def set_default(name: str) -> None:
    """Remember the model that is used where none is named."""
    try:
        models_folder().mkdir(parents=True, exist_ok=True)
        (models_folder() / _DEFAULT).write_text(name + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageFailed(f"The models folder '{models_folder()}' cannot be written ({error.strerror}).") from error
