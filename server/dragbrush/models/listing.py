"""What is said of models: one entry for each, with the same keys, for people and for programs."""

from typing import Any

import msgspec

from dragbrush.errors import BadModel
from dragbrush.models import notes
from dragbrush.models.families import FAMILIES, OTHER_SIZE
from dragbrush.models.known import KNOWN, Known, find_known
from dragbrush.models.notes import Note
from dragbrush.models.registry import TOYBOX, default_model, purpose_of

Entry = dict[str, Any]
"""name, purpose, family, licence, size_bytes, source, revision, folder, is_installed, is_default."""


def installed_and_known() -> list[Entry]:
    """The embedded model, the installed ones, and the well-known ones that are not installed."""
    installed = notes.installed()
    sources = {note.source for note in installed}
    rest = [known for known in KNOWN if known.hub_id not in sources]
    return [_embedded(), *map(_installed, installed), *map(_known, rest)]


def info(name: str) -> Entry:
    """The entry of one installed model, with its files. Raises `BadModel`."""
    note = notes.find_note(name)
    if name == TOYBOX.name:
        return {**_embedded(), "files": []}
    if note is None:
        more = f"; get it with 'dragbrush models pull {name}'" if find_known(name) else ""
        raise BadModel(f"No model '{name}' is installed{more}; 'dragbrush models list' shows what is.")
    return {**_installed(note), "files": msgspec.to_builtins(note.files)}


def found() -> list[Entry]:
    """The models of other programs: name, program, path, size_bytes, family, obstacle."""
    from dragbrush.models.found import look_around

    return [
        {
            "name": model.name,
            "program": model.program,
            "path": str(model.path),
            "size_bytes": model.size_bytes,
            "family": model.family,
            "obstacle": model.obstacle,
        }
        for model in look_around()
    ]


def _embedded() -> Entry:
    size = sum(file.stat().st_size for file in TOYBOX.folder.rglob("*") if file.is_file())
    return {
        "name": TOYBOX.name,
        "purpose": TOYBOX.purpose,
        "family": OTHER_SIZE.title,
        "licence": "Apache-2.0",
        "size_bytes": size,
        "source": "embedded",
        "revision": None,
        "folder": str(TOYBOX.folder),
        "is_installed": True,
        "is_default": default_model() == TOYBOX.name,
    }


def _installed(note: Note) -> Entry:
    return {
        "name": note.name,
        "purpose": purpose_of(note),
        "family": FAMILIES.get(note.family, OTHER_SIZE).title,
        "licence": note.licence,
        "size_bytes": note.size_bytes,
        "source": note.source,
        "revision": note.revision,
        "folder": str(note.folder),
        "is_installed": True,
        "is_default": default_model() == note.name,
    }


def _known(known: Known) -> Entry:
    return {
        "name": known.name,
        "purpose": known.purpose,
        "family": known.family.title,
        "licence": known.licence,
        "size_bytes": known.size_bytes,
        "source": known.hub_id,
        "revision": known.revision,
        "folder": None,
        "is_installed": False,
        "is_default": False,
    }
