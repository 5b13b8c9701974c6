"""DragDiffusion as released, written down once more: float64, one picture, loops instead of vectors.

An oracle for the tests of the engine, so it must not know the engine. Section numbers are those of the
algorithm notes: 1.1 to 1.5 here, 1.6 in `naive_control`, 1.7 in `naive_lora`. Points are (row, col) cells of
the supervision grid unless they are called `xy`. The modules themselves (UNet, VAE, CLIP) are the stock ones;
diffusers computes the sinusoids of the timestep embedding in float32 whatever the weights are.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor
from torch.nn import functional

VAE_SCALING = 0.18215
TRAIN_STEPS = 1000
INFERENCE_STEPS = 50
STRIDE = TRAIN_STEPS // INFERENCE_STEPS
STRENGTH = 0.7
FEATURE_INDEX = 3
TRACK_RADIUS = 3
MOTION_RADIUS = 1
REACHED_CELLS = 2.0
LAMBDA = 0.1
LEARNING_RATE = 0.01
MAX_UPDATES = 80

Cell = tuple[int, int]
Position = tuple[float, float]


@dataclass(frozen=True)
class Model:
    """The four parts of a folder in float64, with gradients for no weight."""

    unet: torch.nn.Module
    vae: torch.nn.Module
    text_encoder: torch.nn.Module
    tokenizer: object


@dataclass
class Trace:
    """What the drag loop did; `handles[k]` are those the loss of iteration k used, after tracking."""

    handles: list[list[Cell]] = field(default_factory=list)
    """One entry more than `losses` if the loop stopped because every handle arrived."""
    losses: list[float] = field(default_factory=list)
    motion_losses: list[float] = field(default_factory=list)
    background_losses: list[float] = field(default_factory=list)
    """Already multiplied by lambda; 0 with an empty mask."""
    gradients: list[Tensor] = field(default_factory=list)
    latents: list[Tensor] = field(default_factory=list)
    """After the update of iteration k."""
    reached: bool = False


def load(folder: Path) -> Model:
    pipeline = StableDiffusionPipeline.from_pretrained(folder)
    for part in (pipeline.unet, pipeline.vae, pipeline.text_encoder):
        part.double().eval().requires_grad_(False)
    return Model(pipeline.unet, pipeline.vae, pipeline.text_encoder, pipeline.tokenizer)


# 1.2 pre-processing


def embed_text(model: Model, prompt: str) -> Tensor:
    """(1, 77, width): the last hidden state of the padded prompt."""
    ids = model.tokenizer(prompt, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    return model.text_encoder(ids).last_hidden_state


def encode(model: Model, picture: Tensor) -> Tensor:
    """(1, 4, H/8, W/8): the posterior mean of a picture in [-1, 1], scaled."""
    return model.vae.encode(picture.double()).latent_dist.mean * VAE_SCALING


def decode(model: Model, latent: Tensor) -> Tensor:
    """(1, 3, H, W) in [0, 1]."""
    return (model.vae.decode(latent / VAE_SCALING).sample / 2 + 0.5).clamp(0, 1)


def alphas_cumprod() -> list[float]:
    """Scaled-linear betas from 0.00085 to 0.012."""
    products, product = [], 1.0
    for i in range(TRAIN_STEPS):
        root = math.sqrt(0.00085) + (math.sqrt(0.012) - math.sqrt(0.00085)) * i / (TRAIN_STEPS - 1)
        product *= 1 - root**2
        products.append(product)
    return products


def timesteps() -> list[int]:
    """981, 961, ..., 21, 1: leading spacing with an offset of 1."""
    return [i * STRIDE + 1 for i in reversed(range(INFERENCE_STEPS))]


def alpha_at(t: int) -> float:
    """Below time 0 the first value stands in (set_alpha_to_one is False)."""
    return alphas_cumprod()[max(t, 0)]


def executed_steps(strength: float = STRENGTH) -> list[int]:
    """The timesteps from t* down to 1; 681 is the first of 35 at the default strength."""
    return timesteps()[INFERENCE_STEPS - round(strength * INFERENCE_STEPS) :]


def move(z: Tensor, eps: Tensor, *, source: int, destination: int) -> Tensor:
    """The deterministic DDIM formula from one time to another, in either direction."""
    a_s, a_d = alpha_at(source), alpha_at(destination)
    x0 = (z - math.sqrt(1 - a_s) * eps) / math.sqrt(a_s)
    return math.sqrt(a_d) * x0 + math.sqrt(1 - a_d) * eps


# 1.3 inversion, 1.4 features


@torch.no_grad()
def invert(model: Model, z: Tensor, text: Tensor, *, strength: float = STRENGTH) -> list[Tensor]:
    """The latents after each step, the last one at t*; the UNet is asked at the destination time."""
    trajectory = []
    for t in reversed(executed_steps(strength)):
        z = move(z, model.unet(z, t, encoder_hidden_states=text).sample, source=t - STRIDE, destination=t)
        trajectory.append(z)
    return trajectory


def noise_and_features(
    model: Model, z: Tensor, t: int, text: Tensor, *, grid: tuple[int, int], index: int = FEATURE_INDEX
) -> tuple[Tensor, Tensor]:
    """The predicted noise and entry `index` of [mid, up0, up1, up2, up3] on the supervision grid."""
    outputs: list[Tensor] = []
    blocks = [model.unet.mid_block, *model.unet.up_blocks]
    hooks = [block.register_forward_hook(lambda _m, _i, output: outputs.append(output)) for block in blocks]
    try:
        eps = model.unet(z, t, encoder_hidden_states=text).sample
    finally:
        for hook in hooks:
            hook.remove()
    return eps, functional.interpolate(outputs[index], size=grid, mode="bilinear", align_corners=False)


# 1.1 points and mask, 1.5 the loop


def supervision_grid(height_px: int, width_px: int) -> tuple[int, int]:
    return int(0.5 * height_px), int(0.5 * width_px)


def to_cell(xy: Position, height_px: int, width_px: int) -> Cell:
    """The grid cell of a picture point, halves to even, kept on the grid."""
    rows, cols = supervision_grid(height_px, width_px)
    row, col = round(xy[1] / height_px * rows), round(xy[0] / width_px * cols)
    return min(max(row, 0), rows - 1), min(max(col, 0), cols - 1)


def mask_at_latent(mask: Tensor, grid: tuple[int, int], latent: tuple[int, int]) -> Tensor:
    """(1, 1, h, w) of 0 and 1 from an (H, W) mask, nearest twice; any value above 0 is editable."""
    editable = (mask > 0).double()[None, None]
    return functional.interpolate(functional.interpolate(editable, size=grid), size=latent)


def distance(a: Cell, b: Cell) -> float:
    return math.hypot(b[0] - a[0], b[1] - a[1])


def sample_bilinear(features: Tensor, row: float, col: float) -> Tensor:
    """The feature vector (C,) at a fractional array index; beyond the border the border repeats."""
    rows, cols = features.shape[2:]
    row, col = min(max(row, 0.0), rows - 1.0), min(max(col, 0.0), cols - 1.0)
    top, left = math.floor(row), math.floor(col)
    bottom, right = min(top + 1, rows - 1), min(left + 1, cols - 1)
    down, across = row - top, col - left
    upper = (1 - across) * features[0, :, top, left] + across * features[0, :, top, right]
    lower = (1 - across) * features[0, :, bottom, left] + across * features[0, :, bottom, right]
    return (1 - down) * upper + down * lower


def track(f0: Tensor, f1: Tensor, first: Cell, handle: Cell, *, radius: int = TRACK_RADIUS) -> Cell:
    """1.5 step 2: where F1 around the handle looks most like F0 at the initial handle (L1)."""
    rows, cols = f1.shape[2:]
    template = f0[0, :, first[0], first[1]]
    best, best_cell = math.inf, handle
    for row in range(max(0, handle[0] - radius), min(rows, handle[0] + radius + 1)):
        for col in range(max(0, handle[1] - radius), min(cols, handle[1] + radius + 1)):
            difference = (template - f1[0, :, row, col]).abs().sum().item()
            if difference < best:
                best, best_cell = difference, (row, col)
    return best_cell


def motion_loss(f1: Tensor, handles: list[Cell], targets: list[Cell], *, radius: int = MOTION_RADIUS) -> Tensor:
    """1.5 step 4: the current features, detached, are the teacher one unit step further on."""
    loss = f1.new_zeros(())
    for handle, target in zip(handles, targets, strict=True):
        length = distance(handle, target)
        if length < REACHED_CELLS:
            continue
        d_row, d_col = (target[0] - handle[0]) / length, (target[1] - handle[1]) / length
        differences = []
        for row in range(handle[0] - radius, handle[0] + radius + 1):
            for col in range(handle[1] - radius, handle[1] + radius + 1):
                teacher = sample_bilinear(f1.detach(), row, col)
                differences.append((teacher - sample_bilinear(f1, row + d_row, col + d_col)).abs())
        loss = loss + (2 * radius + 1) ** 2 * torch.stack(differences).mean()
    return loss


def drag(
    model: Model,
    z0: Tensor,
    text: Tensor,
    *,
    handles: list[Cell],
    targets: list[Cell],
    mask: Tensor,
    t: int = 681,
    updates: int = MAX_UPDATES,
    lam: float = LAMBDA,
    lr: float = LEARNING_RATE,
) -> tuple[Tensor, Trace]:
    """1.5: the edited latent at t and what happened; `mask` is (H, W) of the picture."""
    grid = supervision_grid(*mask.shape)
    keep = 1 - mask_at_latent(mask, grid, (z0.shape[2], z0.shape[3]))
    with torch.no_grad():
        eps0, f0 = noise_and_features(model, z0, t, text, grid=grid)
        x_prev0 = move(z0, eps0, source=t, destination=t - STRIDE)
    z, first, current, trace = z0.clone(), list(handles), list(handles), Trace()
    m, v = torch.zeros_like(z), torch.zeros_like(z)
    for k in range(updates):
        z.requires_grad_(True)
        eps, f1 = noise_and_features(model, z, t, text, grid=grid)
        x_prev = move(z, eps, source=t, destination=t - STRIDE)
        if k > 0:
            current = [track(f0, f1.detach(), a, b) for a, b in zip(first, current, strict=True)]
        trace.handles.append(list(current))
        if all(distance(a, b) < REACHED_CELLS for a, b in zip(current, targets, strict=True)):
            trace.reached = True
            break
        motion = motion_loss(f1, current, targets)
        background = motion.new_zeros(())
        if (mask > 0).any():
            background = lam * ((x_prev - x_prev0) * keep).abs().sum()
        (gradient,) = torch.autograd.grad(motion + background, z)
        with torch.no_grad():  # Adam
            m = 0.9 * m + 0.1 * gradient
            v = 0.999 * v + 0.001 * gradient**2
            z = z - lr * (m / (1 - 0.9 ** (k + 1))) / ((v / (1 - 0.999 ** (k + 1))).sqrt() + 1e-8)
        trace.losses.append((motion + background).item())
        trace.motion_losses.append(motion.item())
        trace.background_losses.append(background.item())
        trace.gradients.append(gradient)
        trace.latents.append(z.clone())
    return z.detach(), trace
