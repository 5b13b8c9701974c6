"""Which files of a diffusers folder an edit needs, and under which name it looks for them."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from dragbrush.errors import BadModel
from dragbrush.models.families import XL_INPAINTING, XL_REFINER, Settings, check_editable, read_settings
from dragbrush.models.header import PICKLE_SUFFIXES

INDEX = "model_index.json"
PARTS = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")
ALL_PARTS = (*PARTS, "text_encoder_2", "tokenizer_2")
PIPELINES = {
    "StableDiffusionPipeline": PARTS,
    "StableDiffusionXLPipeline": ALL_PARTS,
    "StableDiffusionInpaintPipeline": PARTS,
    "LatentConsistencyModelPipeline": PARTS,
}
"""The classes of diffusers whose folders can be edited with, and their parts."""
_REFUSED = {"StableDiffusionXLImg2ImgPipeline": XL_REFINER, "StableDiffusionXLInpaintPipeline": XL_INPAINTING}
WEIGHTS = {
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
    "text_encoder_2": "model",
}
"""What the weights of each part that has some are called, without their suffix."""
_TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "special_tokens_map.json",
    "added_tokens.json",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """The files to take, by the name under which a model folder has them."""

    files: dict[str, str]
    halved: tuple[str, ...]
    """Parts of which only the half precision weights exist."""

    @property
    def small(self) -> dict[str, str]:
        """Those that are not weights."""
        return {target: source for target, source in self.files.items() if not target.endswith(".safetensors")}


def choose_in_folder(folder: Path, what: str) -> Choice:
    """The files of a model folder. Raises `BadModel` as `check_index` and `choose_files` do."""
    paths = [path for depth in ("*", "*/*") for path in folder.glob(depth)]
    names = {path.relative_to(folder).as_posix() for path in paths if path.is_file()}
    check_index(names, what)
    return choose_files(names, read_settings(folder / INDEX), what)


def check_index(names: Collection[str], what: str) -> None:
    """Raises `BadModel` where the files of `what` lack the one that says what the others are."""
    if INDEX not in names:
        raise BadModel(f"{what} is no diffusers model: {INDEX} is missing.{_single_files(names)}")


def choose_files(names: Collection[str], index: Settings, what: str) -> Choice:
    """The files of a model that `what` names, from the names of all files there are and the content of its index.

    Full precision weights where there are some, else half precision ones. Raises `BadModel` where the index names
    no model that can be edited with, where a part is missing, and where weights are pickles only.
    """
    files, halved = {INDEX: INDEX}, []
    for part in parts_of_pipeline(index, what):
        if part in WEIGHTS:
            files |= {name: name for name in _needed(names, f"{part}/config.json", what)}
            weights = _weights(names, part, what)
            files |= weights
            if any(target != source for target, source in weights.items()):
                halved.append(part)
        elif part == "scheduler":
            files |= {name: name for name in _needed(names, "scheduler/scheduler_config.json", what)}
        else:
            files |= {name: name for name in _tokenizer(names, part, what)}
    return Choice(files, tuple(halved))


def parts_of_pipeline(index: Settings, what: str) -> tuple[str, ...]:
    """The parts of a model, from its index. Raises `BadModel` where it is none that can be edited with."""
    kind = str(index.get("_class_name"))
    if kind in PIPELINES:
        return PIPELINES[kind]
    if kind in _REFUSED:
        check_editable(_REFUSED[kind], what)
    raise BadModel(f"{what} holds a {kind}; this version edits with models saved as {', '.join(PIPELINES)}.")


def _needed(names: Collection[str], name: str, what: str) -> list[str]:
    if name not in names:
        raise BadModel(f"{what} is incomplete: '{name}' is missing.")
    return [name]


def _tokenizer(names: Collection[str], part: str, what: str) -> list[str]:
    found = [f"{part}/{name}" for name in _TOKENIZER_FILES if f"{part}/{name}" in names]
    if f"{part}/tokenizer.json" not in found and f"{part}/vocab.json" not in found:
        raise BadModel(f"{what} is incomplete: '{part}' has neither tokenizer.json nor vocab.json.")
    return found


def _weights(names: Collection[str], part: str, what: str) -> dict[str, str]:
    """The weights of a part by the name they are looked for under: one file, or several with their table."""
    stem = f"{part}/{WEIGHTS[part]}"
    full, half, table = f"{stem}.safetensors", f"{stem}.fp16.safetensors", f"{stem}.safetensors.index.json"
    if full in names:
        return {full: full}
    pieces = sorted(name for name in names if re.fullmatch(re.escape(stem) + r"-\d{5}-of-\d{5}\.safetensors", name))
    if table in names and pieces:
        count = int(pieces[0][-len("00000.safetensors") : -len(".safetensors")])
        for number in range(1, count + 1):
            _needed(names, f"{stem}-{number:05}-of-{count:05}.safetensors", what)
        return {name: name for name in (table, *pieces)}
    if half in names:
        return {full: half}
    pickle = next((name for name in sorted(names) if name.startswith(f"{part}/") and _is_pickle(name)), None)
    if pickle:
        raise BadModel(
            f"{what} has '{pickle}' as a pickle only, which can run code when opened and is never loaded; choose an "
            "edition with .safetensors files, or save the model again as safetensors."
        )
    raise BadModel(f"{what} is incomplete: '{part}' has no '{WEIGHTS[part]}.safetensors'.")


def _is_pickle(name: str) -> bool:
    return name.endswith(PICKLE_SUFFIXES)


def _single_files(names: Collection[str]) -> str:
    single = next((name for name in sorted(names) if name.endswith(".safetensors") and "/" not in name), None)
    if single:
        return f" Download its file '{single}' and use 'dragbrush models import FILE'."
    if any(_is_pickle(name) for name in names):
        return " Its weights are pickles, which can run code when opened and are never loaded."
    return ""
