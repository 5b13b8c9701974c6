"""The settings of a drag, and the presets: each preset is one value of `DragSettings`, never a fork of the code.

Standard library only, so that a command line or a server can list and check settings without loading torch.
Names of settings that the published DragDiffusion tool has are kept as it has them.
"""

from dataclasses import dataclass, replace
from typing import Literal

from dragbrush.settings import setting


@dataclass(frozen=True, slots=True)
class DragSettings:
    """Everything that decides a drag besides the picture, the points, the prompt and the seed."""

    lora_step: int = setting(80, "training steps of the identity LoRA; 0 leaves it out", 0, 2000)
    lora_rank: int = setting(16, "rank of the identity LoRA", 1, 128)
    lora_lr: float = setting(5e-4, "learning rate of the identity LoRA", 1e-6, 1e-1)
    lora_batch_size: int = setting(4, "noise samples in one training step", 1, 16)

    n_inference_step: int = setting(50, "DDIM steps from pure noise to the picture", 2, 500)
    inversion_strength: float = setting(0.7, "share of those steps that is inverted", 0.02, 1.0)

    n_pix_step: int = setting(80, "most updates of the latent", 0, 1000)
    latent_lr: float = setting(0.01, "Adam's rate on the latent", 1e-5, 1.0)
    unet_feature_idx: int | None = setting(
        None, "supervised features: 0 the mid block, i the i-th up block; none: the last but one (3 for SD1.5)", 0, 4
    )
    supervision: Literal["patch", "field"] = setting(
        "patch",
        "patch: a patch round each handle, taught by the current features (DragDiffusion equation 3); "
        "field: the whole displaced region, taught by the picture's first features",
    )
    r_m: int = setting(1, "radius of the supervised patch, in supervision cells", 0, 16)
    r_p: int = setting(3, "radius of the tracking window, in supervision cells", 1, 32)
    background: Literal["loss", "gradient_mask"] = setting(
        "loss", "what holds the unselected latent: a loss on the previous step's latent, or no gradient there"
    )
    lam: float = setting(0.1, "weight of the background loss", 0.0, 100.0)
    warm_start: bool = setting(
        False, "begin from the inverted latent of the picture warped along the displacement field"
    )

    start_step: int = setting(0, "first denoising step that shares keys and values", 0, 500)
    start_layer: int | None = setting(
        None, "first self-attention layer that shares keys and values; none: the last two up blocks", 0, 200
    )
    keys_values: Literal["row", "bank"] = setting(
        "row",
        "where shared keys and values come from: a second row denoised beside, or the inversion's record",
    )
    carry_detail: bool = setting(False, "bring what the model's canvas cannot resolve along the displacement field")


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
