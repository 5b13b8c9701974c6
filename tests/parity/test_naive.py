"""The transcription against itself and against what is known of the algorithm; no engine here."""

import math
from pathlib import Path

import naive
import pytest
import torch
from naive_control import denoise, naive_attention, transformer_blocks
from naive_lora import initial_lora, lora_applied, lora_layers, lora_loss, train_lora
from torch import Tensor
from torch.nn import functional

from tiny import tiny_sd15

SIDE_PX = 128
GRID = (64, 64)
PROMPT = "a photo of a cat"


@pytest.fixture(scope="module")
def model(tiny_sd15_folder: Path) -> naive.Model:
    return naive.load(tiny_sd15_folder)


@pytest.fixture(scope="module")
def picture() -> Tensor:
    coarse = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 2 - 1
    return functional.interpolate(coarse, size=SIDE_PX, mode="bicubic", align_corners=False).clamp(-1, 1)


@pytest.fixture(scope="module")
def text(model: naive.Model) -> Tensor:
    return naive.embed_text(model, PROMPT)


@pytest.fixture(scope="module")
def latent(model: naive.Model, picture: Tensor) -> Tensor:
    return naive.encode(model, picture)


def noise(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_tiny_model_has_the_topology_of_sd15(model: naive.Model, latent: Tensor, text: Tensor) -> None:
    assert latent.shape == (1, 4, 16, 16)
    assert text.shape == (1, 77, 32)
    assert len(transformer_blocks(model.unet)) == 16
    assert len(lora_layers(model.unet)) == 128
    shapes = [naive.noise_and_features(model, latent, 681, text, grid=GRID, index=index)[1].shape for index in range(5)]
    assert [shape[1] for shape in shapes] == [96, 96, 96, 64, 32]


def test_tiny_model_answers_with_noise_of_sensible_size(model: naive.Model, latent: Tensor, text: Tensor) -> None:
    assert 0.5 < latent.std() < 2
    eps, features = naive.noise_and_features(model, latent, 681, text, grid=GRID)
    assert 0.7 < eps.std() < 1.4
    assert features.std() > 0.1
    other_text = naive.embed_text(model, "red dog")
    others = [
        naive.noise_and_features(model, latent + 0.1 * noise(1, 4, 16, 16, seed=2), 681, text, grid=GRID)[0],
        naive.noise_and_features(model, latent, 341, text, grid=GRID)[0],
        naive.noise_and_features(model, latent, 681, other_text, grid=GRID)[0],
    ]
    assert all((eps - other).std() > 0.05 for other in others)


def test_tiny_model_is_the_same_for_the_same_seed(tiny_sd15_folder: Path, tmp_path: Path) -> None:
    again, other = tiny_sd15(tmp_path / "again"), tiny_sd15(tmp_path / "other", seed=1)
    files = sorted(path.relative_to(tiny_sd15_folder) for path in tiny_sd15_folder.rglob("*.safetensors"))
    assert [path.parts[0] for path in files] == ["text_encoder", "unet", "vae"]
    for file in files:
        weights = (tiny_sd15_folder / file).read_bytes()
        assert (again / file).read_bytes() == weights
        assert (other / file).read_bytes() != weights


def test_tiny_tokenizer_knows_words_and_letters(model: naive.Model) -> None:
    ids = model.tokenizer("photo cat dog red car zebra").input_ids
    assert len(ids) == 2 + 5 + len("zebra")
    assert model.tokenizer.unk_token_id not in ids[:-1]


def test_timesteps_and_alphas() -> None:
    assert naive.timesteps() == list(range(981, 0, -20))
    assert naive.executed_steps()[0] == 681
    assert len(naive.executed_steps()) == 35
    assert naive.executed_steps()[-1] == 1
    assert naive.alpha_at(-19) == naive.alpha_at(0) == pytest.approx(1 - 0.00085)
    assert naive.alpha_at(999) == pytest.approx(0.00466, rel=1e-2)


def test_moving_there_and_back_with_the_same_noise_is_exact() -> None:
    z, eps = noise(1, 4, 2, 2, seed=9), noise(1, 4, 2, 2, seed=10)
    there = naive.move(z, eps, source=661, destination=681)
    torch.testing.assert_close(naive.move(there, eps, source=681, destination=661), z)
    clean = naive.move(z, eps, source=1, destination=-19)
    a_1, a_0 = naive.alpha_at(1), naive.alpha_at(0)
    expected = math.sqrt(a_0 / a_1) * (z - math.sqrt(1 - a_1) * eps) + math.sqrt(1 - a_0) * eps
    torch.testing.assert_close(clean, expected)


def test_decoding_gives_a_picture(model: naive.Model, latent: Tensor) -> None:
    picture = naive.decode(model, latent)
    assert picture.shape == (1, 3, SIDE_PX, SIDE_PX)
    assert ((picture > 0) & (picture < 1)).double().mean() > 0.9


def test_inversion_then_denoising_returns_near_the_start(model: naive.Model, latent: Tensor, text: Tensor) -> None:
    """Not exactly, because the noise is asked at the wrong end of each step; the error grows with the way."""
    for strength, steps, tolerance in ((0.2, 10, 0.06), (naive.STRENGTH, 35, 0.4)):
        trajectory = naive.invert(model, latent, text, strength=strength)
        assert len(trajectory) == steps
        end = trajectory[-1]
        back = denoise(model, end, end, text, strength=strength, shared_from=None)
        assert (end - latent).norm() / latent.norm() > 2 * tolerance
        assert (back[:1] - latent).norm() / latent.norm() < tolerance


def test_sharing_leaves_row_0_alone_and_equal_rows_equal(model: naive.Model, text: Tensor) -> None:
    reference, edited = noise(1, 4, 16, 16, seed=3), noise(1, 4, 16, 16, seed=4)
    plain = denoise(model, reference, edited, text, strength=0.06, shared_from=None)
    shared = denoise(model, reference, edited, text, strength=0.06)
    torch.testing.assert_close(shared[0], plain[0])
    assert (shared[1] - plain[1]).std() > 1e-3
    equal = denoise(model, reference, reference, text, strength=0.06)
    torch.testing.assert_close(equal[0], equal[1])
    torch.testing.assert_close(equal[0], plain[0])


def test_naive_attention_is_the_stock_attention(model: naive.Model, latent: Tensor, text: Tensor) -> None:
    stock = model.unet(latent, 681, encoder_hidden_states=text).sample
    with naive_attention(model.unet, shared_from=None):
        plain = model.unet(latent, 681, encoder_hidden_states=text).sample
    torch.testing.assert_close(plain, stock)
    torch.testing.assert_close(model.unet(latent, 681, encoder_hidden_states=text).sample, stock, rtol=0, atol=0)


def test_layers_are_numbered_down_mid_up(model: naive.Model) -> None:
    names = {module: name for name, module in model.unet.named_modules()}
    parts = [names[layer].split(".attentions")[0] for layer in transformer_blocks(model.unet)]
    assert parts[5:7] == ["down_blocks.2", "mid_block"]
    assert parts[7:] == ["up_blocks.1"] * 3 + ["up_blocks.2"] * 3 + ["up_blocks.3"] * 3


def test_points_and_mask() -> None:
    assert naive.to_cell((20, 61), 128, 128) == (30, 10)  # 30.5 rounds to even
    assert naive.to_cell((127, 127), 128, 128) == (63, 63)
    mask = torch.zeros(128, 128)
    mask[64:, :] = 3
    small = naive.mask_at_latent(mask, GRID, (16, 16))
    assert small[0, 0, :8].sum() == 0
    assert small[0, 0, 8:].sum() == 8 * 16


def test_tracking_finds_a_shift() -> None:
    f0 = noise(1, 8, 20, 24, seed=5)
    f1 = torch.roll(f0, (2, -3), dims=(2, 3))
    assert naive.track(f0, f1, (10, 10), (10, 10)) == (12, 7)
    assert naive.track(f0, f0, (0, 23), (0, 23)) == (0, 23)


def test_bilinear_sampling_agrees_with_grid_sample() -> None:
    features = noise(1, 3, 6, 9, seed=6)
    for row, col in ((2.25, 3.5), (-0.7, 4.2), (5.6, 8.9), (0.0, 8.0)):
        place = torch.tensor([[[[2 * col / 8 - 1, 2 * row / 5 - 1]]]], dtype=torch.float64)
        expected = functional.grid_sample(features, place, padding_mode="border", align_corners=True)
        torch.testing.assert_close(naive.sample_bilinear(features, row, col), expected[0, :, 0, 0])


def test_motion_loss_of_a_slope_is_its_steepness() -> None:
    rows = torch.arange(20.0, dtype=torch.float64)[:, None].expand(20, 20)
    slope = torch.stack([rows, 3 * rows])[None]
    loss = naive.motion_loss(slope, [(10, 10), (4, 4)], [(18, 10), (4, 5)])  # the second has arrived
    assert loss.item() == pytest.approx(9 * 2)
    diagonal = naive.motion_loss(slope, [(10, 10)], [(14, 13)])
    assert diagonal.item() == pytest.approx(9 * 2 * 4 / 5)
    assert math.isfinite(naive.motion_loss(slope, [(0, 0)], [(-5, -5)]).item())


def test_drag_loop(model: naive.Model, latent: Tensor, text: Tensor) -> None:
    mask = torch.zeros(SIDE_PX, SIDE_PX)
    mask[32:96, 32:96] = 1
    z, trace = naive.drag(model, latent, text, handles=[(30, 30)], targets=[(30, 40)], mask=mask, updates=4)
    assert len(trace.losses) == len(trace.latents) == len(trace.handles) == 4
    assert trace.handles[0] == [(30, 30)]
    assert trace.background_losses[0] == 0
    assert trace.background_losses[1] > 0
    assert (z - trace.latents[-1]).abs().max() == 0
    first_step = (trace.latents[0] - latent).abs()
    assert first_step.max() <= 0.01
    torch.testing.assert_close(first_step.median().item(), 0.01, rtol=1e-3, atol=0)
    _, no_mask = naive.drag(
        model, latent, text, handles=[(30, 30)], targets=[(30, 40)], mask=torch.zeros(128, 128), updates=2
    )
    assert no_mask.background_losses == [0, 0]


def test_drag_loop_stops_when_all_have_arrived(model: naive.Model, latent: Tensor, text: Tensor) -> None:
    mask = torch.ones(SIDE_PX, SIDE_PX)
    z, trace = naive.drag(model, latent, text, handles=[(30, 30)], targets=[(31, 31)], mask=mask)
    assert trace.reached
    assert trace.losses == []
    assert trace.handles == [[(30, 30)]]
    torch.testing.assert_close(z, latent, rtol=0, atol=0)


def test_lora_changes_the_answer_and_leaves_no_trace(model: naive.Model, latent: Tensor, text: Tensor) -> None:
    before = model.unet(latent, 681, encoder_hidden_states=text).sample
    lora = {
        name: (a, 0.1 * noise(*b.shape, seed=i))
        for i, (name, (a, b)) in enumerate(initial_lora(model.unet, rank=4, seed=0).items())
    }
    with lora_applied(model.unet, lora):
        inside = model.unet(latent, 681, encoder_hidden_states=text).sample
    after = model.unet(latent, 681, encoder_hidden_states=text).sample
    assert (inside - before).std() > 0.01
    torch.testing.assert_close(after, before, rtol=0, atol=0)


def test_lora_training_follows_adamw_and_learns(model: naive.Model, picture: Tensor, text: Tensor) -> None:
    steps, batch = 5, 2
    same_batch = {
        "picture": picture,
        "text": text,
        "timesteps": [[100, 700]] * steps,
        "posterior_noises": [noise(batch, 4, 16, 16, seed=7)] * steps,
        "diffusion_noises": [noise(batch, 4, 16, 16, seed=8)] * steps,
    }
    start = initial_lora(model.unet, rank=16, seed=0)
    trained, losses = train_lora(model, start, **same_batch)
    assert losses == sorted(losses, reverse=True)

    tensors = [matrix.clone().requires_grad_(True) for pair in start.values() for matrix in pair]
    optimizer = torch.optim.AdamW(tensors, lr=5e-4, weight_decay=1e-2)
    for _ in range(steps):
        loss = lora_loss(
            model,
            dict(zip(start, zip(tensors[::2], tensors[1::2], strict=True), strict=True)),
            picture=picture,
            text=text,
            timesteps=[100, 700],
            posterior_noise=same_batch["posterior_noises"][0],
            diffusion_noise=same_batch["diffusion_noises"][0],
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for (_, b), expected in zip(trained.values(), tensors[1::2], strict=True):
        torch.testing.assert_close(b.detach(), expected.detach(), rtol=1e-6, atol=1e-12)
