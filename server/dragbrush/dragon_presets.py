"""The settings of DragonDiffusion's tasks, and the presets: each is one value of `DragonSettings`.

Standard library only. Weights keep the names of the published tool (MC-E/DragonDiffusion).
"""

from dataclasses import dataclass, replace
from typing import Literal

from dragbrush.settings import setting

Task = Literal["move", "appearance", "paste", "drag"]
LIGHT_NOISES = 6
"""Noises under which the model is asked what light it expects."""
TRAVELS = 3
"""How often a step is done that time travels."""


@dataclass(frozen=True, slots=True)
class DragonSettings:
    """Everything that decides an edit besides the pictures, the masks, the places, the prompt and the seed."""

    n_inference_step: int = setting(50, "DDIM steps from pure noise to the picture", 2, 500)
    inversion_strength: float = setting(1.0, "share of those steps that is inverted and denoised again", 0.02, 1.0)
    cfg_scale: float = setting(4.0, "classifier-free guidance; 1 leaves the pass without the prompt out", 0.0, 30.0)

    energy_scale: float = setting(0.5, "weight of all energies", 0.0, 100.0)
    w_edit: float = setting(4.0, "weight of the editing energy", 0.0, 100.0)
    w_content: float = setting(6.0, "weight of the energy that keeps the rest of the picture", 0.0, 100.0)
    w_contrast: float = setting(0.2, "weight of the energy against a second copy", 0.0, 100.0)
    w_inpaint: float = setting(0.8, "weight of the energy that closes what the object leaves", 0.0, 100.0)
    gradient_scale: float = setting(8e-2, "what the gradient of the scaled energies is multiplied by", 0.0, 10.0)

    guided_until: int = setting(30, "the denoising step, counted from the first, at which guidance ends", 0, 500)
    guided_all_until: int = setting(30, "from this step on only every guided_stride-th step is guided", 0, 500)
    guided_stride: int = setting(2, "distance of guided steps from guided_all_until on", 1, 500)
    reference_features: Literal["fresh", "recorded"] = setting(
        "fresh",
        "fresh: features of the stored latents in a pass of their own; recorded: of the passes of the inversion",
    )
    hold: Literal["energy", "trajectory"] = setting(
        "energy",
        "what keeps the rest of the picture: the content energy's gradient there, or the inversion's own latents, put "
        "back after every step; then both energies act inside the selection, and nothing outside",
    )
    warm_start: bool = setting(False, "begin from the inversion of a rough result instead of from moved noise")
    fresh_share: float = setting(
        1.0, "how much of a warm start is new noise where the rough result is only a smooth filling", 0.0, 1.0
    )
    moved_object: Literal["drawn", "carried"] = setting(
        "drawn",
        "who makes the object of a move: the model, or its own pixels over a background that the model completes",
    )
    cast_shadow: bool = setting(False, "darken the ground beside a pasted object where the model expects its shadow")
    carry_detail: bool = setting(False, "keep of the rough result what the model's canvas cannot resolve")

    travel_after: int = setting(0, f"even steps between this one and travel_before are done {TRAVELS} times", 0, 500)
    travel_before: int = setting(0, "where that ends", 0, 500)
    sde_strength: float = setting(
        0.0, "share of the variance drawn anew where the edit is, between sde_after and sde_before", 0.0, 1.0
    )
    sde_after: int = setting(10, "the step after which variance is drawn anew", 0, 500)
    sde_before: int = setting(20, "where that ends", 0, 500)

    lookup: Literal["replace", "append", "gather", "object"] = setting(
        "replace",
        "keys and values of self-attention in the up blocks: the source's instead of the edit's own; the source's "
        "after the edit's own; the picture's and the other picture's object; each place those of what it shows",
    )
    lookup_from: int = setting(5, "the first denoising step that looks up", 0, 500)
    lookup_until: int = setting(500, "the step at which that ends", 0, 500)


MOVE = DragonSettings()
APPEARANCE = DragonSettings(
    cfg_scale=5.0,
    energy_scale=2.0,
    w_edit=3.5,
    w_content=5.0,
    w_contrast=0.0,
    w_inpaint=0.0,
    gradient_scale=4e-2,
    lookup="gather",
    lookup_from=0,
    lookup_until=36,
)
PASTE = replace(APPEARANCE, cfg_scale=4.0, energy_scale=1.5, w_edit=4.0, w_content=6.0)
DRAG = DragonSettings(energy_scale=2.0, w_contrast=0.0, w_inpaint=0.2, gradient_scale=4e-2, lookup="append")

REFERENCE_DRAGON: dict[Task, DragonSettings] = {"move": MOVE, "appearance": APPEARANCE, "paste": PASTE, "drag": DRAG}
"""DragonDiffusion as released (its algorithm "D")."""

REFERENCE_DIFFEDITOR: dict[Task, DragonSettings] = {
    task: replace(settings, guided_all_until=10, travel_after=20, travel_before=30, sde_strength=0.4)
    for task, settings in REFERENCE_DRAGON.items()
}
"""DiffEditor as released (its algorithm "D+") without the image prompt, whose weights are not to be had."""

_WARM = {
    "n_inference_step": 20,
    "inversion_strength": 0.4,
    "cfg_scale": 1.0,
    "guided_until": 8,
    "guided_all_until": 8,
    "reference_features": "recorded",
    "hold": "trajectory",
    "warm_start": True,
    "fresh_share": 0.5,
    "lookup": "object",
    "lookup_from": 0,
    "carry_detail": True,
}
_GENTLE = _WARM | {"inversion_strength": 0.2}
"""Where nothing is missing and the rough result has all of the object, less is drawn anew."""
QUALITY: dict[Task, DragonSettings] = {
    "move": replace(MOVE, **_WARM, energy_scale=1.0, moved_object="carried"),
    "appearance": replace(APPEARANCE, **_GENTLE),
    "paste": replace(PASTE, **_GENTLE, cast_shadow=True),
    "drag": replace(DRAG, **(_WARM | {"lookup": "replace"})),
}
"""This project's: what is known is carried, and the model draws what is not, from a warm start in few steps."""

DRAGON_PRESETS: dict[str, dict[Task, DragonSettings]] = {
    "quality": QUALITY,
    "reference-dragon": REFERENCE_DRAGON,
    "reference-diffeditor": REFERENCE_DIFFEDITOR,
}


def guided_steps(settings: DragonSettings, steps: int) -> tuple[int, ...]:
    """Which of so many denoising steps are guided."""
    return tuple(
        i
        for i in range(min(settings.guided_until, steps))
        if i < settings.guided_all_until or i % settings.guided_stride == 0
    )


def looks_up(settings: DragonSettings, index: int) -> bool:
    """Whether a denoising step looks up keys and values."""
    return settings.lookup_from <= index < settings.lookup_until


def repeats(settings: DragonSettings, index: int) -> int:
    """How often a denoising step is done."""
    return TRAVELS if settings.travel_after < index < settings.travel_before and index % 2 == 0 else 1


def steps_of(settings: DragonSettings) -> int:
    """How many steps are inverted, and denoised."""
    return max(1, round(settings.inversion_strength * settings.n_inference_step))


def unet_evaluations(settings: DragonSettings, *, pictures: int = 1, inverted: int = 0) -> dict[str, int]:
    """Samples that go through the denoiser in one edit, forward and backward.

    `pictures`: 2 where the object or look comes from another picture. `inverted`: how many of them are inverted
    for this edit, not kept from an earlier one. Passes of guidance, left after the observed blocks, count as whole.
    """
    steps = steps_of(settings)
    passes = [repeats(settings, i) for i in range(steps)]
    guided = guided_steps(settings, steps)
    guided_passes = sum(passes[i] for i in guided)
    rows = 1 if settings.cfg_scale == 1 else 2
    forward = (inverted + settings.warm_start) * steps
    forward += rows * sum(passes) + sum(passes) - steps
    forward += 2 * LIGHT_NOISES * settings.cast_shadow
    forward += guided_passes + (pictures * len(guided) if settings.reference_features == "fresh" else 0)
    return {"forward": forward, "backward": (1 if settings.hold == "trajectory" else 2) * guided_passes}
