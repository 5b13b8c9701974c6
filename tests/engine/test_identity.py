"""The identity LoRA: what it learns, how it comes and goes, and its file."""

from collections.abc import Generator
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor

from dragbrush.edit import Step
from dragbrush.engine.components import Components
from dragbrush.engine.condition import Condition
from dragbrush.engine.features import predict_noise
from dragbrush.engine.identity import Identity, adapted, read_identity, train_identity, write_identity
from dragbrush.engine.schedule import ddim_schedule
from dragbrush.errors import BadModel, StorageFailed
from running import run

RANK = 4
USES = ["trained", "closed midway", "adapted", "error within", "refused"]


@pytest.fixture(scope="module")
def latent() -> Tensor:
    """Smaller than the other tests' one: training is the slow part here."""
    return torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))


def training(
    components: Components, latent: Tensor, condition: Condition, *, steps: int = 1, seed: int = 7, rate: float = 5e-3
) -> Generator[Step, None, Identity]:
    return train_identity(
        components.unet,
        components.schedule(50),
        (latent, torch.full_like(latent, 0.01)),
        condition,
        rank=RANK,
        steps=steps,
        rate=rate,
        batch_size=1,
        generator=torch.Generator().manual_seed(seed),
    )


@pytest.fixture(scope="module")
def identity(components: Components, latent: Tensor, condition: Condition) -> Identity:
    return run(training(components, latent, condition))[1]


def modules_of(components: Components) -> list[tuple[str, type]]:
    return [(name, type(module)) for name, module in components.unet.named_modules()]


def foreign_identity() -> Identity:
    """The LoRA of a denoiser with other channel widths."""
    unet = UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(16, 32, 48, 48),
        down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
        cross_attention_dim=32,
        attention_head_dim=8,
        norm_num_groups=8,
    )
    zeros = torch.zeros(1, 4, 8, 8)
    return run(
        train_identity(
            unet,
            ddim_schedule({}, 50),
            (zeros, zeros),
            torch.zeros(1, 77, 32),
            rank=RANK,
            steps=0,
            rate=1e-3,
            batch_size=1,
            generator=torch.Generator().manual_seed(0),
        )
    )[1]


@torch.no_grad()
def test_adapter_changes_the_noise(
    components: Components, identity: Identity, latent: Tensor, condition: Condition
) -> None:
    plain = predict_noise(components.unet, latent, 481, condition)

    with adapted(components.unet, identity):
        changed = predict_noise(components.unet, latent, 481, condition)

    assert (changed - plain).abs().max() > 1e-4


@torch.no_grad()
def test_trained_adapter_knows_the_picture_better(components: Components, latent: Tensor, condition: Condition) -> None:
    schedule, noise = components.schedule(50), torch.randn(latent.shape, generator=torch.Generator().manual_seed(1))
    noised = schedule.move(latent, noise, 0, 481)
    before = F.mse_loss(predict_noise(components.unet, noised, 481, condition), noise)

    _, identity = run(training(components, latent, condition, steps=8, rate=1e-2))
    with adapted(components.unet, identity):
        after = F.mse_loss(predict_noise(components.unet, noised, 481, condition), noise)

    assert after < 0.98 * before


def test_same_seed_gives_the_same_weights(
    components: Components, identity: Identity, latent: Tensor, condition: Condition
) -> None:
    _, again = run(training(components, latent, condition))

    assert again.weights.keys() == identity.weights.keys()
    assert all(torch.equal(again.weights[name], identity.weights[name]) for name in identity.weights)


def test_other_seed_gives_other_weights(
    components: Components, identity: Identity, latent: Tensor, condition: Condition
) -> None:
    _, other = run(training(components, latent, condition, seed=8))

    assert any(not torch.equal(other.weights[name], identity.weights[name]) for name in identity.weights)


def test_random_state_of_the_caller_is_untouched(
    components: Components, identity: Identity, latent: Tensor, condition: Condition
) -> None:
    before = torch.get_rng_state()

    run(training(components, latent, condition))
    with adapted(components.unet, identity):
        pass

    assert torch.equal(torch.get_rng_state(), before)


def test_random_state_of_the_caller_does_not_matter(
    components: Components, identity: Identity, latent: Tensor, condition: Condition
) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1234)

        _, again = run(training(components, latent, condition))

    assert all(torch.equal(again.weights[name], identity.weights[name]) for name in identity.weights)


@pytest.mark.parametrize("use", USES)
def test_denoiser_is_as_it_was_after_use(
    components: Components, identity: Identity, latent: Tensor, condition: Condition, use: str
) -> None:
    before = {name: weight.clone() for name, weight in components.unet.state_dict().items()}
    modules = modules_of(components)

    match use:
        case "trained":
            run(training(components, latent, condition))
        case "closed midway":
            steps = training(components, latent, condition)
            next(steps)
            steps.close()
        case "adapted":
            with adapted(components.unet, identity):
                pass
        case "error within":
            with pytest.raises(ZeroDivisionError), adapted(components.unet, identity):
                _ = 1 / 0
        case "refused":
            with pytest.raises(BadModel), adapted(components.unet, foreign_identity()):
                pass

    after = components.unet.state_dict()
    assert modules_of(components) == modules
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert not any(weight.requires_grad for weight in components.unet.parameters())


def test_identity_of_another_layout_is_refused(components: Components) -> None:
    with pytest.raises(BadModel, match="another layout"), adapted(components.unet, foreign_identity()):
        pass


def test_file_gives_back_the_identity(identity: Identity, tmp_path: Path) -> None:
    write_identity(identity, tmp_path / "l.safetensors")

    again = read_identity(tmp_path / "l.safetensors")

    assert again.rank == identity.rank
    assert again.weights.keys() == identity.weights.keys()
    assert all(torch.equal(again.weights[name], identity.weights[name]) for name in identity.weights)


def test_writing_leaves_nothing_else_behind(identity: Identity, tmp_path: Path) -> None:
    write_identity(identity, tmp_path / "l.safetensors")

    assert [f.name for f in tmp_path.iterdir()] == ["l.safetensors"]


def test_file_in_a_missing_folder_is_a_storage_failure(identity: Identity, tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match=r"l\.safetensors"):
        write_identity(identity, tmp_path / "missing" / "l.safetensors")


@pytest.mark.parametrize("content", [b"", b"no tensors", b"\xff" * 64])
def test_file_that_is_no_safetensors_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "l.safetensors"
    file.write_bytes(content)

    with pytest.raises(BadModel, match=r"l\.safetensors"):
        read_identity(file)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"none\.safetensors"):
        read_identity(tmp_path / "none.safetensors")


@pytest.mark.parametrize("metadata", [None, {"rank": "four"}, {"rank": "0"}, {"rank": "-1"}, {"rank": "16"}])
def test_file_that_does_not_say_its_own_rank_is_refused(
    components: Components, identity: Identity, tmp_path: Path, metadata: dict[str, str] | None
) -> None:
    file = tmp_path / "l.safetensors"
    save_file(identity.weights, file, metadata)

    with pytest.raises(BadModel), adapted(components.unet, read_identity(file)):
        pass


def test_no_identity_leaves_the_denoiser_alone(components: Components) -> None:
    modules = modules_of(components)

    with adapted(components.unet, None):
        within = modules_of(components)

    assert within == modules
