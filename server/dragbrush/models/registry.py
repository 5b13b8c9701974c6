"""The models that can be named, and the look at a model folder before anything of it is loaded. No torch."""

from dataclasses import dataclass
from pathlib import Path

from dragbrush.errors import BadModel
from dragbrush.models import notes
from dragbrush.models.families import FAMILIES, OTHER_SIZE, check_editable, family_of_folder
from dragbrush.models.known import find_known
from dragbrush.models.layout import ALL_PARTS, choose_in_folder
from dragbrush.models.notes import Note
from dragbrush.models.whole import check_weights

DEFAULT = "default"
"""Stands for the model that `models default` chose, else for the embedded one."""


@dataclass(frozen=True, slots=True)
class Model:
    """One installed model."""

    name: str
    folder: Path
    purpose: str


TOYBOX = Model(
    "toybox",
    Path(__file__).parent / "toybox",
    "embedded; drawn toy scenes at 64 px, for trying things out and for tests, not for photographs",
)


def list_models() -> list[Model]:
    """The models that can be used by name."""
    return [TOYBOX, *(Model(note.name, note.folder, purpose_of(note)) for note in notes.installed())]


def purpose_of(note: Note) -> str:
    """What an installed model is good for, or else what it is."""
    known = find_known(note.source)
    return known.purpose if known else FAMILIES.get(note.family, OTHER_SIZE).title


def default_model() -> str:
    """The name that `default` stands for."""
    return notes.default_name() or TOYBOX.name


def find_model(name_or_folder: str) -> Path:
    """The folder of a model given by name or by path, looked at by `check_folder`.

    The name `default` stands for the chosen model. Raises `BadModel` for a name nobody knows, for a folder that
    is not a model, and for an installed model whose files are gone.
    """
    name = default_model() if name_or_folder == DEFAULT else name_or_folder
    if any(model.name == name for model in list_models()):
        return find_installed(name)
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise BadModel(_nobody_knows(name, folder))
    check_folder(folder)
    return folder


def find_installed(name: str) -> Path:
    """The folder of a model given by name only. Raises `BadModel`."""
    model = next((model for model in list_models() if model.name == name), None)
    if model is None:
        raise BadModel(_nobody_knows(name, Path(name).expanduser()))
    _check_present(model)
    check_folder(model.folder)
    return model.folder


def _check_present(model: Model) -> None:
    """Links outlive what they point to: the Hugging Face cache can be emptied, a user's folder can be moved."""
    links = [link for part in ALL_PARTS for link in (model.folder / part).glob("*") if link.is_symlink()]
    lost = model.folder if not model.folder.is_dir() else next((link for link in links if not link.exists()), None)
    if lost:
        raise BadModel(
            f"The files of the model '{model.name}' are gone from '{lost.resolve()}'; pull or import it again."
        )


def _nobody_knows(name: str, path: Path) -> str:
    if known := find_known(name):
        return f"The model '{known.name}' is not installed; get it with 'dragbrush models pull {known.name}'."
    if path.is_file():
        return f"'{name}' is a file; 'dragbrush models import {name}' makes a model of it that can be named."
    names = ", ".join(model.name for model in list_models())
    return f"There is no model '{name}'; give one of {names}, or a folder that a diffusers pipeline was saved to."


def check_folder(folder: Path) -> None:
    """Raises `BadModel` unless the folder looks like a Stable Diffusion model that can be loaded whole and safely."""
    what = f"'{folder}'"
    choice = choose_in_folder(folder, what)
    check_editable(family_of_folder(folder), what)
    if choice.halved:
        raise BadModel(
            f"The weights of '{choice.halved[0]}' in '{folder}' have the name of half precision ones (fp16), under "
            f"which they are not loaded; 'dragbrush models import {folder}' makes a model of it that can be named."
        )
    check_weights(folder, choice)
