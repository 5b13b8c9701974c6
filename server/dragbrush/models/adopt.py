"""Installing a model that the user has already: a folder is used where it lies, a single file is converted."""

from collections.abc import Callable
from pathlib import Path

from dragbrush.errors import BadModel
from dragbrush.models import notes
from dragbrush.models.convert import convert
from dragbrush.models.families import INPAINTING, check_editable, family_of_checkpoint, family_of_folder
from dragbrush.models.hashes import sha256_of
from dragbrush.models.header import read_header
from dragbrush.models.layout import choose_in_folder
from dragbrush.models.links import link_file
from dragbrush.models.notes import Note, NotedFile
from dragbrush.models.prediction import prediction_of
from dragbrush.models.registry import check_folder
from dragbrush.models.whole import check_weights

OnProgress = Callable[[str, int, int], None]
"""Called with a phase, the bytes done and all bytes of the phase."""


def adopt(
    path: Path,
    *,
    name: str | None = None,
    prediction: str | None = None,
    on_progress: OnProgress = lambda phase, done, total: None,
) -> Note:
    """Install a diffusers folder or a `.safetensors` checkpoint of the user's own; neither is changed or moved.

    `prediction` is one of `prediction.CHOICES`, for checkpoints that do not tell what they predict; folders tell.
    Raises `BadModel` for what is no model that can be edited with, `Conflict` for a name that is taken.
    """
    path = path.expanduser().absolute()
    if not path.exists():
        raise BadModel(f"'{path}' does not exist; give a diffusers folder or a .safetensors checkpoint.")
    name = name or notes.name_from(path.name if path.is_dir() else path.stem)
    notes.check_name(name)
    notes.check_free(name, str(path))
    return _folder(path, name, on_progress) if path.is_dir() else _file(path, name, prediction, on_progress)


def _folder(path: Path, name: str, on_progress: OnProgress) -> Note:
    choice = choose_in_folder(path, f"'{path}'")
    family = family_of_folder(path)
    check_editable(family, f"'{path}'")
    check_weights(path, choice)
    hashes = _hashes([path / source for source in choice.files.values()], on_progress)
    note = Note(
        name=name,
        kind="folder",
        source=str(path),
        family=family.id,
        files=tuple(NotedFile(str(file), file.stat().st_size, sha256) for file, sha256 in hashes.items()),
        in_place=not choice.halved,
    )
    with notes.new_folder(name) as folder:
        # Nothing looks for half precision weights under the name they have; a link gives them the other.
        for target, source in choice.files.items() if choice.halved else ():
            link_file(path / source, folder / target)
        notes.finish(folder, note)
    return note


def _file(path: Path, name: str, prediction: str | None, on_progress: OnProgress) -> Note:
    tensors = read_header(path)
    family = family_of_checkpoint(tensors, path)
    check_editable(family, f"'{path}'")
    predicts = prediction_of(tensors, path, is_inpainting=family is INPAINTING, choice=prediction)
    with notes.new_folder(name) as folder:
        convert(path, folder, predicts, lambda done, total: on_progress("convert", done, total))
        check_folder(folder)
        note = Note(
            name=name,
            kind="file",
            source=str(path),
            family=family_of_folder(folder).id,
            files=(NotedFile(str(path), path.stat().st_size, _hashes([path], on_progress)[path]),),
        )
        notes.finish(folder, note)
    return note


def _hashes(files: list[Path], on_progress: OnProgress) -> dict[Path, str]:
    total, done = sum(file.stat().st_size for file in files), 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        on_progress("check", done, total)

    return {file: sha256_of(file, count) for file in files}
