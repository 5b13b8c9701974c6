"""Section 1.7 of the algorithm notes, written naively: low-rank updates W + B A of the attention weights.

All randomness is given by the caller, so that another implementation can be fed the same numbers.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from naive import VAE_SCALING, Model, alpha_at
from naive_control import transformer_blocks
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional

LEARNING_RATE = 5e-4
WEIGHT_DECAY = 1e-2
BETAS = (0.9, 0.999)
EPSILON = 1e-8

Lora = dict[str, tuple[Tensor, Tensor]]
"""Layer name as in `unet.named_modules()` -> A (rank, inputs) and B (outputs, rank)."""


def lora_layers(unet: torch.nn.Module) -> dict[str, torch.nn.Linear]:
    """to_q, to_k, to_v and to_out[0] of all 32 attention layers: 128 names."""
    names = {module: name for name, module in unet.named_modules()}
    layers = {}
    for block in transformer_blocks(unet):
        for attention in (block.attn1, block.attn2):
            for linear in (attention.to_q, attention.to_k, attention.to_v, attention.to_out[0]):
                layers[names[linear]] = linear
    return layers


def initial_lora(unet: torch.nn.Module, *, rank: int, seed: int) -> Lora:
    """A of standard deviation 1 / rank, B zero."""
    generator = torch.Generator().manual_seed(seed)
    lora = {}
    for name, linear in lora_layers(unet).items():
        a = torch.randn(rank, linear.in_features, generator=generator, dtype=torch.float64) / rank
        lora[name] = (a, torch.zeros(linear.out_features, rank, dtype=torch.float64))
    return lora


@contextmanager
def lora_applied(unet: torch.nn.Module, lora: Lora) -> Iterator[None]:
    """Inside, the weights of the UNet are W + B A; afterwards they are W again, bit for bit."""
    layers = lora_layers(unet)
    before = {name: layers[name].weight.detach().clone() for name in lora}
    try:
        with torch.no_grad():
            for name, (a, b) in lora.items():
                layers[name].weight.add_(b.double() @ a.double())
        yield
    finally:
        with torch.no_grad():
            for name, weight in before.items():
                layers[name].weight.copy_(weight)


def lora_loss(
    model: Model,
    lora: Lora,
    *,
    picture: Tensor,
    text: Tensor,
    timesteps: list[int],
    posterior_noise: Tensor,
    diffusion_noise: Tensor,
) -> Tensor:
    """The mean squared error of the predicted noise over one batch, one row for each timestep.

    `picture` is one picture (1, 3, H, W), used in every row; both noises are (batch, 4, H/8, W/8).
    """
    posterior = model.vae.encode(picture.double()).latent_dist
    layers = lora_layers(model.unet)
    weights = {f"{name}.weight": layers[name].weight + b @ a for name, (a, b) in lora.items()}
    noisy = []
    for row, t in enumerate(timesteps):
        latent = (posterior.mean[0] + posterior.std[0] * posterior_noise[row].double()) * VAE_SCALING
        alpha = alpha_at(t)
        noisy.append(math.sqrt(alpha) * latent + math.sqrt(1 - alpha) * diffusion_noise[row].double())
    prompts = text.expand(len(timesteps), -1, -1)
    inputs = (torch.stack(noisy), torch.tensor(timesteps))
    eps = functional_call(model.unet, weights, inputs, {"encoder_hidden_states": prompts}).sample
    return functional.mse_loss(eps, diffusion_noise.double())


def train_lora(
    model: Model,
    lora: Lora,
    *,
    picture: Tensor,
    text: Tensor,
    timesteps: list[list[int]],
    posterior_noises: list[Tensor],
    diffusion_noises: list[Tensor],
    lr: float = LEARNING_RATE,
    weight_decay: float = WEIGHT_DECAY,
) -> tuple[Lora, list[float]]:
    """AdamW on A and B, one step per entry of the lists: the new matrices and the loss before each step."""
    parameters = [matrix.detach().double().clone() for pair in lora.values() for matrix in pair]
    firsts = [torch.zeros_like(p) for p in parameters]
    seconds = [torch.zeros_like(p) for p in parameters]
    losses = []
    batches = zip(timesteps, posterior_noises, diffusion_noises, strict=True)
    for step, (times, posterior_noise, diffusion_noise) in enumerate(batches, start=1):
        for p in parameters:
            p.requires_grad_(True)
        loss = lora_loss(
            model,
            _paired(list(lora), parameters),
            picture=picture,
            text=text,
            timesteps=times,
            posterior_noise=posterior_noise,
            diffusion_noise=diffusion_noise,
        )
        gradients = torch.autograd.grad(loss, parameters)
        losses.append(loss.item())
        for i, gradient in enumerate(gradients):
            firsts[i] = BETAS[0] * firsts[i] + (1 - BETAS[0]) * gradient
            seconds[i] = BETAS[1] * seconds[i] + (1 - BETAS[1]) * gradient**2
            mean, square = firsts[i] / (1 - BETAS[0] ** step), seconds[i] / (1 - BETAS[1] ** step)
            decayed = parameters[i].detach() * (1 - lr * weight_decay)
            parameters[i] = decayed - lr * mean / (square.sqrt() + EPSILON)
    return _paired(list(lora), parameters), losses


def _paired(names: list[str], parameters: list[Tensor]) -> Lora:
    return {name: (parameters[2 * i], parameters[2 * i + 1]) for i, name in enumerate(names)}
