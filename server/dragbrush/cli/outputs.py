"""The files that a command writes: checked before the work, written whole or not at all after it."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragbrush.errors import BadRequest, StorageFailed

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")

_SMALLEST_SHARE = 30
"""A JPEG of quality 95 takes rarely less than this part of the decoded picture; lossless files take more."""

_DRAFT_SIGNS = 64
"""Most signs of a file's name that its draft repeats: the name itself may be as long as the system allows."""

_PROBE_BYTES = 4096
"""One block of a usual file system: a full disk still takes files without content."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG} if hasattr(errno, "EDQUOT") else {errno.ENOSPC})


@dataclass(frozen=True, slots=True)
class Output:
    """One file that a command was asked to write."""

    option: str
    path: Path
    suffixes: tuple[str, ...]


def check_outputs(outputs: Sequence[Output], *, inputs: Mapping[str, Path | None], force: bool) -> None:
    """Raise `BadRequest` if an output could not be written, or would replace another file named here.

    `inputs` maps the names of the inputs, as a person knows them, to their files.
    """
    for output in outputs:
        try:
            _check_place(output, force=force)
        except OSError as error:
            raise BadRequest(
                f"{output.option} '{output.path}' cannot be used ({error.strerror}); choose another name."
            ) from error
    for number, output in enumerate(outputs):
        for other in outputs[:number]:
            if is_same_file(output.path, other.path):
                raise BadRequest(f"{other.option} and {output.option} both name '{output.path}'; name two files.")
        for name, path in inputs.items():
            if path is not None and is_same_file(output.path, path):
                raise BadRequest(f"{output.option} names '{output.path}', which is {name} itself; choose another name.")


def _check_place(output: Output, *, force: bool) -> None:
    path, option = output.path, output.option
    if path.suffix.lower() not in output.suffixes:
        raise BadRequest(f"{option} '{path}' should end in {' or '.join(output.suffixes)}, to say what to write.")
    if not path.parent.is_dir():
        raise BadRequest(f"The folder '{path.parent}' of {option} does not exist; make it or choose another one.")
    if path.is_dir() or (path.exists() and not path.is_file()):
        raise BadRequest(f"{option} '{path}' is a folder or a device; choose the name of a file.")
    check_free(path, force=force)
    _check_writable(path.parent, option)


def _check_writable(folder: Path, option: str) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(_PROBE_BYTES))
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFailed(f"The disk of '{folder}' is full; free some space or choose another folder.") from error
        raise BadRequest(
            f"The folder '{folder}' of {option} cannot be written ({error.strerror}); choose another."
        ) from error


def check_folder(folder: Path, names: Sequence[str], *, option: str, force: bool) -> None:
    """Raise `BadRequest` if files of these names could not be written to a folder, which need not exist yet."""
    ground = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if not ground.is_dir():
        raise BadRequest(f"{option} '{folder}' cannot be a folder, because '{ground}' is none; choose another.")
    _check_writable(ground, option)
    for name in names:
        check_free(folder / name, force=force)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it. Raises `StorageFailed`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailed(f"The folder '{folder}' could not be made ({error.strerror}).") from error


def check_free(path: Path, *, force: bool) -> None:
    """Raise `BadRequest` if the file exists and may not be replaced."""
    if not force and os.path.lexists(path):
        raise BadRequest(f"The file '{path}' exists; add --force to replace it or choose another name.")


def check_space(path: Path, source: Path, decoded_bytes: int) -> None:
    """Raise `StorageFailed` if the disk of `path` has clearly no room for a picture like that of `source`."""
    needed_bytes = min(source.stat().st_size, decoded_bytes // _SMALLEST_SHARE)
    free_bytes = shutil.disk_usage(path.parent).free
    if free_bytes < needed_bytes:
        raise StorageFailed(
            f"The disk of '{path}' has {free_bytes / 1e6:.1f} MB left and the result takes at least "
            f"{needed_bytes / 1e6:.1f} MB; free some space or choose another folder."
        )


def is_same_file(one: Path, other: Path) -> bool:
    """Whether two names lead to one file, which need not exist yet."""
    try:
        return one.samefile(other)
    except OSError:
        return _normal(one) == _normal(other)


def _normal(path: Path) -> str:
    return os.path.normcase(os.path.realpath(path))


@contextmanager
def replacing(path: Path, *, force: bool) -> Iterator[Path]:
    """A name to write to, which becomes `path` at the end; after an error there is neither.

    Raises `StorageFailed` for a full disk and the like.
    """
    draft = path.with_name(f".{path.stem[:_DRAFT_SIGNS]}.{os.getpid()}{path.suffix}")
    try:
        yield draft
        check_free(path, force=force)
        os.replace(draft, path)
    except (OSError, StorageFailed) as error:  # a writer's own StorageFailed names the draft
        reason = error if isinstance(error, OSError) else error.__cause__
        if getattr(reason, "errno", None) in _FULL:
            raise StorageFailed(_full(path)) from error
        text = getattr(reason, "strerror", None) or reason
        raise StorageFailed(f"'{path}' could not be written ({text}); choose another place.") from error
    finally:
        draft.unlink(missing_ok=True)


def _full(path: Path) -> str:
    return f"The disk is full, so '{path}' was not written; free some space or choose another folder."


def write_json(value: Mapping[str, Any], path: Path, *, force: bool) -> None:
    """Write a JSON file, whole or not at all."""
    with replacing(path, force=force) as draft:
        draft.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
