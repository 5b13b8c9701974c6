"""Randomly initialised folders of the other families, each of the layout that is released.

Block types, depths of transformers, embeddings and names of tensors are the real ones; only widths and text
encoders are small. Normalisations have 32 groups, and heads follow from the widths by the rule of the real models, so
that a single file, which tells neither, can be made of a folder and read back. `tiny` explains the calibration.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DiffusionPipeline,
    EulerDiscreteScheduler,
    LatentConsistencyModelPipeline,
    LCMScheduler,
    PNDMScheduler,
    SchedulerMixin,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from tiny import (
    CALIBRATION_PX,
    CALIBRATION_TIMESTEPS,
    TEXT_POSITIONS,
    byte_tokenizer,
    calibrate_unet,
    calibrate_vae,
    liven,
)

TEXT_WIDTH = 64
WIDE_TEXT_WIDTH = 128
"""Of the second text encoder of SDXL, and of the pooled text."""
TIME_ID_WIDTH = 8
"""Of each of the six sizes that SDXL is told; 256 in the real one."""
GUIDANCE_WIDTH = 256
"""Of the guidance scale that an LCM is told."""
VAE_SCALING, XL_VAE_SCALING = 0.18215, 0.13025
_WIDTHS = (32, 64, 128, 128)
_XL_WIDTHS = _WIDTHS[:3]
_HEADS = tuple(max(1, width // 64) for width in _WIDTHS)
_BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}


def tiny_sd21(folder: Path, *, seed: int = 0) -> Path:
    """Stable Diffusion 2.1 base, which predicts the noise; the same seed gives the same weights, as in all here."""
    return _sd2(folder, seed, _pndm())


def tiny_sd21_velocity(folder: Path, *, seed: int = 0) -> Path:
    """Stable Diffusion 2.1 as made for 768 px, which predicts the velocity."""
    scheduler = {**_BETAS, "steps_offset": 1, "set_alpha_to_one": False, "clip_sample": False}
    return _sd2(
        folder,
        seed,
        DDIMScheduler.from_config({**scheduler, "prediction_type": "v_prediction"}),
        upcast_attention=True,
    )


def tiny_inpainting(folder: Path, *, seed: int = 0) -> Path:
    """Stable Diffusion 1 for inpainting: the UNet also sees the mask and the latent of the masked picture."""
    return _sd1(folder, seed, StableDiffusionInpaintPipeline, _pndm(), in_channels=9)


def tiny_lcm(folder: Path, *, seed: int = 0) -> Path:
    """Stable Diffusion 1 distilled for few steps; the UNet is told the guidance scale."""
    scheduler = LCMScheduler.from_config({**_BETAS, "original_inference_steps": 50, "steps_offset": 0})
    return _sd1(folder, seed, LatentConsistencyModelPipeline, scheduler, time_cond_proj_dim=GUIDANCE_WIDTH)


def tiny_sdxl(folder: Path, *, seed: int = 0) -> Path:
    """Stable Diffusion XL: two text encoders, 70 transformer blocks, pooled text and sizes as conditions."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        tokenizer, second = byte_tokenizer(), byte_tokenizer(pad_token="!")
        text_encoder = CLIPTextModel(_text_config(tokenizer, hidden_act="quick_gelu"))
        wide = CLIPTextModelWithProjection(_text_config(second, WIDE_TEXT_WIDTH, 3, hidden_act="gelu"))
        unet = UNet2DConditionModel(
            **_unet_options(_XL_WIDTHS),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            transformer_layers_per_block=(1, 2, 10),
            cross_attention_dim=TEXT_WIDTH + WIDE_TEXT_WIDTH,
            attention_head_dim=_HEADS[:3],
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=TIME_ID_WIDTH,
            projection_class_embeddings_input_dim=WIDE_TEXT_WIDTH + 6 * TIME_ID_WIDTH,
        ).eval()
        vae = _vae(XL_VAE_SCALING)
        liven(unet)
        count = len(CALIBRATION_TIMESTEPS)
        sizes = torch.tensor([[CALIBRATION_PX, CALIBRATION_PX, 0, 0, CALIBRATION_PX, CALIBRATION_PX]])
        pooled = torch.randn(count, WIDE_TEXT_WIDTH)
        calibrate_unet(unet, added_cond_kwargs={"text_embeds": pooled, "time_ids": sizes.repeat(count, 1)})
    pipeline = StableDiffusionXLPipeline(
        vae=vae,
        text_encoder=text_encoder.eval(),
        text_encoder_2=wide.eval(),
        tokenizer=tokenizer,
        tokenizer_2=second,
        unet=unet,
        scheduler=EulerDiscreteScheduler.from_config({**_BETAS, "steps_offset": 1, "timestep_spacing": "leading"}),
        force_zeros_for_empty_prompt=True,
        add_watermarker=False,
    )
    return _save(pipeline, folder)


MAKERS: dict[str, Callable[[Path], Path]] = {
    "sd21": tiny_sd21,
    "velocity": tiny_sd21_velocity,
    "sdxl": tiny_sdxl,
    "inpainting": tiny_inpainting,
    "lcm": tiny_lcm,
}
"""By the names that tests give the families."""


def _sd1(
    folder: Path, seed: int, kind: type[DiffusionPipeline], scheduler: SchedulerMixin, **unet_options: Any
) -> Path:
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        tokenizer = byte_tokenizer()
        text_encoder = CLIPTextModel(_text_config(tokenizer, hidden_act="quick_gelu"))
        unet = _unet(attention_head_dim=8, **unet_options)
        vae = _vae(VAE_SCALING)
        calibrate_unet(unet, **_guidance(unet))
    return _save(_pipeline(kind, unet, vae, text_encoder, tokenizer, scheduler), folder)


def _sd2(folder: Path, seed: int, scheduler: SchedulerMixin, **unet_options: Any) -> Path:
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        tokenizer = byte_tokenizer(pad_token="!")
        text_encoder = CLIPTextModel(_text_config(tokenizer, hidden_act="gelu"))
        unet = _unet(attention_head_dim=_HEADS, use_linear_projection=True, **unet_options)
        vae = _vae(VAE_SCALING)
        calibrate_unet(unet)
    return _save(_pipeline(StableDiffusionPipeline, unet, vae, text_encoder, tokenizer, scheduler), folder)


def _unet(**options: Any) -> UNet2DConditionModel:
    """The blocks of Stable Diffusion 1 and 2."""
    cross_down, cross_up = "CrossAttnDownBlock2D", "CrossAttnUpBlock2D"
    unet = UNet2DConditionModel(
        **{**_unet_options(_WIDTHS), **options},
        down_block_types=(cross_down, cross_down, cross_down, "DownBlock2D"),
        up_block_types=("UpBlock2D", cross_up, cross_up, cross_up),
        cross_attention_dim=TEXT_WIDTH,
    ).eval()
    liven(unet)
    return unet


def _unet_options(widths: tuple[int, ...]) -> dict[str, Any]:
    return {
        "sample_size": CALIBRATION_PX // 8,
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": widths,
        "layers_per_block": 2,
    }


def _guidance(unet: UNet2DConditionModel) -> dict[str, torch.Tensor]:
    width = unet.config["time_cond_proj_dim"]
    return {"timestep_cond": torch.rand(len(CALIBRATION_TIMESTEPS), width) * 2 - 1} if width else {}


def _text_config(tokenizer: CLIPTokenizer, width: int = TEXT_WIDTH, layers: int = 2, **options: Any) -> CLIPTextConfig:
    """The numbers of the tokens are those of the released settings, which the text encoder knows to be wrong."""
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=max(1, width // 64),
        max_position_embeddings=TEXT_POSITIONS,
        projection_dim=width,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=1,
        **options,
    )


def _vae(scaling: float) -> AutoencoderKL:
    vae = AutoencoderKL(
        sample_size=CALIBRATION_PX,
        latent_channels=4,
        block_out_channels=_WIDTHS,
        layers_per_block=2,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        scaling_factor=scaling,
        force_upcast=True,
    ).eval()
    calibrate_vae(vae)
    return vae


def _pndm() -> PNDMScheduler:
    return PNDMScheduler.from_config({**_BETAS, "steps_offset": 1, "skip_prk_steps": True, "set_alpha_to_one": False})


def _pipeline(
    kind: type[DiffusionPipeline],
    unet: UNet2DConditionModel,
    vae: AutoencoderKL,
    text_encoder: CLIPTextModel,
    tokenizer: CLIPTokenizer,
    scheduler: SchedulerMixin,
) -> DiffusionPipeline:
    return kind(
        vae=vae,
        text_encoder=text_encoder.eval(),
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _save(pipeline: DiffusionPipeline, folder: Path) -> Path:
    pipeline.save_pretrained(folder, safe_serialization=True)
    return Path(folder)
