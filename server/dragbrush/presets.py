"""The settings of a drag, and the presets: each preset is one value of `DragSettings`, never a fork of the code.

Standard library only, so that a command line or a server can list and check settings without loading torch.
Names of settings that the published DragDiffusion tool has are kept as it has them.
"""

import dataclasses
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

from dragbrush.errors import BadRequest


def _setting(default: Any, text: str, low: float | None = None, high: float | None = None) -> Any:
    return field(default=default, metadata={"text": text, "low": low, "high": high})


@dataclass(frozen=True, slots=True)
class DragSettings:
    """Everything that decides a drag besides the picture, the points, the prompt and the seed."""

    lora_step: int = _setting(80, "training steps of the identity LoRA; 0 leaves it out", 0, 2000)
    lora_rank: int = _setting(16, "rank of the identity LoRA", 1, 128)
    lora_lr: float = _setting(5e-4, "learning rate of the identity LoRA", 1e-6, 1e-1)
    lora_batch_size: int = _setting(4, "noise samples in one training step", 1, 16)

    n_inference_step: int = _setting(50, "DDIM steps from pure noise to the picture", 2, 500)
    inversion_strength: float = _setting(0.7, "share of those steps that is inverted", 0.02, 1.0)

    n_pix_step: int = _setting(80, "most updates of the latent", 0, 1000)
    latent_lr: float = _setting(0.01, "Adam's rate on the latent", 1e-5, 1.0)
    unet_feature_idx: int = _setting(3, "supervised features: 0 the mid block, i the i-th up block", 0, 4)
    supervision: Literal["patch", "field"] = _setting(
        "patch",
        "patch: a patch round each handle, taught by the current features (DragDiffusion equation 3); "
        "field: the whole displaced region, taught by the picture's first features",
    )
    r_m: int = _setting(1, "radius of the supervised patch, in supervision cells", 0, 16)
    r_p: int = _setting(3, "radius of the tracking window, in supervision cells", 1, 32)
    background: Literal["loss", "gradient_mask"] = _setting(
        "loss", "what holds the unselected latent: a loss on the previous step's latent, or no gradient there"
    )
    lam: float = _setting(0.1, "weight of the background loss", 0.0, 100.0)
    warm_start: bool = _setting(
        False, "begin from the inverted latent of the picture warped along the displacement field"
    )

    start_step: int = _setting(0, "first denoising step that shares keys and values", 0, 500)
    start_layer: int | None = _setting(
        None, "first self-attention layer that shares keys and values; none: the last two up blocks", 0, 200
    )
    keys_values: Literal["row", "bank"] = _setting(
        "row",
        "where shared keys and values come from: a second row denoised beside, or the inversion's record",
    )
    carry_detail: bool = _setting(False, "bring what the model's canvas cannot resolve along the displacement field")


REFERENCE = DragSettings()
"""The released tool's settings (Yujun-Shi/DragDiffusion at ebe659a, its benchmark and UI defaults)."""

PAPER = replace(REFERENCE, lora_step=200, lora_lr=2e-4, lora_batch_size=1, inversion_strength=0.8)
"""The publication's (DragDiffusion, CVPR 2024, section 4): the 40th of 50 steps, 200 LoRA steps at 2e-4."""

QUALITY = replace(
    REFERENCE,
    lora_step=20,
    inversion_strength=0.4,
    n_pix_step=20,
    latent_lr=0.003,
    supervision="field",
    background="gradient_mask",
    warm_start=True,
    keys_values="bank",
    carry_detail=True,
)
"""This project's default: one displacement field carries the latent and teaches the features."""

PRESETS: dict[str, DragSettings] = {"quality": QUALITY, "paper": PAPER, "reference": REFERENCE}

SPEEDS: tuple[str, ...] = ("instant", *PRESETS)
"""What `--speed` takes: the model-free warp, or a preset."""


def settings_for(preset: str, overrides: dict[str, Any] | None = None) -> DragSettings:
    """The preset with some settings replaced.

    `overrides` maps names to values or to their text (as from a command line).
    Raises `BadRequest` for an unknown preset or setting and for a value of the wrong kind or out of range.
    """
    if preset not in PRESETS:
        raise BadRequest(f"There is no preset '{preset}'; choose one of {', '.join(PRESETS)}.")
    known = {f.name: f for f in fields(DragSettings)}
    values: dict[str, Any] = {}
    for name, value in (overrides or {}).items():
        if name not in known:
            raise BadRequest(f"There is no setting '{name}'; the settings are {', '.join(known)}.")
        values[name] = _checked(known[name], value)
    return replace(PRESETS[preset], **values)


def _checked(setting: "dataclasses.Field[Any]", value: Any) -> Any:
    kind = setting.type
    if kind in (int | None,):
        if value is None or (isinstance(value, str) and value.lower() == "none"):
            return None
        kind = int
    if choices := get_args(kind):
        if value not in choices:
            raise BadRequest(f"{setting.name} is '{value}'; choose one of {', '.join(choices)}.")
        return value
    if kind is bool:
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        raise BadRequest(f"{setting.name} is '{value}'; write true or false.")
    try:
        number = int(value) if kind is int else float(value)
    except (TypeError, ValueError, OverflowError):
        number = None
    low, high = setting.metadata["low"], setting.metadata["high"]
    if number is None or isinstance(value, bool) or number != float(value) or not low <= number <= high:
        what = "a whole number" if kind is int else "a number"
        raise BadRequest(f"{setting.name} is '{value}'; it takes {what} from {low} to {high}.")
    return number
