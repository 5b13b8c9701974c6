"""A single-file checkpoint made into a diffusers folder: the same bytes under other names, in three files."""

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from dragbrush.errors import BadModel, StorageFailed
from dragbrush.models.folder_settings import settings_of
from dragbrush.models.header import ITEM_BYTES, Place, read_header
from dragbrush.models.original_names import Part, parts_of
from dragbrush.models.vocabulary import tokenizer_files
from dragbrush.models.whole import check_whole

_WEIGHTS = {
    "unet": "diffusion_pytorch_model.safetensors",
    "vae": "diffusion_pytorch_model.safetensors",
    "text_encoder": "model.safetensors",
}
_CHUNK_BYTES = 16 * 2**20
_ALIGNMENT_BYTES = 8


def convert(file: Path, folder: Path, on_bytes: Callable[[int, int], None]) -> None:
    """Write the model in `file` (Stable Diffusion 1) into `folder`, which exists.

    `on_bytes` is called with bytes done and all bytes. Raises `BadModel` and, for a full disk, `StorageFailed`.
    """
    parts = parts_of(read_header(file), file)
    check_whole(parts, file)
    settings = settings_of(parts)
    total = sum(place.end - place.start for part in parts.values() for place in part.values())
    free = shutil.disk_usage(folder).free
    if total > free:
        raise StorageFailed(
            f"Converting '{file}' needs {total / 1e9:.1f} GB and '{folder.parent}' has {free / 1e9:.1f} GB free; "
            "free some space, or set DRAGBRUSH_MODELS to a folder on another disk."
        )
    try:
        _write(file, folder, parts, settings, lambda done: on_bytes(done, total))
    except OSError as error:
        why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror
        raise StorageFailed(f"'{folder.parent}' cannot be written ({why}); free some space.") from error


def _write(file: Path, folder: Path, parts: dict[str, Part], settings: dict, on_bytes: Callable[[int], None]) -> None:
    for part in (*parts, "scheduler", "tokenizer"):
        (folder / part).mkdir(parents=True)
    for name, content in settings.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    for name, text in tokenizer_files().items():
        (folder / "tokenizer" / name).write_text(text, encoding="utf-8")
    done = 0
    with file.open("rb") as source:
        for part, content in parts.items():
            with (folder / part / _WEIGHTS[part]).open("wb") as target:
                done = _copy(source, target, content, done, on_bytes)


def _copy(
    source: BinaryIO, target: BinaryIO, places: dict[str, Place], done: int, on_bytes: Callable[[int], None]
) -> int:
    # Wide numbers first, so that every tensor begins at a multiple of its number's size.
    ordered = sorted(places.items(), key=lambda item: (-ITEM_BYTES[item[1].dtype], item[0]))
    target.write(_header(ordered))
    for _, place in ordered:
        source.seek(place.start)
        left = place.end - place.start
        while left:
            chunk = source.read(min(left, _CHUNK_BYTES))
            if not chunk:
                raise BadModel(f"'{source.name}' became shorter while it was read; import it again.")
            target.write(chunk)
            left -= len(chunk)
            done += len(chunk)
            on_bytes(done)
    return done


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
