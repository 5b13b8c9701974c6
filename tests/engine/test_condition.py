"""Every family is told what diffusers' own pipeline of it tells it, through its open and its closed network."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DiffusionPipeline
from torch import Tensor

import tiny_families
from dragbrush.engine.attention import first_shared_layer, first_up_layer, self_attention_layers
from dragbrush.engine.components import Components
from dragbrush.engine.condition import stacked
from dragbrush.engine.features import features_of, guided_blocks, noise_and_features, predict_noise, supervised_block
from dragbrush.engine.loading import load_components
from running import relative
from tiny import tiny_sd15

PROMPT = "a photo of a cat"
SIZE = (128, 64)
T = 481
ROUNDING = 1e-5
MAKERS = {"sd15": tiny_sd15, **tiny_families.MAKERS}


@pytest.fixture(scope="module", params=MAKERS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    return request.param, MAKERS[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def family(folder: tuple[str, Path]) -> str:
    return folder[0]


@pytest.fixture(scope="module")
def components(folder: tuple[str, Path]) -> Components:
    return load_components(folder[1], device=torch.device("cpu"))


@pytest.fixture(scope="module")
def pipeline(folder: tuple[str, Path]) -> Any:
    return DiffusionPipeline.from_pretrained(folder[1], local_files_only=True)


@pytest.fixture
def z() -> Tensor:
    return torch.randn(2, 4, SIZE[0] // 8, SIZE[1] // 8, generator=torch.Generator().manual_seed(3))


@torch.no_grad()
def test_denoiser_is_told_what_the_pipeline_tells_it(
    family: str, components: Components, pipeline: Any, z: Tensor
) -> None:
    if family == "sdxl":
        tokens, _, pooled, _ = pipeline.encode_prompt(PROMPT, do_classifier_free_guidance=False)
        sizes = pipeline._get_add_time_ids(SIZE, (0, 0), SIZE, tokens.dtype, pooled.shape[-1])
        more = {"added_cond_kwargs": {"text_embeds": pooled.expand(2, -1), "time_ids": sizes.expand(2, -1)}}
    else:
        tokens, _ = pipeline.encode_prompt(PROMPT, "cpu", 1, False)
        more = {}
    seen = z
    if family == "lcm":
        width = pipeline.unet.config.time_cond_proj_dim
        more = {"timestep_cond": pipeline.get_guidance_scale_embedding(torch.zeros(2), embedding_dim=width)}
    if family == "inpainting":
        grey = pipeline.vae.encode(torch.zeros(1, 3, *SIZE)).latent_dist.mean * pipeline.vae.config.scaling_factor
        seen = torch.cat([z, torch.ones(2, 1, *z.shape[2:]), grey.expand(2, -1, -1, -1)], dim=1)
    answer = pipeline.unet(seen, T, tokens.expand(2, -1, -1), return_dict=False, **more)[0]
    if family == "velocity":
        a = pipeline.scheduler.alphas_cumprod[T]
        answer = a.sqrt() * answer + (1 - a).sqrt() * z

    assert relative(predict_noise(components.unet, z, T, components.encode_prompt(PROMPT, SIZE)), answer) < ROUNDING


@torch.no_grad()
def test_opened_network_is_the_closed_one(components: Components, z: Tensor) -> None:
    condition, block = components.encode_prompt(PROMPT, SIZE), supervised_block(components.unet)

    eps, (features,) = noise_and_features(components.unet, z, T, condition, blocks=[block])
    (early,) = features_of(components.unet, z, T, condition, blocks=[block])

    assert relative(eps, predict_noise(components.unet, z, T, condition)) < ROUNDING
    assert torch.equal(early, features)


@torch.no_grad()
def test_compared_blocks_are_those_of_half_and_of_the_latents_resolution(
    family: str, components: Components, z: Tensor
) -> None:
    """As the blocks 2 and 3 of Stable Diffusion 1, which the publications chose."""
    first, second = guided_blocks(components.unet)

    coarse, fine = features_of(components.unet, z, T, components.encode_prompt("", SIZE), blocks=(first, second))

    assert second == supervised_block(components.unet) == (2 if family == "sdxl" else 3)
    assert fine.shape[2:] == z.shape[2:]
    assert coarse.shape[2:] == tuple(side // 2 for side in z.shape[2:])


def test_layers_that_share_begin_where_the_publications_begin(family: str, components: Components) -> None:
    unet = components.unet
    found = len(self_attention_layers(unet)), first_up_layer(unet), first_shared_layer(unet)

    assert found == ((70, 34, 64) if family == "sdxl" else (16, 7, 10))


@torch.no_grad()
def test_rows_are_told_apart(components: Components, z: Tensor) -> None:
    cat, nothing = components.encode_prompt(PROMPT, SIZE), components.encode_prompt("", SIZE)

    both = predict_noise(components.unet, z, T, stacked(nothing, cat))

    assert relative(both[:1], predict_noise(components.unet, z[:1], T, nothing)) < ROUNDING
    assert relative(both[1:], predict_noise(components.unet, z[1:], T, cat)) < ROUNDING
    assert relative(both[1:], predict_noise(components.unet, z[1:], T, nothing)) > 100 * ROUNDING


@torch.no_grad()
def test_only_an_inpainting_model_is_shown_what_is_round_a_hole(
    family: str, components: Components, pipeline: Any, z: Tensor
) -> None:
    shown, hole = z[:1], torch.zeros(1, 1, *z.shape[2:])
    hole[..., 2:6, 2:6] = 1
    condition = components.encode_prompt(PROMPT, SIZE)

    told = condition.with_hole(shown, hole)

    if family != "inpainting":
        assert told is condition
        return
    grey = pipeline.vae.encode(torch.zeros(1, 3, *SIZE)).latent_dist.mean * pipeline.vae.config.scaling_factor
    seen = torch.cat([z[1:], hole, shown * (1 - hole) + grey * hole], dim=1)
    answer = pipeline.unet(seen, T, condition.tokens).sample
    assert relative(predict_noise(components.unet, z[1:], T, told), answer) < ROUNDING
