"""A user's own LoRA, baked into a model when it is loaded, beside which identity LoRAs are trained as ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffusers.schedulers.scheduling_ddim import DDIMScheduler

from dragbrush.engine.prompts import Reader
from dragbrush.errors import BadModel

_UNUSED = DDIMScheduler(steps_offset=1, clip_sample=False)
"""A pipeline must have one; with other settings it warns."""


@dataclass(frozen=True, slots=True)
class Style:
    """A LoRA of denoiser and text encoders (.safetensors, with the names of kohya, diffusers or peft)."""

    file: Path
    weight: float = 1.0


def fuse_styles(unet: Any, readers: Sequence[Reader], styles: Sequence[Style]) -> None:
    """Adds every LoRA times its weight to the weights. Raises `BadModel` where one does not fit the model."""
    for style in styles:
        pipeline = _pipeline(unet, readers)
        try:
            pipeline.load_lora_weights(style.file.parent, weight_name=style.file.name, local_files_only=True)
            pipeline.fuse_lora(lora_scale=style.weight)
        except Exception as error:  # diffusers and peft raise whatever they meet in a file that does not fit
            raise BadModel(
                f"The LoRA '{style.file}' does not fit this model ({type(error).__name__}); use one that was made for "
                "models of the same family."
            ) from error
        finally:
            pipeline.unload_lora_weights()


def _pipeline(unet: Any, readers: Sequence[Reader]) -> Any:
    """The parts in the shape that diffusers loads LoRAs into."""
    # Seconds to import, with warnings on the way; only who has a LoRA needs them.
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
    from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl import StableDiffusionXLPipeline

    parts: dict[str, Any] = {"vae": None, "unet": unet, "scheduler": _UNUSED, "feature_extractor": None}
    for reader, suffix in zip(readers, ("", "_2"), strict=False):
        parts |= {f"text_encoder{suffix}": reader.encoder, f"tokenizer{suffix}": reader.tokenizer}
    if len(readers) == 2:
        return StableDiffusionXLPipeline(**parts)
    return StableDiffusionPipeline(**parts, **{"safety_checker": None, "requires_safety_checker": False})
