"""The settings of DragonDiffusion's tasks, and the presets: each is one value of `DragonSettings`.

Standard library only. Weights keep the names of the published tool (MC-E/DragonDiffusion).
"""

from dataclasses import dataclass, replace
from typing import Literal

Task = Literal["move", "appearance", "paste", "drag"]
TASKS: tuple[Task, ...] = ("move", "appearance", "paste", "drag")
Lookup = Literal["replace", "append", "gather", "object"]


@dataclass(frozen=True, slots=True)
class DragonSettings:
    """Everything that decides an edit besides the pictures, the masks, the places, the prompt and the seed."""

    n_inference_step: int = 50
    """DDIM steps from pure noise to the picture."""
    inversion_strength: float = 1.0
    """Share of those steps that is inverted and denoised again."""
    cfg_scale: float = 4.0
    """Classifier-free guidance; 1 leaves the pass without the prompt out."""

    energy_scale: float = 0.5
    w_edit: float = 4.0
    w_content: float = 6.0
    w_contrast: float = 0.2
    w_inpaint: float = 0.8
    gradient_scale: float = 8e-2
    """What the gradient of the scaled energies is multiplied by."""

    guided_until: int = 30
    """The denoising step, counted from the first, at which guidance ends."""
    guided_all_until: int = 30
    """From this step on only every `guided_stride`-th step is guided."""
    guided_stride: int = 2
    reference_features: Literal["fresh", "recorded"] = "fresh"
    """fresh: of the stored latents in a pass of their own; recorded: of the passes of the inversion."""
    hold: Literal["energy", "trajectory"] = "energy"
    """What keeps the rest of the picture: the content energy's gradient there, or the inversion's own latents, put
    back after every step; then both energies act inside the selection, and nothing outside."""
    warm_start: bool = False
    """Begin from the inversion of a rough result instead of from moved noise."""
    fresh_share: float = 1.0
    """How much of a warm start is new noise where the rough result is only a smooth filling."""
    moved_object: Literal["drawn", "carried"] = "drawn"
    """Who makes the object of a move: the model, or its own pixels over a background that the model completes."""

    time_travel: tuple[int, int] = (0, 0)
    """Steps strictly between these that are even are done `TRAVELS` times."""
    sde_strength: float = 0.0
    """Share of the variance drawn anew where the edit is, at steps strictly between those of `sde_steps`."""
    sde_steps: tuple[int, int] = (10, 20)

    lookup: Lookup = "replace"
    """Keys and values of self-attention in the up blocks: the source's instead of the edit's own; the source's after
    the edit's own; the picture's and the other picture's object; each place those of what it shows."""
    lookup_steps: tuple[int, int] = (5, 500)
    """First step that looks up, and the step at which that ends."""


TRAVELS = 3

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
    lookup_steps=(0, 36),
)
PASTE = replace(APPEARANCE, cfg_scale=4.0, energy_scale=1.5, w_edit=4.0, w_content=6.0)
DRAG = DragonSettings(energy_scale=2.0, w_contrast=0.0, w_inpaint=0.2, gradient_scale=4e-2, lookup="append")

REFERENCE_DRAGON: dict[Task, DragonSettings] = {"move": MOVE, "appearance": APPEARANCE, "paste": PASTE, "drag": DRAG}
"""DragonDiffusion as released (its algorithm "D")."""

REFERENCE_DIFFEDITOR: dict[Task, DragonSettings] = {
    task: replace(settings, guided_all_until=10, time_travel=(20, 30), sde_strength=0.4)
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
    "lookup_steps": (0, 500),
}
QUALITY: dict[Task, DragonSettings] = {
    "move": replace(MOVE, **_WARM, energy_scale=1.0, moved_object="carried"),
    "appearance": replace(APPEARANCE, **_WARM),
    "paste": replace(PASTE, **_WARM),
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
    first, end = settings.lookup_steps
    return first <= index < end


def repeats(settings: DragonSettings, index: int) -> int:
    """How often a denoising step is done."""
    first, last = settings.time_travel
    return TRAVELS if first < index < last and index % 2 == 0 else 1


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
    forward += guided_passes + (pictures * len(guided) if settings.reference_features == "fresh" else 0)
    return {"forward": forward, "backward": (1 if settings.hold == "trajectory" else 2) * guided_passes}
