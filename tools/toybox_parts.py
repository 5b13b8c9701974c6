"""The parts of the embedded model, untrained: a small Stable Diffusion in diffusers' own classes."""

from dataclasses import dataclass

from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

TEXT_TOKENS = 32


@dataclass(frozen=True, slots=True)
class Size:
    """Side of the pictures in pixels, channels and heads by level of the networks, width of the text encoder."""

    side_px: int
    vae_channels: tuple[int, ...]
    unet_channels: tuple[int, ...]
    heads: tuple[int, ...]
    text_width: int

    @property
    def latent_side(self) -> int:
        return self.side_px // 2 ** (len(self.vae_channels) - 1)


SIZES = {
    "tiny": Size(32, (8, 16), (16, 16, 32, 32), (1, 1, 2, 2), 32),
    "small": Size(64, (16, 32), (32, 64, 96, 128), (1, 2, 3, 4), 96),
    "full": Size(128, (32, 64, 128), (64, 128, 192, 192), (2, 4, 6, 6), 128),
}
"""tiny: to try the training. small: what a CPU can train, 5 million weights. full: for a GPU, 17 million."""


def make_vae(size: Size) -> AutoencoderKL:
    """Pictures to latents of 4 channels."""
    levels = len(size.vae_channels)
    return AutoencoderKL(
        sample_size=size.side_px,
        latent_channels=4,
        block_out_channels=size.vae_channels,
        layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        norm_num_groups=8,
    )


def make_unet(size: Size) -> UNet2DConditionModel:
    """Stable Diffusion's pattern of blocks with one layer each: 10 self-attention layers."""
    cross_down, cross_up = "CrossAttnDownBlock2D", "CrossAttnUpBlock2D"
    return UNet2DConditionModel(
        sample_size=size.latent_side,
        block_out_channels=size.unet_channels,
        layers_per_block=1,
        down_block_types=(cross_down, cross_down, cross_down, "DownBlock2D"),
        up_block_types=("UpBlock2D", cross_up, cross_up, cross_up),
        cross_attention_dim=size.text_width,
        attention_head_dim=size.heads,  # the number of heads, in this class
        norm_num_groups=16,
    )


def make_tokenizer(words: list[str]) -> CLIPTokenizer:
    """One token a word for the given words; any other text is spelled in letters."""
    alphabet = sorted(ByteLevel.alphabet())
    pieces = alphabet + [letter + "</w>" for letter in alphabet]
    merges: list[tuple[str, str]] = []
    for word in words:
        symbols = [*word[:-1], word[-1] + "</w>"]
        while len(symbols) > 1:  # from the right, so that no two words compete for a beginning
            pair = (symbols[-2], symbols[-1])
            if pair not in merges:
                merges.append(pair)
                pieces.append("".join(pair))
            symbols[-2:] = ["".join(pair)]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=TEXT_TOKENS)


def make_text_encoder(tokenizer: CLIPTokenizer, size: Size) -> CLIPTextModel:
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=size.text_width,
        intermediate_size=2 * size.text_width,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=TEXT_TOKENS,
        projection_dim=size.text_width,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CLIPTextModel(config)


def make_scheduler() -> DDIMScheduler:
    """Stable Diffusion's noise schedule."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )
