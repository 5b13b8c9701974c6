"""DragonDiffusion (Mou et al., ICLR 2024): the denoising is guided by energies of features, one loop for all tasks.

With DiffEditor's regional SDE and time travel (Mou et al., CVPR 2024) where the settings ask for them. Every
preset runs through here; a task is data.
"""

from collections.abc import Generator

import torch
from torch import Tensor

from dragbrush.dragon_presets import DragonSettings, guided_steps, looks_up, repeats
from dragbrush.edit import Step
from dragbrush.engine.attention import first_up_layer, shared_attention
from dragbrush.engine.components import Components
from dragbrush.engine.condition import stacked
from dragbrush.engine.dragon_tasks import Instruction, Move, Task, task_of
from dragbrush.engine.energies import Maps
from dragbrush.engine.features import guided_blocks, predict_noise
from dragbrush.engine.guidance import guidance, guided_move, observe, on_grid
from dragbrush.engine.identity import adapted
from dragbrush.engine.inversion import Inversion
from dragbrush.engine.methods.dragdiffusion import warm_started
from dragbrush.engine.prepare import Prepared, Preparer, Source, invert_source
from dragbrush.engine.preview import LatentPreview
from dragbrush.presets import DragSettings


def dragondiffusion(
    components: Components,
    prepared: Prepared,
    instruction: Instruction,
    settings: DragonSettings,
    *,
    seed: int,
    reference: Prepared | None = None,
) -> Generator[Step, None, Tensor]:
    """The edited canvas, (1, 3, H, W) in [0, 1].

    `reference`: the picture that the object or the look comes from, where it is another one.
    """
    reference = reference or prepared
    task = task_of(instruction, prepared.inversion, reference.inversion, settings)
    with adapted(components.unet, prepared.identity):
        start = task.start
        if settings.warm_start:
            start = yield from warm_started(
                components,
                prepared,
                task.warped,
                missing=task.missing * settings.fresh_share,
                mask=task.free,
                strength=settings.inversion_strength,
                seed=seed,
            )
        latent = yield from denoise(components, prepared, reference, task, settings, start, seed=seed)
    yield Step("decode", 0, 1)
    edited = components.decode(latent)
    yield Step("decode", 1, 1)
    return edited


def complete_background(
    components: Components, prepared: Prepared, move: Move, settings: DragonSettings, *, seed: int
) -> Generator[Step, None, Tensor]:
    """The canvas (1, 3, H, W) without the moved object, what it hid drawn."""
    return (yield from dragondiffusion(components, prepared, move.without_object(), settings, seed=seed))


def prepare_for_guidance(
    components: Components, preparer: Preparer, canvas: Tensor, *, prompt: str, settings: DragonSettings, seed: int
) -> Generator[Step, None, Prepared]:
    """A canvas (1, 3, H, W) in [0, 1] inverted, or taken from the preparer's caches, with all that edits look up."""
    return (
        yield from preparer.prepare(
            canvas,
            prompt=prompt,
            settings=_preparation(components, settings),
            seed=seed,
            blocks=_recorded(components, settings),
        )
    )


def invert_for_guidance(
    components: Components, source: Source, settings: DragonSettings
) -> Generator[Step, None, Inversion]:
    """Inverts a picture, recording what its edits look up: keys and values of the up blocks, and features."""
    preparation = _preparation(components, settings)
    return (yield from invert_source(components, source, None, preparation, blocks=_recorded(components, settings)))


def _preparation(components: Components, settings: DragonSettings) -> DragSettings:
    """The same inversion in the words of a drag's settings; there is no identity LoRA."""
    return DragSettings(
        lora_step=0,
        n_inference_step=settings.n_inference_step,
        inversion_strength=settings.inversion_strength,
        start_layer=first_up_layer(components.unet),
    )


def _recorded(components: Components, settings: DragonSettings) -> tuple[int, ...]:
    return guided_blocks(components.unet) if settings.reference_features == "recorded" else ()


@torch.no_grad()
def denoise(
    components: Components,
    prepared: Prepared,
    reference: Prepared,
    task: Task,
    settings: DragonSettings,
    start: Tensor,
    *,
    seed: int,
) -> Generator[Step, None, Tensor]:
    """From the noisy latent `start` to the edited one, guided."""
    unet, source, inversion = components.unet, prepared.source, prepared.inversion
    schedule, steps = source.schedule, len(inversion.timesteps)
    preview, generator = LatentPreview(source.latent, source.canvas), torch.Generator().manual_seed(seed)
    condition = source.condition.with_hole(task.warped, task.missing)
    told = condition
    if settings.cfg_scale != 1:
        height, width = source.canvas.shape[-2:]
        unprompted = components.encode_prompt("", (height, width)).with_hole(task.warped, task.missing)
        told = stacked(unprompted, condition)
    guided = guided_steps(settings, steps)
    z, x0 = start, start
    for index, t in enumerate(reversed(inversion.timesteps)):
        energy, taught = None, None
        if index in guided:
            base = maps_at(components, prepared, t, settings)
            taught = base, base if reference is prepared else maps_at(components, reference, t, settings)
        for travels_left in reversed(range(repeats(settings, index))):
            rule = task.rule(t) if looks_up(settings, index) else _own
            with shared_attention(unet, first_up_layer(unet), rule):
                eps = _prompted(
                    predict_noise(unet, z.expand(len(told.tokens), -1, -1, -1), t, told), settings.cfg_scale
                )
            added = torch.zeros_like(z)
            if taught is not None:
                added, energy = guidance(
                    unet,
                    z,
                    t,
                    source.condition,
                    task.energies,
                    *taught,
                    edit=task.edit,
                    keep=task.keep,
                    scale=settings.energy_scale * settings.gradient_scale,
                )
            eta, noise = _drawn_anew(settings, task, index, generator)
            x0 = schedule.move(z, eps + added, t, -1)
            z = guided_move(schedule, z, eps, added, t, eta=eta, noise=noise)
            if travels_left:  # up again along the model's own prediction, as an inversion goes
                z = schedule.move(z, predict_noise(unet, z, t, condition), t - schedule.stride, t)
        if settings.hold == "trajectory":
            left = steps - index - 1
            z = torch.lerp(inversion.latents[left - 1] if left else source.latent, z, task.free)
        yield Step("denoise", index + 1, steps, loss=None if energy is None else energy.item(), preview=preview(x0))
    return z


def maps_at(components: Components, prepared: Prepared, t: int, settings: DragonSettings) -> Maps:
    """The features of a picture's inversion at a timestep.

    "recorded" are those of the pass that led to the latent at `t`, "fresh" those of that latent itself.
    """
    inversion, source = prepared.inversion, prepared.source
    if settings.reference_features == "recorded":
        recorded = [features.to(source.latent) for features in inversion.features[t]]
        return on_grid(recorded, source.latent)
    return observe(components.unet, inversion.latents[inversion.timesteps.index(t)], t, source.condition)


def _prompted(eps: Tensor, scale: float) -> Tensor:
    """Classifier-free guidance of rows without and with the prompt; a single row as it is."""
    return eps[:1] + scale * (eps[1:] - eps[:1]) if len(eps) > 1 else eps


def _own(_layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    return keys, values


def _drawn_anew(
    settings: DragonSettings, task: Task, index: int, generator: torch.Generator
) -> tuple[Tensor | float, Tensor | float]:
    """Regional SDE at a step: how much of the variance is drawn anew where, and the noise."""
    if not settings.sde_strength or not settings.sde_after < index < settings.sde_before:
        return 0.0, 0.0
    noise = torch.randn(task.start.shape, generator=generator)
    return settings.sde_strength * task.drawn_anew, noise.to(task.start)
