"""The parts of the embedded model, untrained: a small Stable Diffusion in diffusers' own classes."""

from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

SIDE_PX = 64
LATENT_SIDE = 32
TEXT_WIDTH = 96
TEXT_TOKENS = 32


def make_vae() -> AutoencoderKL:
    """64 px pictures to 32 x 32 latents of 4 channels."""
    return AutoencoderKL(
        sample_size=SIDE_PX,
        latent_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        norm_num_groups=8,
    )


def make_unet() -> UNet2DConditionModel:
    """Stable Diffusion's pattern of blocks with one layer each: 4.8 million weights, 10 self-attention layers."""
    cross_down, cross_up = "CrossAttnDownBlock2D", "CrossAttnUpBlock2D"
    return UNet2DConditionModel(
        sample_size=LATENT_SIDE,
        block_out_channels=(32, 64, 96, 128),
        layers_per_block=1,
        down_block_types=(cross_down, cross_down, cross_down, "DownBlock2D"),
        up_block_types=("UpBlock2D", cross_up, cross_up, cross_up),
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=(1, 2, 3, 4),  # the number of heads, in this class
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


def make_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=TEXT_WIDTH,
        intermediate_size=2 * TEXT_WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=TEXT_TOKENS,
        projection_dim=TEXT_WIDTH,
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
