"""The models that can be named, and the look at a model folder before anything of it is loaded. No torch."""

import json
from dataclasses import dataclass
from pathlib import Path

from dragbrush.errors import BadModel

PARTS = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")
PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl")


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
    return [TOYBOX]


def find_model(name_or_folder: str) -> Path:
    """The folder of a model given by name or by path, looked at by `check_folder`.

    Raises `BadModel` for a name nobody knows, and for a folder that is not a model.
    """
    for model in list_models():
        if model.name == name_or_folder:
            check_folder(model.folder)
            return model.folder
    folder = Path(name_or_folder).expanduser()
    if not folder.is_dir():
        names = ", ".join(model.name for model in list_models())
        raise BadModel(
            f"There is no model '{name_or_folder}'; give one of {names}, or a folder that a diffusers pipeline "
            "was saved to."
        )
    check_folder(folder)
    return folder


def check_folder(folder: Path) -> None:
    """Raises `BadModel` unless the folder looks like a Stable Diffusion model that can be loaded safely."""
    index = folder / "model_index.json"
    if not index.is_file():
        raise BadModel(
            f"'{folder}' is no diffusers model folder: model_index.json is missing. Give the folder that a "
            "diffusers pipeline was saved to."
        )
    try:
        kind = json.loads(index.read_text(encoding="utf-8")).get("_class_name")
    except (ValueError, AttributeError) as error:
        raise BadModel(f"'{index}' is not readable JSON; the model folder is damaged.") from error
    if kind != "StableDiffusionPipeline":
        raise BadModel(f"'{folder}' holds a {kind}; this version edits with models saved as StableDiffusionPipeline.")
    for part in PARTS:
        if not (folder / part).is_dir():
            raise BadModel(f"The model folder '{folder}' is incomplete: its folder '{part}' is missing.")
    tokenizer = folder / "tokenizer"
    if not (tokenizer / "tokenizer.json").is_file() and not (tokenizer / "vocab.json").is_file():
        raise BadModel(
            f"The model folder '{folder}' is incomplete: 'tokenizer' has neither tokenizer.json nor vocab.json."
        )
    for part in ("unet", "vae", "text_encoder"):
        files = list((folder / part).iterdir())
        if not (folder / part / "config.json").is_file():
            raise BadModel(f"The model folder '{folder}' is incomplete: '{part}/config.json' is missing.")
        if not any(f.suffix == ".safetensors" for f in files):
            pickle = next((f.name for f in files if f.suffix in PICKLES), None)
            if pickle:
                raise BadModel(
                    f"'{folder / part / pickle}' is a pickle file, which can run code when opened and is never "
                    "loaded; save the model again as safetensors."
                )
            raise BadModel(f"The model folder '{folder}' is incomplete: '{part}' has no .safetensors file.")
