"""Which files of a diffusers folder an edit needs, and under which name it looks for them. Pure; names only."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dragbrush.errors import BadModel
from dragbrush.models.header import PICKLE_SUFFIXES

_WEIGHTS = {
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
}
CONFIGS = (
    "model_index.json",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
    "unet/config.json",
    "vae/config.json",
)
_TOKENIZER = re.compile(
    r"tokenizer/(tokenizer\.json|tokenizer_config\.json|vocab\.json|merges\.txt|special_tokens_map\.json|added_tokens\.json)"
)


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


def choose_files(names: Iterable[str], what: str) -> Choice:
    """The files of a model that `what` names, from the names of all files there are.

    Full precision weights where there are some, else half precision ones. Raises `BadModel` where there is no
    whole model, or weights are pickles only.
    """
    present = set(names)
    if "model_index.json" not in present:
        raise BadModel(f"{what} is no diffusers model: model_index.json is missing.{_single_files(present)}")
    missing = next((name for name in CONFIGS if name not in present), None)
    if missing:
        raise BadModel(f"{what} is incomplete: '{missing}' is missing.")
    files = {name: name for name in CONFIGS}
    files |= {name: name for name in sorted(present) if _TOKENIZER.fullmatch(name)}
    if "tokenizer/tokenizer.json" not in files and "tokenizer/vocab.json" not in files:
        raise BadModel(f"{what} is incomplete: 'tokenizer' has neither tokenizer.json nor vocab.json.")
    halved = []
    for part, stem in _WEIGHTS.items():
        full, half = f"{part}/{stem}.safetensors", f"{part}/{stem}.fp16.safetensors"
        if full not in present and half not in present:
            raise BadModel(f"{what} {_why_no_weights(present, part)}")
        files[full] = full if full in present else half
        if full not in present:
            halved.append(part)
    return Choice(files, tuple(halved))


def _why_no_weights(present: set[str], part: str) -> str:
    pickle = next((name for name in sorted(present) if name.startswith(f"{part}/") and _is_pickle(name)), None)
    if pickle:
        return (
            f"has '{pickle}' as a pickle only, which can run code when opened and is never loaded; choose a "
            "repository or revision with .safetensors files."
        )
    return f"is incomplete: '{part}' has no .safetensors weights."


def _is_pickle(name: str) -> bool:
    return name.endswith(PICKLE_SUFFIXES)


def _single_files(present: set[str]) -> str:
    single = next((name for name in sorted(present) if name.endswith(".safetensors") and "/" not in name), None)
    if single:
        return f" Download its file '{single}' and use 'dragbrush models import FILE'."
    if any(_is_pickle(name) for name in present):
        return " Its weights are pickles, which can run code when opened and are never loaded."
    return ""
