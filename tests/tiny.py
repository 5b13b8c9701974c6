"""A randomly initialised Stable Diffusion 1.5 folder, small enough for float64 on one core.

The topology is the real one (4 down and 4 up blocks, 16 self-attention layers, a VAE of factor 8, 77 text
positions); only the widths are small. Its pictures mean nothing, but its numbers have the usual size.
"""

from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

TEXT_WIDTH = 32
TEXT_POSITIONS = 77
VAE_SCALING = 0.18215
ATTENTION_GAIN = 2.0
"""On queries, keys and values: default weights give almost uniform attention, which hides errors in it."""
PICTURE_STD = 0.25
CALIBRATION_PX = 128
CALIBRATION_TIMESTEPS = (1, 341, 681, 981)
_WORDS = ("a", "photo", "of", "cat", "dog", "red", "car")


def tiny_sd15(folder: Path, *, seed: int = 0) -> Path:
    """Writes the model into `folder` and returns it; the same seed gives the same weights."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        tokenizer = byte_tokenizer()
        text_encoder = _text_encoder(tokenizer).eval()
        unet = _unet().eval()
        vae = _vae().eval()
        liven(unet)
        calibrate_vae(vae)
        calibrate_unet(unet)
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder, safe_serialization=True)
    return Path(folder)


def byte_tokenizer(**special: str) -> CLIPTokenizer:
    """Every byte as a token, alone and at the end of a word, and merges that make one token of `_WORDS`."""
    alphabet = sorted(ByteLevel.alphabet())
    pieces = alphabet + [letter + "</w>" for letter in alphabet]
    merges: list[tuple[str, str]] = []
    for word in _WORDS:
        symbols = [*word[:-1], word[-1] + "</w>"]
        while len(symbols) > 1:  # from the right, so that no two words compete for a prefix
            pair = (symbols[-2], symbols[-1])
            if pair not in merges:
                merges.append(pair)
                pieces.append(pair[0] + pair[1])
            symbols[-2:] = [pair[0] + pair[1]]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    vocab = {piece: index for index, piece in enumerate(pieces)}
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=TEXT_POSITIONS, **special)


def _text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=TEXT_WIDTH,
        intermediate_size=2 * TEXT_WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=TEXT_POSITIONS,
        projection_dim=TEXT_WIDTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CLIPTextModel(config)


def _unet() -> UNet2DConditionModel:
    cross_down, cross_up = "CrossAttnDownBlock2D", "CrossAttnUpBlock2D"
    return UNet2DConditionModel(
        sample_size=CALIBRATION_PX // 8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(32, 64, 96, 96),
        layers_per_block=2,
        down_block_types=(cross_down, cross_down, cross_down, "DownBlock2D"),
        up_block_types=("UpBlock2D", cross_up, cross_up, cross_up),
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=8,  # the number of heads, in this class
        norm_num_groups=16,
    )


def _vae() -> AutoencoderKL:
    return AutoencoderKL(
        sample_size=CALIBRATION_PX,
        in_channels=3,
        out_channels=3,
        latent_channels=4,
        block_out_channels=(16, 32, 32, 32),
        layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        norm_num_groups=8,
        scaling_factor=VAE_SCALING,
    )


def _scheduler() -> PNDMScheduler:
    """As in the released folders; an editor takes the betas from it and brings its own sampler."""
    return PNDMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        skip_prk_steps=True,
        set_alpha_to_one=False,
        steps_offset=1,
        prediction_type="epsilon",
    )


def liven(unet: UNet2DConditionModel) -> None:
    """Gives the attention layers an influence on the result."""
    for name, weight in unet.named_parameters():
        if name.endswith(("to_q.weight", "to_k.weight", "to_v.weight")):
            weight.mul_(ATTENTION_GAIN)


def calibrate_unet(unet: UNet2DConditionModel, **conditions: Any) -> None:
    """Scales the output layer until the prediction has mean 0 and standard deviation 1 per channel.

    `conditions` are what the UNet wants to be told beside the text, for each of `CALIBRATION_TIMESTEPS`.
    """
    side, count = CALIBRATION_PX // 8, len(CALIBRATION_TIMESTEPS)
    latent = torch.randn(count, unet.config["in_channels"], side, side)
    text = torch.randn(count, TEXT_POSITIONS, unet.config["cross_attention_dim"])
    noise = unet(latent, torch.tensor(CALIBRATION_TIMESTEPS), encoder_hidden_states=text, **conditions).sample
    standardise(unet.conv_out, noise, 1.0)


def calibrate_vae(vae: AutoencoderKL) -> None:
    """Scaled latents of standard deviation 1 with a small posterior spread, and pictures inside [-1, 1]."""
    picture = torch.rand(1, 3, CALIBRATION_PX // 8, CALIBRATION_PX // 8) * 2 - 1
    picture = torch.nn.functional.interpolate(picture, scale_factor=8, mode="bilinear")
    mean = vae.encode(picture).latent_dist.mean
    standardise(vae.quant_conv, mean, 1 / vae.config["scaling_factor"])
    latent = vae.encode(picture).latent_dist.mean
    standardise(vae.decoder.conv_out, vae.decode(latent).sample, PICTURE_STD)


def standardise(layer: torch.nn.Conv2d, output: torch.Tensor, std: float) -> None:
    """Rescales the output channels of `layer` that `output` shows to mean 0 and the wanted deviation."""
    for channel in range(output.shape[1]):
        gain = std / output[:, channel].std()
        layer.weight[channel].mul_(gain)
        layer.bias[channel].sub_(output[:, channel].mean()).mul_(gain)
