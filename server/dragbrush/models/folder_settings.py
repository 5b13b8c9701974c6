"""The JSON files of a Stable Diffusion 1 folder, from the shapes of its tensors; what shapes do not tell is the
same in all such models (CompVis/stable-diffusion, `v1-inference.yaml`)."""

from collections.abc import Mapping
from typing import Any

from dragbrush.models.header import Place
from dragbrush.models.original_names import LEVELS, UNET_LAYERS, Part

_TRAINED_PX = 512
_LATENT_FACTOR = 8
_HEADS = 8
_TEXT_HEAD_WIDTH = 64
BEGIN_TOKEN, END_TOKEN = 49406, 49407


def settings_of(parts: Mapping[str, Part]) -> dict[str, dict[str, Any]]:
    """File names of a model folder and what they hold; `whole.check_whole` has seen that nothing is missing."""
    unet, vae, text = (parts[part] for part in ("unet", "vae", "text_encoder"))
    return {
        "model_index.json": {
            "_class_name": "StableDiffusionPipeline",
            "feature_extractor": [None, None],
            "requires_safety_checker": False,
            "safety_checker": [None, None],
            "scheduler": ["diffusers", "PNDMScheduler"],
            "text_encoder": ["transformers", "CLIPTextModel"],
            "tokenizer": ["transformers", "CLIPTokenizer"],
            "unet": ["diffusers", "UNet2DConditionModel"],
            "vae": ["diffusers", "AutoencoderKL"],
        },
        "unet/config.json": _unet(unet),
        "vae/config.json": _vae(vae),
        "text_encoder/config.json": _text_encoder(text),
        "scheduler/scheduler_config.json": {
            "_class_name": "PNDMScheduler",
            "beta_start": 0.00085,
            "beta_end": 0.012,
            "beta_schedule": "scaled_linear",
            "num_train_timesteps": 1000,
            "prediction_type": "epsilon",
            "set_alpha_to_one": False,
            "skip_prk_steps": True,
            "steps_offset": 1,
        },
    }


def _unet(places: Mapping[str, Place]) -> dict[str, Any]:
    with_attention = [f"down_blocks.{level}.attentions.0.norm.weight" in places for level in range(LEVELS)]
    return {
        "_class_name": "UNet2DConditionModel",
        "attention_head_dim": _HEADS,
        "block_out_channels": [
            places[f"down_blocks.{level}.resnets.0.conv1.weight"].shape[0] for level in range(LEVELS)
        ],
        "cross_attention_dim": places["mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight"].shape[1],
        "down_block_types": ["CrossAttnDownBlock2D" if has else "DownBlock2D" for has in with_attention],
        "in_channels": places["conv_in.weight"].shape[1],
        "layers_per_block": UNET_LAYERS,
        "norm_num_groups": 32,
        "out_channels": places["conv_out.weight"].shape[0],
        "sample_size": _TRAINED_PX // _LATENT_FACTOR,
        "up_block_types": ["CrossAttnUpBlock2D" if has else "UpBlock2D" for has in reversed(with_attention)],
        "use_linear_projection": len(places["mid_block.attentions.0.proj_in.weight"].shape) == 2,
    }


def _vae(places: Mapping[str, Place]) -> dict[str, Any]:
    layers = sum(f"encoder.down_blocks.0.resnets.{index}.conv1.weight" in places for index in range(LEVELS))
    return {
        "_class_name": "AutoencoderKL",
        "act_fn": "silu",
        "block_out_channels": [
            places[f"encoder.down_blocks.{level}.resnets.0.conv1.weight"].shape[0] for level in range(LEVELS)
        ],
        "down_block_types": ["DownEncoderBlock2D"] * LEVELS,
        "in_channels": places["encoder.conv_in.weight"].shape[1],
        "latent_channels": places["post_quant_conv.weight"].shape[0],
        "layers_per_block": layers,
        "norm_num_groups": 32,
        "out_channels": places["decoder.conv_out.weight"].shape[0],
        "sample_size": _TRAINED_PX,
        "scaling_factor": 0.18215,
        "up_block_types": ["UpDecoderBlock2D"] * LEVELS,
    }


def _text_encoder(places: Mapping[str, Place]) -> dict[str, Any]:
    vocabulary, width = places["text_model.embeddings.token_embedding.weight"].shape
    layers = {name.split(".")[3] for name in places if name.startswith("text_model.encoder.layers.")}
    return {
        "architectures": ["CLIPTextModel"],
        "bos_token_id": BEGIN_TOKEN,
        "eos_token_id": END_TOKEN,
        "hidden_act": "quick_gelu",
        "hidden_size": width,
        "intermediate_size": places["text_model.encoder.layers.0.mlp.fc1.weight"].shape[0],
        "layer_norm_eps": 1e-05,
        "max_position_embeddings": places["text_model.embeddings.position_embedding.weight"].shape[0],
        "model_type": "clip_text_model",
        "num_attention_heads": max(1, width // _TEXT_HEAD_WIDTH),
        "num_hidden_layers": len(layers),
        "pad_token_id": 1,
        "projection_dim": width,
        "vocab_size": vocabulary,
    }
