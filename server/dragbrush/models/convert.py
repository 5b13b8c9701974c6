"""A single-file checkpoint made into a diffusers folder: the same bytes under other names, in a file for each part."""

import errno
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from dragbrush.errors import BadModel, StorageFailed
from dragbrush.models.families import Settings
from dragbrush.models.folder_settings import settings_of
from dragbrush.models.header import ITEM_BYTES, Place, read_header
from dragbrush.models.layout import WEIGHTS
from dragbrush.models.original_names import parts_of
from dragbrush.models.original_text import TRANSPOSED, Part, Tower, towers_of
from dragbrush.models.vocabulary import tokenizer_files
from dragbrush.models.whole import check_complete, names_of

_CHUNK_BYTES = 16 * 2**20
_ALIGNMENT_BYTES = 8


def convert(file: Path, folder: Path, prediction: str, on_bytes: Callable[[int, int], None]) -> None:
    """Write the model in `file` into `folder`, which exists; `prediction` is what it predicts.

    `on_bytes` is called with bytes done and all bytes. Raises `BadModel` and, for a full disk, `StorageFailed`.
    """
    tensors = read_header(file)
    parts, towers = parts_of(tensors, file), towers_of(tensors)
    settings = checked_settings(parts, towers, prediction, file)
    total = sum(place.end - place.start for part in parts.values() for place in part.values())
    free = shutil.disk_usage(folder).free
    if total > free:
        raise StorageFailed(
            f"Converting '{file}' needs {total / 1e9:.1f} GB and '{folder.parent}' has {free / 1e9:.1f} GB free; "
            "free some space, or set DRAGBRUSH_MODELS to a folder on another disk."
        )
    try:
        _write_settings(folder, settings, towers)
        _write_weights(file, folder, parts, lambda done: on_bytes(done, total))
    except OSError as error:
        why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror
        raise StorageFailed(f"'{folder.parent}' cannot be written ({why}); free some space.") from error


def checked_settings(
    parts: Mapping[str, Part], towers: Mapping[str, Tower], prediction: str, file: Path
) -> dict[str, Settings]:
    """The settings of the folder. Raises `BadModel` where a part lacks a tensor, or has one that no such model has."""
    try:
        settings = settings_of(parts, towers, prediction)
        required = {part: names_of(part, settings[f"{part}/config.json"]) or set() for part in parts}
    except KeyError as error:
        raise BadModel(f"'{file}' is incomplete: it lacks '{error.args[0]}'; get the whole model.") from error
    except (IndexError, ValueError) as error:
        raise BadModel(f"'{file}' is not of the layout of Stable Diffusion; get another edition.") from error
    for part, places in parts.items():
        check_complete(f"The {part} of '{file}'", places, required[part])
        if surplus := sorted(places.keys() - required[part]):
            raise BadModel(f"'{file}' is not of the layout of Stable Diffusion: its {part} has a '{surplus[0]}'.")
    return settings


def _write_settings(folder: Path, settings: dict[str, Settings], towers: Mapping[str, Tower]) -> None:
    for name, content in settings.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    for name, tower in towers.items():
        tokenizer = folder / name.replace("text_encoder", "tokenizer")
        tokenizer.mkdir()
        for file, text in tokenizer_files(pads_with_end=not tower.is_open_clip).items():
            (tokenizer / file).write_text(text, encoding="utf-8")


def _write_weights(file: Path, folder: Path, parts: dict[str, Part], on_bytes: Callable[[int], None]) -> None:
    done = 0
    with file.open("rb") as source:
        for part, places in parts.items():
            with (folder / part / f"{WEIGHTS[part]}.safetensors").open("wb") as target:
                done = _copy(source, target, places, done, on_bytes)


def _copy(source: BinaryIO, target: BinaryIO, places: Part, done: int, on_bytes: Callable[[int], None]) -> int:
    # Wide numbers first, so that every tensor begins at a multiple of its number's size.
    ordered = sorted(places.items(), key=lambda item: (-ITEM_BYTES[item[1].dtype], item[0]))
    target.write(_header(ordered))
    for name, place in ordered:
        if name == TRANSPOSED:
            chunks = [_transposed(b"".join(_chunks(source, place)), place)]
        else:
            chunks = _chunks(source, place)
        for chunk in chunks:
            target.write(chunk)
            done += len(chunk)
            on_bytes(done)
    return done


def _chunks(source: BinaryIO, place: Place) -> Iterator[bytes]:
    source.seek(place.start)
    for start in range(place.start, place.end, _CHUNK_BYTES):
        size = min(_CHUNK_BYTES, place.end - start)
        chunk = source.read(size)
        if len(chunk) < size:
            raise BadModel(f"'{source.name}' became shorter while it was read; import it again.")
        yield chunk


def _transposed(matrix: bytes, place: Place) -> bytes:
    """The bytes of a matrix of the shape `place.shape`, from those of the matrix with rows and columns changed."""
    numbers = np.frombuffer(matrix, dtype=f"V{ITEM_BYTES[place.dtype]}")
    return numbers.reshape(place.shape[::-1]).T.tobytes()


def _header(ordered: list[tuple[str, Place]]) -> bytes:
    entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, place in ordered:
        end = offset + place.end - place.start
        entries[name] = {"dtype": place.dtype, "shape": place.shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT_BYTES)
    return len(text).to_bytes(8, "little") + text
