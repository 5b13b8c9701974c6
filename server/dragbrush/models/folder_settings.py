"""The JSON files of a model folder, from the shapes of its tensors; what shapes do not tell is the same in all
released models (`v1-inference.yaml`, `v2-inference.yaml` and `sd_xl_base.yaml` of the code they were trained with)."""

from collections.abc import Iterable, Mapping

from dragbrush.models.families import Settings
from dragbrush.models.original_names import UNET_LAYERS, VAE_LEVELS
from dragbrush.models.original_text import Part, Tower

EPSILON, VELOCITY = "epsilon", "v_prediction"
"""What a model can predict, as schedulers of diffusers call it."""
_LATENT_FACTOR = 8
_TRAINED_PX, _TRAINED_PX_SD2_VELOCITY, _TRAINED_PX_XL = 512, 768, 1024
_HEADS_SD1 = 8
_HEAD_WIDTH = 64
"""Of all text encoders, and of the UNets since Stable Diffusion 2."""
_TIME_IDS = 6
"""Numbers that XL is told of a picture's size."""
_SCALING, _SCALING_XL = 0.18215, 0.13025
BEGIN_TOKEN, END_TOKEN = 49406, 49407
_DIFFUSERS_VERSION = "0.36.0"
"""The oldest that this program works with; diffusers takes folders without a version for those of its beginnings."""
_BETAS = {
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000,
    "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1,
}  # fmt: skip


def settings_of(parts: Mapping[str, Part], towers: Mapping[str, Tower], prediction: str) -> dict[str, Settings]:
    """File names of a model folder and what they hold.

    Raises KeyError with the name of a tensor that is missing, IndexError or ValueError for impossible shapes.
    """
    unet, vae = parts["unet"], parts["vae"]
    is_xl = "text_encoder_2" in parts
    is_sd2 = not is_xl and towers["text_encoder"].is_open_clip
    trained_px = _TRAINED_PX_XL if is_xl else _TRAINED_PX
    if is_sd2 and prediction == VELOCITY:
        trained_px = _TRAINED_PX_SD2_VELOCITY
    settings = {
        "unet/config.json": {**_unet(unet, trained_px), "upcast_attention": is_sd2},
        "vae/config.json": _vae(vae, trained_px, _SCALING_XL if is_xl else _SCALING),
        **{f"{name}/config.json": _text_encoder(parts[name], tower) for name, tower in towers.items()},
        "scheduler/scheduler_config.json": {
            "_class_name": "EulerDiscreteScheduler" if is_xl else "DDIMScheduler",
            **_BETAS,
            "clip_sample": False,
            "prediction_type": prediction,
            "timestep_spacing": "leading",
        },
    }
    if is_xl:
        settings["unet/config.json"] |= _added_to_xl(unet, parts["text_encoder_2"])
    return {"model_index.json": _index(settings["unet/config.json"], parts), **settings}


def _index(unet: Settings, parts: Iterable[str]) -> Settings:
    found = {
        "_diffusers_version": _DIFFUSERS_VERSION,
        "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "feature_extractor": [None, None],
    }
    if "text_encoder_2" in parts:
        return {
            "_class_name": "StableDiffusionXLPipeline",
            "force_zeros_for_empty_prompt": True,
            **found,
            "scheduler": ["diffusers", "EulerDiscreteScheduler"],
            "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
            "tokenizer_2": ["transformers", "CLIPTokenizer"],
        }
    kind = "StableDiffusionPipeline"
    if unet["in_channels"] != unet["out_channels"]:
        kind = "StableDiffusionInpaintPipeline"
    elif unet["time_cond_proj_dim"]:
        kind = "LatentConsistencyModelPipeline"
    return {"_class_name": kind, "requires_safety_checker": False, "safety_checker": [None, None], **found}


def _unet(places: Part, trained_px: int) -> Settings:
    levels = range(_count(places, "down_blocks."))
    with_attention = [any(name.startswith(f"down_blocks.{level}.attentions.") for name in places) for level in levels]
    widths = [places[f"down_blocks.{level}.resnets.0.conv1.weight"].shape[0] for level in levels]
    is_linear = len(places["mid_block.attentions.0.proj_in.weight"].shape) == 2
    guidance = places.get("time_embedding.cond_proj.weight")
    return {
        "_class_name": "UNet2DConditionModel",
        "attention_head_dim": [max(1, width // _HEAD_WIDTH) for width in widths] if is_linear else _HEADS_SD1,
        "block_out_channels": widths,
        "cross_attention_dim": places["mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight"].shape[1],
        "down_block_types": ["CrossAttnDownBlock2D" if has else "DownBlock2D" for has in with_attention],
        "in_channels": places["conv_in.weight"].shape[1],
        "layers_per_block": UNET_LAYERS,
        "norm_num_groups": 32,
        "out_channels": places["conv_out.weight"].shape[0],
        "sample_size": trained_px // _LATENT_FACTOR,
        "time_cond_proj_dim": guidance.shape[1] if guidance else None,
        "transformer_layers_per_block": [
            max(1, _count(places, f"down_blocks.{level}.attentions.0.transformer_blocks.")) for level in levels
        ],
        "up_block_types": ["CrossAttnUpBlock2D" if has else "UpBlock2D" for has in reversed(with_attention)],
        "use_linear_projection": is_linear,
    }


def _added_to_xl(unet: Part, second_text_encoder: Part) -> Settings:
    told = unet["add_embedding.linear_1.weight"].shape[1]
    return {
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": (told - second_text_encoder["text_projection.weight"].shape[0]) // _TIME_IDS,
        "projection_class_embeddings_input_dim": told,
    }


def _vae(places: Part, trained_px: int, scaling: float) -> Settings:
    return {
        "_class_name": "AutoencoderKL",
        "act_fn": "silu",
        "block_out_channels": [
            places[f"encoder.down_blocks.{level}.resnets.0.conv1.weight"].shape[0] for level in range(VAE_LEVELS)
        ],
        "down_block_types": ["DownEncoderBlock2D"] * VAE_LEVELS,
        "force_upcast": True,  # whether a VAE bears half precision is told by nothing in a file
        "in_channels": places["encoder.conv_in.weight"].shape[1],
        "latent_channels": places["post_quant_conv.weight"].shape[0],
        "layers_per_block": _count(places, "encoder.down_blocks.0.resnets."),
        "norm_num_groups": 32,
        "out_channels": places["decoder.conv_out.weight"].shape[0],
        "sample_size": trained_px,
        "scaling_factor": scaling,
        "up_block_types": ["UpDecoderBlock2D"] * VAE_LEVELS,
    }


def _text_encoder(places: Part, tower: Tower) -> Settings:
    vocabulary, width = places["text_model.embeddings.token_embedding.weight"].shape
    projection = places["text_projection.weight"].shape[0] if tower.has_projection else width
    return {
        "architectures": ["CLIPTextModelWithProjection" if tower.has_projection else "CLIPTextModel"],
        "bos_token_id": BEGIN_TOKEN,
        "eos_token_id": END_TOKEN,
        "hidden_act": "gelu" if tower.is_open_clip else "quick_gelu",
        "hidden_size": width,
        "intermediate_size": places["text_model.encoder.layers.0.mlp.fc1.weight"].shape[0],
        "layer_norm_eps": 1e-05,
        "max_position_embeddings": places["text_model.embeddings.position_embedding.weight"].shape[0],
        "model_type": "clip_text_model",
        "num_attention_heads": max(1, width // _HEAD_WIDTH),
        "num_hidden_layers": _count(places, "text_model.encoder.layers."),
        "pad_token_id": 1,
        "projection_dim": projection,
        "vocab_size": vocabulary,
    }


def _count(places: Part, prefix: str) -> int:
    """How many different numbers follow a prefix. The numbers are not trusted, only how many there are."""
    return len({name.removeprefix(prefix).split(".")[0] for name in places if name.startswith(prefix)})
