"""DragonDiffusion and DiffEditor as released, section 2 of the algorithm notes, written down once more in float64.

An oracle for the tests of the engine, so it must not know the engine: no dense correspondence but pairs in raster
order, no closures but one long loop. Masks are boolean arrays on the latent grid; feature masks have two cells along
each of theirs. Only shifts by whole latent cells, for which the notes leave nothing to choose.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from naive import STRIDE, Model, alpha_at, move
from naive_control import transformer_blocks
from torch import Tensor

FIRST_UP_LAYER = 7
ENERGY_UNIT = 1000

Pair = tuple[Tensor, Tensor]


@dataclass
class Inverted:
    """A picture's inversion: latents[0] is the picture, latents[k] belongs to the k-th timestep from below."""

    latents: list[Tensor]
    bank: dict[tuple[int, int], Pair] = field(default_factory=dict)


@dataclass(frozen=True)
class Weights:
    """One task's numbers."""

    cfg: float
    energy_scale: float
    gradient_scale: float
    w_edit: float
    w_content: float
    w_contrast: float = 0.0
    w_inpaint: float = 0.0


MOVE = Weights(4, 0.5, 8e-2, 4, 6, 0.2, 0.8)
DRAG = Weights(4, 2, 4e-2, 4, 6, 0.0, 0.2)
APPEARANCE = Weights(5, 2, 4e-2, 3.5, 5)
PASTE = Weights(4, 1.5, 4e-2, 4, 6)


@dataclass(frozen=True)
class Plan:
    """What happens at which step, counted from the noisiest one."""

    guided: Callable[[int], bool]
    times: Callable[[int], int]
    redrawn: Callable[[int], bool]
    sde_strength: float = 0.0


PLAIN = Plan(guided=lambda i: i < 30, times=lambda _: 1, redrawn=lambda _: False)
PLUS = Plan(
    guided=lambda i: i < 30 and (i < 10 or i % 2 == 0),
    times=lambda i: 3 if 20 < i < 30 and i % 2 == 0 else 1,
    redrawn=lambda i: 10 < i < 20,
    sde_strength=0.4,
)


# 2.1 attention


class _Attention:
    """Self-attention over the keys and values that `choose` returns, head by head."""

    def __init__(self, choose: Callable[[Tensor, Tensor], Pair]) -> None:
        self.choose = choose

    def __call__(self, attn: torch.nn.Module, hidden_states: Tensor, *_a: object, **_k: object) -> Tensor:
        rows = []
        for state in hidden_states:
            query = attn.to_q(state)
            key, value = self.choose(attn.to_k(state), attn.to_v(state))
            parts = zip(query.chunk(attn.heads, 1), key.chunk(attn.heads, 1), value.chunk(attn.heads, 1), strict=True)
            rows.append(torch.cat([(q @ k.T / math.sqrt(q.shape[1])).softmax(1) @ v for q, k, v in parts], 1))
        return attn.to_out[0](torch.stack(rows))


@contextmanager
def up_attention(model: Model, choose: Callable[[int, Tensor, Tensor], Pair]) -> Iterator[None]:
    layers = transformer_blocks(model.unet)[FIRST_UP_LAYER:]
    before = [layer.attn1.processor for layer in layers]
    for number, layer in enumerate(layers, start=FIRST_UP_LAYER):
        layer.attn1.set_processor(_Attention(lambda k, v, number=number: choose(number, k, v)))
    try:
        yield
    finally:
        for layer, processor in zip(layers, before, strict=True):
            layer.attn1.set_processor(processor)


def tokens(mask: Tensor, count: int) -> Tensor:
    """A latent mask at the resolution of a layer with so many tokens, nearest."""
    height, width = mask.shape
    factor = math.isqrt(height * width // count)
    return mask[::factor, ::factor].flatten()


@torch.no_grad()
def invert(model: Model, latent: Tensor, text: Tensor, *, steps: int) -> Inverted:
    """From the picture upwards, with keys and values of the up blocks of every call."""
    result = Inverted([latent])
    for k in range(steps):
        t = k * STRIDE + 1

        def record(layer: int, key: Tensor, value: Tensor, t: int = t) -> Pair:
            result.bank[t, layer] = (key, value)
            return key, value

        with up_attention(model, record):
            eps = model.unet(result.latents[-1], t, encoder_hidden_states=text).sample
        result.latents.append(move(result.latents[-1], eps, source=t - STRIDE, destination=t))
    return result


# 2.1 features


def features(model: Model, z: Tensor, t: int, text: Tensor) -> list[Tensor]:
    """Outputs of up_blocks[1] and up_blocks[2], (C, 2h, 2w), nearest."""
    found: list[Tensor] = []
    hooks = [model.unet.up_blocks[i].register_forward_hook(lambda _m, _i, out: found.append(out)) for i in (1, 2)]
    try:
        model.unet(z, t, encoder_hidden_states=text)
    finally:
        for hook in hooks:
            hook.remove()
    height, width = 2 * z.shape[2], 2 * z.shape[3]
    return [f[0].repeat_interleave(height // f.shape[2], 1).repeat_interleave(width // f.shape[3], 2) for f in found]


def finer(mask: Tensor) -> Tensor:
    return mask.repeat_interleave(2, 0).repeat_interleave(2, 1)


# 2.2 energies


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """Of feature vectors (C, n), pair by pair."""
    return (a * b).sum(0) / ((a * a).sum(0).sqrt() * (b * b).sum(0).sqrt())


def half(a: Tensor, b: Tensor) -> Tensor:
    return (cosine(a, b) + 1) / 2


def g(weight: float, similarity: Tensor) -> Tensor:
    return weight / (1 + 4 * similarity)


def move_energies(now: list[Tensor], base: list[Tensor], org: Tensor, cur: Tensor, w: Weights) -> Pair:
    tar, cur = finer(org), finer(cur)
    non_overlap, other = tar & ~cur, ~(tar | cur)
    edit = content = torch.zeros(())
    for f, r in zip(now, base, strict=True):
        edit = edit + 0.5 * g(w.w_edit, cosine(f[:, cur], r[:, tar]).mean())
        content = content + 0.5 * g(w.w_content, cosine(r[:, other], f[:, other]).mean())
        content = content + 0.5 * w.w_contrast * half(f[:, non_overlap], r[:, non_overlap]).mean()
        vacated, region = f[:, non_overlap].mean(1, keepdim=True), r[:, other].mean(1, keepdim=True)
        content = content + g(w.w_inpaint, half(vacated, region)[0])
    return edit, content


def paste_energies(
    now: list[Tensor], base: list[Tensor], reference: list[Tensor], org: Tensor, cur: Tensor, w: Weights
) -> Pair:
    tar, cur = finer(org), finer(cur)
    edit = content = torch.zeros(())
    for f, b, r in zip(now, base, reference, strict=True):
        edit = edit + 0.5 * g(w.w_edit, half(f[:, cur], r[:, tar]).mean())
        content = content + 0.5 * g(w.w_content, half(f[:, ~cur], b[:, ~cur]).mean())
    return edit, content


def appearance_energies(
    now: list[Tensor], base: list[Tensor], reference: list[Tensor], org: Tensor, cur: Tensor, w: Weights
) -> Pair:
    tar, cur = finer(org), finer(cur)
    edit = content = torch.zeros(())
    for f, b, r in zip(now, base, reference, strict=True):
        look, wanted = f[:, cur].mean(1, keepdim=True), r[:, tar].mean(1, keepdim=True)
        edit = edit + 0.5 * g(w.w_edit, half(look, wanted)[0])
        content = content + 0.5 * g(w.w_content, half(f[:, ~cur], b[:, ~cur]).mean())
    return edit, content


def drag_energies(
    now: list[Tensor],
    base: list[Tensor],
    points: list[tuple[tuple[int, int], tuple[int, int]]],
    mask: Tensor,
    w: Weights,
) -> Pair:
    """`points`: pairs of feature cells (row, col), from and to."""
    outside = ~finer(mask)
    edit = content = torch.zeros(())
    for f, b in zip(now, base, strict=True):
        for (row, col), (to_row, to_col) in points:
            taught = b[:, row - 1 : row + 2, col - 1 : col + 2].flatten(1)
            found = f[:, to_row - 1 : to_row + 2, to_col - 1 : to_col + 2].flatten(1)
            edit = edit + g(w.w_edit, half(found, taught).mean())
            left = [
                (r, c)
                for r in range(row - 1, row + 2)
                for c in range(col - 1, col + 2)
                if abs(r - to_row) > 1 or abs(c - to_col) > 1
            ]
            if left:
                stays = torch.stack([half(f[:, r, c, None], b[:, r, c, None])[0] for r, c in left])
                edit = edit + w.w_inpaint * stays.mean()
        content = content + g(w.w_content, half(f[:, outside], b[:, outside]).mean())
    return edit / (len(now) * len(points)), content / len(now)


# 2.3 how the gradient enters


def guided_update(
    z: Tensor, eps: Tensor, added: Tensor, t: int, *, eta: Tensor | None = None, noise: Tensor | None = None
) -> Tensor:
    """DDIM with the guided noise in x0 and the unguided one in the direction."""
    a, b = alpha_at(t), alpha_at(t - STRIDE)
    x0 = (z - math.sqrt(1 - a) * (eps + added)) / math.sqrt(a)
    if eta is None or noise is None:
        return math.sqrt(b) * x0 + math.sqrt(1 - b) * eps
    sigma = eta * math.sqrt((1 - b) / (1 - a) * (1 - a / b))
    return math.sqrt(b) * x0 + (1 - b - sigma * sigma).sqrt() * eps + sigma * noise


def edit(
    model: Model,
    start: Tensor,
    texts: tuple[Tensor, Tensor],
    base: Inverted,
    reference: Inverted,
    *,
    weights: Weights,
    plan: Plan,
    energies: Callable[[list[Tensor], list[Tensor], list[Tensor]], Pair],
    choose: Callable[[int, int, int, Tensor, Tensor], Pair],
    edit_mask: Tensor,
    sde_mask: Tensor,
    noises: dict[int, Tensor],
    steps: int,
    base_text: Tensor,
    reference_text: Tensor,
) -> list[Tensor]:
    """The latents after each step. `choose(step, t, layer, own key, own value)`; `texts`: without and with prompt."""
    z, after = start, []
    inside = edit_mask.double()
    for i in range(steps):
        k = steps - i
        t = (k - 1) * STRIDE + 1
        for travel in range(plan.times(i)):
            if travel:
                with torch.no_grad():
                    back = model.unet(z, t, encoder_hidden_states=base_text).sample
                z = move(z, back, source=t - STRIDE, destination=t)
            with (
                torch.no_grad(),
                up_attention(model, lambda layer, key, value, i=i, t=t: choose(i, t, layer, key, value)),
            ):
                without, prompted = (model.unet(z, t, encoder_hidden_states=text).sample for text in texts)
            eps, added = without + weights.cfg * (prompted - without), torch.zeros_like(z)
            if plan.guided(i):
                with torch.no_grad():
                    of_base = features(model, base.latents[k], t, base_text)
                    of_reference = features(model, reference.latents[k], t, reference_text)
                for which, region in ((0, inside), (1, 1 - inside)):
                    free = z.detach().clone().requires_grad_(True)
                    energy = energies(features(model, free, t, base_text), of_base, of_reference)[which]
                    (gradient,) = torch.autograd.grad(energy * weights.energy_scale * ENERGY_UNIT, free)
                    added = added + gradient * region * weights.gradient_scale
            if plan.redrawn(i):
                eta = plan.sde_strength * sde_mask.double()
                z = guided_update(z, eps, added, t, eta=eta, noise=noises[i])
            else:
                z = guided_update(z, eps, added, t)
        after.append(z)
    return after
