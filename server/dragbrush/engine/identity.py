"""The identity LoRA: a small adapter that lets the denoiser know this one picture (DragDiffusion section 3.3)."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model, set_peft_model_state_dict
from safetensors import SafetensorError
from torch import Tensor

from dragbrush.edit import Step
from dragbrush.engine.cache import read_tensors, write_tensors
from dragbrush.engine.condition import Condition
from dragbrush.engine.features import predict_noise
from dragbrush.engine.gradients import gradients
from dragbrush.engine.schedule import Schedule
from dragbrush.errors import BadModel, StorageFailed

PROJECTIONS = ["to_q", "to_k", "to_v", "to_out.0"]
"""Adapted layers of every attention, self and cross."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Weights of a trained adapter, by peft's names, and their rank."""

    rank: int
    weights: dict[str, Tensor]


def read_identity(file: Path) -> Identity:
    """The identity LoRA of a file that `write_identity` wrote. Raises `BadModel`."""
    try:
        weights, metadata = read_tensors(file)
        rank = int(metadata["rank"])
    except (OSError, SafetensorError) as error:
        raise BadModel(f"The identity LoRA '{file}' cannot be read; is it the file that 'prepare' wrote?") from error
    except (KeyError, ValueError) as error:
        raise BadModel(f"'{file}' is no identity LoRA of 'dragbrush prepare': it does not say its rank.") from error
    ranks = {w.shape[0] for name, w in weights.items() if name.endswith("lora_A.weight")}
    if ranks != {rank}:
        raise BadModel(f"The identity LoRA '{file}' is damaged: it says rank {rank} and holds others; train it anew.")
    return Identity(rank, weights)


def write_identity(identity: Identity, file: Path) -> None:
    """Writes the identity LoRA as safetensors. Raises `StorageFailed`."""
    try:
        write_tensors(file, identity.weights, {"rank": str(identity.rank)})
    except OSError as error:
        raise StorageFailed(
            f"The identity LoRA could not be written to '{file}': {error.strerror or error}."
        ) from error


@contextmanager
def adapted(unet: UNet2DConditionModel, identity: Identity | None) -> Iterator[None]:
    """Within the block the denoiser carries the adapter at full strength; after it, it is as it was."""
    if identity is None:
        yield
        return
    with _injected(unet, identity.rank):
        own = get_peft_model_state_dict(unet)
        if {k: v.shape for k, v in own.items()} != {k: v.shape for k, v in identity.weights.items()}:
            raise BadModel(
                "The identity LoRA was trained for a model of another layout; train one for this model with "
                "'dragbrush prepare'."
            )
        set_peft_model_state_dict(unet, identity.weights)
        yield


def train_identity(
    unet: UNet2DConditionModel,
    schedule: Schedule,
    posterior: tuple[Tensor, Tensor],
    condition: Condition,
    *,
    rank: int,
    steps: int,
    rate: float,
    batch_size: int,
    generator: torch.Generator,
) -> Generator[Step, None, Identity]:
    """Trains the adapter on noised copies of one picture.

    `posterior`: the scaled mean and standard deviation of the picture's latent, each (1, 4, h, w); a fresh
    sample is drawn for every copy, as encoding anew would.
    """
    mean, std = posterior
    trained_steps = len(schedule.alphas_cumprod)
    alphas = torch.tensor(schedule.alphas_cumprod, dtype=mean.dtype, device=mean.device)
    with _injected(unet, rank, generator):
        weights = [p for name, p in unet.named_parameters() if "lora_" in name]
        for weight in weights:  # steps of Adam would vanish in half precision
            weight.data = weight.data.to(mean.dtype)
        optimiser = torch.optim.AdamW(weights, lr=rate, weight_decay=1e-2)
        for index in range(steps):
            shape = (batch_size, *mean.shape[1:])
            latent = mean + std * _noise(shape, generator, mean)
            noise = _noise(shape, generator, mean)
            t = torch.randint(0, trained_steps, (batch_size,), generator=generator).to(mean.device)
            a = alphas[t].reshape(-1, 1, 1, 1)
            with torch.enable_grad():
                noised = a.sqrt() * latent + (1 - a).sqrt() * noise
                loss = F.mse_loss(predict_noise(unet, noised, t, condition), noise)
                for weight, gradient in zip(weights, gradients(loss, weights, network=unet.dtype), strict=True):
                    weight.grad = gradient
                optimiser.step()
            loss = loss.detach()  # or its graph is kept until after the next pass
            yield Step("identity", index + 1, steps, loss=loss.item())
        return Identity(rank, {k: v.detach().clone() for k, v in get_peft_model_state_dict(unet).items()})


@contextmanager
def _injected(unet: UNet2DConditionModel, rank: int, generator: torch.Generator | None = None) -> Iterator[None]:
    # alpha = rank keeps the scale at 1; "gaussian" draws the down projection with deviation 1 / rank.
    config = LoraConfig(r=rank, lora_alpha=rank, target_modules=PROJECTIONS, init_lora_weights="gaussian")
    try:
        # peft draws from torch's global generator, which is the caller's: fork it, seeded from ours.
        with torch.random.fork_rng():
            torch.manual_seed(int(torch.randint(2**31, (1,), generator=generator)) if generator else 0)
            inject_adapter_in_model(config, unet)
        yield
    finally:
        unet.unload_lora()
        unet.requires_grad_(False)


def _noise(shape: tuple[int, ...], generator: torch.Generator, like: Tensor) -> Tensor:
    # Drawn on the CPU, so that a seed means the same on every device.
    return torch.randn(shape, generator=generator, dtype=torch.float32).to(like)
