"""The DragonDiffusion presets of the engine against the naive float64 transcription, on random weights."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dragbrush.dragon_presets import (
    REFERENCE_DIFFEDITOR,
    REFERENCE_DRAGON,
    DragonSettings,
    Task,
    guided_steps,
    looks_up,
    repeats,
)
from dragbrush.engine.components import Components
from dragbrush.engine.dragon_tasks import Appearance, ContentDrag, Instruction, Move, Paste, task_of
from dragbrush.engine.field import Field
from dragbrush.engine.guidance import guidance, observe
from dragbrush.engine.loading import load_components
from dragbrush.engine.methods.dragondiffusion import denoise, invert_for_guidance
from dragbrush.engine.prepare import Prepared, Source
from dragbrush.engine.transform import Placement
from parity import naive, naive_dragon
from running import relative, run

TOLERANCE = 1e-4
SIZE = (64, 128)
LATENT, CELL_PX = (8, 16), 8
STEPS = 3
"""Enough when all windows are drawn together, to keep the oracle's loops short: see `short`."""
LOOKS_UP: dict[Task, tuple[int, int]] = {"move": (1, 9), "drag": (1, 9), "appearance": (0, 2), "paste": (0, 2)}
"""First step that looks up, and the one at which that ends; the released windows are tested as data, below."""
SEED = 5
ORG = (slice(2, 5), slice(1, 6))
BY_CELLS = (2, 4)
"""Rows and columns by which the object goes."""
POINTS = [((3, 4), (3, 5)), ((5, 10), (3, 13))]
"""Latent cells (row, column), from and to."""
TASKS = pytest.mark.parametrize("task", ["move", "appearance", "paste", "drag"])


@dataclass(frozen=True)
class Pictures:
    """Two prepared pictures, in the engine's words and in the oracle's."""

    base: Prepared
    other: Prepared
    naive_base: naive_dragon.Inverted
    naive_other: naive_dragon.Inverted


def box(rows: slice, cols: slice) -> Tensor:
    mask = torch.zeros(LATENT, dtype=torch.bool)
    mask[rows, cols] = True
    return mask


def on_canvas(mask: Tensor) -> Tensor:
    return mask.float().repeat_interleave(CELL_PX, 0).repeat_interleave(CELL_PX, 1)


ORG_MASK = box(*ORG)
CUR_MASK = ORG_MASK.roll(BY_CELLS, (0, 1))
USER_MASK = box(slice(1, 7), slice(2, 15))


@pytest.fixture(scope="module")
def oracle(tiny_sd15_folder: Path) -> naive.Model:
    return naive.load(tiny_sd15_folder)


@pytest.fixture(scope="module")
def components(tiny_sd15_folder: Path) -> Components:
    return load_components(tiny_sd15_folder, device=torch.device("cpu"), dtype=torch.float64)


@pytest.fixture(scope="module")
def pictures(components: Components, oracle: naive.Model) -> Pictures:
    settings = replace(REFERENCE_DRAGON["move"], inversion_strength=STEPS / 50)
    made = []
    for seed, prompt in ((1, "a photo of a cat"), (2, "a red car")):
        latent = torch.randn(1, 4, *LATENT, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        canvas = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        condition = components.encode_prompt(prompt)
        source = Source(canvas, latent, torch.zeros_like(latent), condition, components.schedule(50))
        _, inversion = run(invert_for_guidance(components, source, settings))
        made.append(
            (Prepared(source, None, inversion), naive_dragon.invert(oracle, latent, condition.tokens, steps=STEPS))
        )
    return Pictures(made[0][0], made[1][0], made[0][1], made[1][1])


def instruction(task: Task) -> Instruction:
    """The same edit in the engine's words, by canvas pixels."""
    shift = torch.tensor([[1.0, 0.0, BY_CELLS[1] * CELL_PX], [0.0, 1.0, BY_CELLS[0] * CELL_PX]], dtype=torch.float64)
    placement = Placement(on_canvas(ORG_MASK), shift, SIZE)
    everywhere, unused = torch.ones(1, 1, *LATENT, dtype=torch.float64), torch.zeros(1, 4, *LATENT)
    match task:
        case "move":
            return Move(placement, everywhere, unused, unused)
        case "paste":
            return Paste(placement, everywhere, unused)
        case "appearance":
            return Appearance(on_canvas(CUR_MASK), on_canvas(ORG_MASK), everywhere, unused)
        case "drag":
            handles, targets = (
                torch.tensor([(col * CELL_PX + 1.5, row * CELL_PX + 1.5) for row, col in points])
                for points in zip(*POINTS, strict=True)
            )
            still = Field(torch.zeros(2, *LATENT), torch.zeros(LATENT), torch.zeros(LATENT, dtype=torch.bool))
            return ContentDrag(handles, targets, SIZE, USER_MASK[None, None].double(), still, unused)


def short(settings: DragonSettings, task: Task) -> DragonSettings:
    return replace(
        settings, inversion_strength=STEPS / 50, lookup_from=LOOKS_UP[task][0], lookup_until=LOOKS_UP[task][1]
    )


def naive_start(task: Task, pictures: Pictures) -> Tensor:
    z, other = pictures.naive_base.latents[-1].clone(), pictures.naive_other.latents[-1]
    match task:
        case "move":
            z[:, :, CUR_MASK] = pictures.naive_base.latents[-1][:, :, ORG_MASK]
        case "paste":
            z[:, :, CUR_MASK] = other[:, :, ORG_MASK]
        case "drag":
            for (row, col), (to_row, to_col) in POINTS:
                block = pictures.naive_base.latents[-1][:, :, row - 1 : row + 2, col - 1 : col + 2]
                z[:, :, to_row - 1 : to_row + 2, to_col - 1 : to_col + 2] = block
    return z


Energies = Callable[[list[Tensor], list[Tensor], list[Tensor]], naive_dragon.Pair]


def naive_energies(task: Task) -> tuple[naive_dragon.Weights, Energies]:
    match task:
        case "move":
            w = naive_dragon.MOVE
            return w, lambda now, base, _: naive_dragon.move_energies(now, base, ORG_MASK, CUR_MASK, w)
        case "paste":
            w = naive_dragon.PASTE
            return w, lambda now, base, other: naive_dragon.paste_energies(now, base, other, ORG_MASK, CUR_MASK, w)
        case "appearance":
            w = naive_dragon.APPEARANCE
            return w, lambda now, base, other: naive_dragon.appearance_energies(now, base, other, ORG_MASK, CUR_MASK, w)
        case "drag":
            w = naive_dragon.DRAG
            cells = [((2 * a, 2 * b), (2 * c, 2 * d)) for (a, b), (c, d) in POINTS]
            return w, lambda now, base, _: naive_dragon.drag_energies(now, base, cells, USER_MASK, w)


def naive_choice(task: Task, pictures: Pictures) -> Callable[[int, int, int, Tensor, Tensor], naive_dragon.Pair]:
    base, other = pictures.naive_base.bank, pictures.naive_other.bank

    def choose(step: int, t: int, layer: int, key: Tensor, value: Tensor) -> naive_dragon.Pair:
        if task in ("move", "drag"):
            if step < LOOKS_UP[task][0]:
                return key, value
            if task == "move":
                return base[t, layer]
            return torch.cat([key, base[t, layer][0]]), torch.cat([value, base[t, layer][1]])
        if step >= LOOKS_UP[task][1]:
            return key, value
        from_base = ~naive_dragon.tokens(CUR_MASK, len(key))
        from_other = naive_dragon.tokens(ORG_MASK, len(key))
        return (
            torch.cat([base[t, layer][0][from_base], other[t, layer][0][from_other]]),
            torch.cat([base[t, layer][1][from_base], other[t, layer][1][from_other]]),
        )

    return choose


REGIONS: dict[Task, tuple[Tensor, Tensor]] = {
    "move": (CUR_MASK, ORG_MASK | CUR_MASK),
    "appearance": (CUR_MASK, CUR_MASK),
    "paste": (CUR_MASK, CUR_MASK),
    "drag": (USER_MASK, USER_MASK),
}
"""Where the edit's gradient acts, and where noise is drawn anew."""


def both(
    task: Task,
    settings: DragonSettings,
    plan: naive_dragon.Plan,
    components: Components,
    oracle: naive.Model,
    pictures: Pictures,
) -> tuple[Tensor, list[Tensor]]:
    """The edited latent of the engine, and the latents after each step of the oracle."""
    of_reference = pictures.other if task in ("appearance", "paste") else pictures.base
    naive_reference = pictures.naive_other if task in ("appearance", "paste") else pictures.naive_base
    made = task_of(instruction(task), pictures.base.inversion, of_reference.inversion, settings)
    edited = run(denoise(components, pictures.base, of_reference, made, settings, made.start, seed=SEED))[1]
    weights, energies = naive_energies(task)
    generator = torch.Generator().manual_seed(SEED)
    latents = naive_dragon.edit(
        oracle,
        naive_start(task, pictures),
        (naive.embed_text(oracle, ""), pictures.base.source.condition.tokens),
        pictures.naive_base,
        naive_reference,
        weights=weights,
        plan=plan,
        energies=energies,
        choose=naive_choice(task, pictures),
        edit_mask=REGIONS[task][0],
        sde_mask=REGIONS[task][1],
        noises={i: torch.randn(1, 4, *LATENT, generator=generator).double() for i in range(STEPS) if plan.redrawn(i)},
        steps=STEPS,
        base_text=pictures.base.source.condition.tokens,
        reference_text=of_reference.source.condition.tokens,
    )
    return edited, latents


def test_inversion_and_its_bank(pictures: Pictures) -> None:
    inversion = pictures.base.inversion

    assert inversion.timesteps == tuple(20 * k + 1 for k in range(STEPS))
    for k, z in enumerate(inversion.latents, start=1):
        assert relative(z, pictures.naive_base.latents[k]) < TOLERANCE
    for (t, layer), (keys, values) in pictures.naive_base.bank.items():
        assert relative(inversion.bank.at(t, layer)[0][0], keys) < TOLERANCE
        assert relative(inversion.bank.at(t, layer)[1][0], values) < TOLERANCE


@TASKS
def test_energies_and_their_gradient(
    task: Task, components: Components, oracle: naive.Model, pictures: Pictures
) -> None:
    settings = REFERENCE_DRAGON[task]
    reference = pictures.other if task in ("appearance", "paste") else pictures.base
    made = task_of(instruction(task), pictures.base.inversion, reference.inversion, settings)
    z, t = made.start, pictures.base.inversion.timesteps[-1]
    condition = pictures.base.source.condition
    base_maps = observe(components.unet, pictures.base.inversion.latents[-1], t, condition)
    reference_maps = observe(components.unet, reference.inversion.latents[-1], t, reference.source.condition)
    weights, energies = naive_energies(task)
    naive_maps = [
        naive_dragon.features(oracle, latent, t, prompt)
        for latent, prompt in (
            (pictures.naive_base.latents[-1], condition.tokens),
            (reference.inversion.latents[-1], reference.source.condition.tokens),
        )
    ]
    free = z.clone().requires_grad_(True)
    expected = energies(naive_dragon.features(oracle, free, t, condition.tokens), naive_maps[0], naive_maps[1])
    inside = REGIONS[task][0].double()
    gradients = [torch.autograd.grad(e, free, retain_graph=True)[0] for e in expected]
    factor = weights.energy_scale * 1000 * weights.gradient_scale

    found = made.energies(observe(components.unet, z, t, condition), base_maps, reference_maps)
    added, energy = guidance(
        components.unet,
        z,
        t,
        condition,
        made.energies,
        base_maps,
        reference_maps,
        edit=made.edit,
        keep=made.keep,
        scale=settings.energy_scale * settings.gradient_scale,
    )

    assert relative(made.start, naive_start(task, pictures)) < TOLERANCE
    assert found[0].item() == pytest.approx(expected[0].item(), rel=TOLERANCE)
    assert found[1].item() == pytest.approx(expected[1].item(), rel=TOLERANCE)
    assert energy.item() == pytest.approx(sum(e.item() for e in expected), rel=TOLERANCE)
    assert relative(added, factor * (gradients[0] * inside + gradients[1] * (1 - inside))) < TOLERANCE
    assert added.norm() > 1e-3 * z.norm()


@TASKS
def test_plain_editing(task: Task, components: Components, oracle: naive.Model, pictures: Pictures) -> None:
    settings = short(REFERENCE_DRAGON[task], task)

    edited, latents = both(task, settings, naive_dragon.PLAIN, components, oracle, pictures)

    assert relative(edited, latents[-1]) < TOLERANCE
    assert relative(edited, pictures.base.source.latent) > 100 * TOLERANCE


@TASKS
def test_editing_with_regional_sde_and_time_travel(
    task: Task, components: Components, oracle: naive.Model, pictures: Pictures
) -> None:
    settings = replace(
        short(REFERENCE_DIFFEDITOR[task], task),
        guided_until=3,
        guided_all_until=1,
        sde_after=0,
        sde_before=2,
        travel_after=1,
        travel_before=3,
    )
    plan = naive_dragon.Plan(
        guided=lambda i: i < 3 and (i < 1 or i % 2 == 0),
        times=lambda i: 3 if 1 < i < 3 and i % 2 == 0 else 1,
        redrawn=lambda i: 0 < i < 2,
        sde_strength=0.4,
    )

    edited, latents = both(task, settings, plan, components, oracle, pictures)

    assert relative(edited, latents[-1]) < TOLERANCE


@TASKS
@pytest.mark.parametrize(
    ("presets", "plan"),
    [(REFERENCE_DRAGON, naive_dragon.PLAIN), (REFERENCE_DIFFEDITOR, naive_dragon.PLUS)],
    ids=["D", "D+"],
)
def test_presets_do_the_released_things_at_the_released_steps(
    task: Task, presets: dict[Task, DragonSettings], plan: naive_dragon.Plan
) -> None:
    settings, (weights, _) = presets[task], naive_energies(task)

    assert guided_steps(settings, 50) == tuple(i for i in range(50) if plan.guided(i))
    assert [repeats(settings, i) for i in range(50)] == [plan.times(i) for i in range(50)]
    redrawn = [settings.sde_strength > 0 and settings.sde_after < i < settings.sde_before for i in range(50)]
    assert redrawn == [plan.redrawn(i) for i in range(50)]
    looking = [i for i in range(50) if looks_up(settings, i)]
    assert looking == list(range(5, 50) if task in ("move", "drag") else range(36))
    assert settings.sde_strength == plan.sde_strength
    assert (settings.cfg_scale, settings.energy_scale, settings.gradient_scale) == (
        weights.cfg,
        weights.energy_scale,
        weights.gradient_scale,
    )
    assert (settings.w_edit, settings.w_content) == (weights.w_edit, weights.w_content)
    assert (settings.w_contrast, settings.w_inpaint) == (weights.w_contrast, weights.w_inpaint)
    assert (settings.n_inference_step, settings.inversion_strength) == (50, 1.0)
