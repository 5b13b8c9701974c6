"""What a single-file checkpoint predicts: the noise (epsilon) or the velocity. Its numbers do not tell."""

from collections.abc import Mapping
from pathlib import Path

from dragbrush.errors import BadModel
from dragbrush.models.families import VELOCITY_MARK
from dragbrush.models.folder_settings import EPSILON, VELOCITY
from dragbrush.models.header import Place, read_metadata
from dragbrush.models.original_text import towers_of

CHOICES = {"epsilon": EPSILON, "velocity": VELOCITY}
"""What a person can say, and what schedulers of diffusers call it."""
_PREDICTION_KEY, _ARCHITECTURE_KEY = "modelspec.prediction_type", "modelspec.architecture"
"""Of the metadata that trainers write (Stability-AI/ModelSpec)."""
_NOTED = {"epsilon": EPSILON} | dict.fromkeys(("v", "velocity", "v_prediction", "v-prediction"), VELOCITY)
_ARCHITECTURES = {"stable-diffusion-v2-512": EPSILON, "stable-diffusion-v2-768-v": VELOCITY}


def prediction_of(tensors: Mapping[str, Place], file: Path, *, is_inpainting: bool, choice: str | None) -> str:
    """What the checkpoint predicts, in diffusers' words: `choice` of a person, what the file says, or what is usual.

    Raises `BadModel` for a file of Stable Diffusion 2 that says nothing: of those there are as many of both kinds.
    """
    if choice:
        return CHOICES[choice]
    if VELOCITY_MARK in tensors:
        return VELOCITY
    metadata = read_metadata(file)
    noted = _NOTED.get(str(metadata.get(_PREDICTION_KEY)).lower())
    noted = noted or _ARCHITECTURES.get(str(metadata.get(_ARCHITECTURE_KEY)).lower())
    towers = towers_of(tensors)
    is_sd2 = len(towers) == 1 and towers["text_encoder"].is_open_clip
    if noted or not is_sd2 or is_inpainting:
        return noted or EPSILON
    raise BadModel(
        f"'{file}' is a Stable Diffusion 2 checkpoint and does not say what it predicts; import it with --prediction "
        "velocity if it was made for 768 px, or with --prediction epsilon if for 512 px."
    )
