"""The guided denoising: one loop for every task."""

from collections import Counter
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import torch
from torch import Tensor

from dragbrush.dragon_presets import (
    DRAGON_PRESETS,
    QUALITY,
    REFERENCE_DIFFEDITOR,
    REFERENCE_DRAGON,
    DragonSettings,
    Task,
    unet_evaluations,
)
from dragbrush.edit import Step
from dragbrush.engine.attention import self_attention_layers
from dragbrush.engine.components import Components
from dragbrush.engine.dragon_tasks import Appearance, ContentDrag, Instruction, Move, Paste, task_of
from dragbrush.engine.features import features_of, guided_blocks
from dragbrush.engine.field import Field
from dragbrush.engine.inversion import Inversion
from dragbrush.engine.methods.dragondiffusion import (
    dragondiffusion,
    invert_for_guidance,
    prepare_for_guidance,
)
from dragbrush.engine.prepare import Prepared, Preparer, Source
from dragbrush.engine.transform import Placement, similarity
from running import relative, run

SIZE, LATENT = (64, 128), (8, 16)
STEPS = 5
PRESETS = pytest.mark.parametrize("preset", sorted(DRAGON_PRESETS))


def short(settings: DragonSettings) -> DragonSettings:
    """As few steps as show every window: guided, drawn anew, gone back, looked up."""
    return replace(
        settings,
        n_inference_step=2 * STEPS,
        inversion_strength=0.5,
        guided_until=min(settings.guided_until, 4),
        guided_all_until=min(settings.guided_all_until, 2),
        sde_after=0,
        sde_before=3,
        travel_after=1 if settings.travel_before else 0,
        travel_before=4 if settings.travel_before else 0,
        lookup_from=min(settings.lookup_from, 1),
    )


def box(rows: slice, cols: slice) -> Tensor:
    mask = torch.zeros(SIZE)
    mask[rows, cols] = 1
    return mask


OBJECT = box(slice(16, 40), slice(16, 48))
PLACEMENT = Placement(OBJECT, similarity((31.5, 27.5), by_px=(48.0, 8.0), scale=1.2, degrees=30), SIZE)
FREE = torch.ones(1, 1, *LATENT)
FREE[..., :1] = FREE[..., -1:] = 0


@pytest.fixture(scope="module")
def sources(components: Components) -> tuple[Source, Source]:
    made = []
    for seed, prompt in ((1, "a photo of a cat"), (2, "a red car")):
        canvas = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(seed))
        latent, deviation = components.encode(canvas)
        condition, schedule = components.encode_prompt(prompt), components.schedule(2 * STEPS)
        made.append(Source(canvas, latent, deviation, condition, schedule))
    return made[0], made[1]


@pytest.fixture(scope="module")
def prepared(components: Components, sources: tuple[Source, Source]) -> tuple[Prepared, Prepared]:
    first, second = (
        Prepared(source, None, run(invert_for_guidance(components, source, short(QUALITY["move"])))[1])
        for source in sources
    )
    return first, second


def instruction(task: Task, source: Source) -> Instruction:
    match task:
        case "move":
            return Move(PLACEMENT, FREE, source.latent.roll(6, 3), source.latent.roll(1, 2))
        case "paste":
            return Paste(PLACEMENT, FREE, source.latent.roll(6, 3))
        case "appearance":
            return Appearance(OBJECT, box(slice(8, 48), slice(80, 112)), FREE, source.latent.roll(1, 1))
        case "drag":
            field = Field(torch.zeros(2, *LATENT), torch.zeros(LATENT), torch.zeros(LATENT, dtype=torch.bool))
            points = torch.tensor([[30.0, 28.0], [60.0, 30.0]]), torch.tensor([[46.0, 30.0], [80.0, 20.0]])
            return ContentDrag(*points, SIZE, FREE, field, source.latent)


def edit(
    components: Components,
    prepared: tuple[Prepared, Prepared],
    task: Task,
    settings: DragonSettings,
    *,
    seed: int = 0,
    given: Instruction | None = None,
) -> Generator:
    base, other = prepared
    return dragondiffusion(
        components,
        base,
        given or instruction(task, base.source),
        settings,
        seed=seed,
        reference=other if task in ("appearance", "paste") else None,
    )


@PRESETS
@pytest.mark.parametrize("task", get_args(Task))
def test_every_task_of_every_preset_gives_a_picture(
    components: Components, prepared: tuple[Prepared, Prepared], preset: str, task: Task
) -> None:
    settings = short(DRAGON_PRESETS[preset][task])
    steps, edited = run(edit(components, prepared, task, settings))

    assert edited.shape == (1, 3, *SIZE)
    assert bool(edited.isfinite().all())
    counted = Counter(step.phase for step in steps)
    assert counted == Counter({"denoise": STEPS, "decode": 2} | ({"warp": STEPS} if settings.warm_start else {}))
    assert all(step.preview.shape == (*LATENT, 3) for step in steps if step.phase == "denoise")
    own = components.decode(prepared[0].source.latent)
    assert relative(edited, own) > 1e-3


@PRESETS
@pytest.mark.parametrize("task", ["move", "paste"])
def test_cost_is_what_the_settings_say(
    components: Components, prepared: tuple[Prepared, Prepared], preset: str, task: Task
) -> None:
    # The light that a shadow needs is asked for before.
    settings, seen = replace(short(DRAGON_PRESETS[preset][task]), cast_shadow=False), []
    hook = components.unet.conv_in.register_forward_hook(lambda _m, given, _o: seen.append(len(given[0])))

    run(edit(components, prepared, task, settings))

    hook.remove()
    assert sum(seen) == unet_evaluations(settings, pictures=2 if task == "paste" else 1)["forward"]


def test_quality_move_costs_at_most_three_fifths_of_the_reference() -> None:
    def cost(preset: str) -> int:
        return sum(unet_evaluations(DRAGON_PRESETS[preset]["move"], inverted=1).values())

    assert cost("quality") <= 0.6 * cost("reference-dragon")
    assert cost("reference-dragon") == 50 + 2 * 50 + 30 * (1 + 1 + 2)
    assert cost("reference-diffeditor") == 50 + 2 * 58 + 8 + 20 + 28 * (1 + 2)


@pytest.mark.parametrize("task", get_args(Task))
def test_held_by_its_trajectory_the_rest_of_the_picture_stays(
    components: Components, prepared: tuple[Prepared, Prepared], task: Task
) -> None:
    latents: list[Tensor] = []
    decode = components.vae.decode
    components.vae.decode = lambda z, **options: (latents.append(z), decode(z, **options))[1]

    try:
        run(edit(components, prepared, task, short(QUALITY[task])))
    finally:
        del components.vae.decode

    scaled = latents[-1] * components.vae.config["scaling_factor"]
    held = (FREE == 0).expand_as(scaled)
    torch.testing.assert_close(scaled[held], prepared[0].source.latent[held], rtol=1e-5, atol=1e-6)


@PRESETS
def test_same_seed_gives_the_same_picture(
    components: Components, prepared: tuple[Prepared, Prepared], preset: str
) -> None:
    settings = replace(short(DRAGON_PRESETS[preset]["move"]), guided_until=0, travel_before=0)

    first, again, other = (run(edit(components, prepared, "move", settings, seed=s))[1] for s in (1, 1, 2))

    assert torch.equal(first, again)
    assert torch.equal(first, other) == (preset == "reference-dragon")


def test_stopped_edit_leaves_the_model_as_it_was(components: Components, prepared: tuple[Prepared, Prepared]) -> None:
    before = [layer.processor for layer in self_attention_layers(components.unet)]
    running = edit(components, prepared, "move", short(REFERENCE_DIFFEDITOR["move"]))

    for _ in range(3):
        next(running)
    running.close()

    assert [layer.processor for layer in self_attention_layers(components.unet)] == before


def test_guided_steps_tell_their_energy(components: Components, prepared: tuple[Prepared, Prepared]) -> None:
    steps, _ = run(edit(components, prepared, "move", short(REFERENCE_DRAGON["move"])))

    told = [step.loss is not None for step in steps if step.phase == "denoise"]
    assert told == [True, True, True, False, False]


@pytest.mark.parametrize("by_px", [(0.0, 0.0), (90.0, 0.0), (0.0, -40.0)], ids=["nowhere", "half outside", "upwards"])
def test_object_may_stay_or_be_cut_by_the_border(
    components: Components, prepared: tuple[Prepared, Prepared], by_px: tuple[float, float]
) -> None:
    placement = Placement(OBJECT, similarity((31.5, 27.5), by_px=by_px), SIZE)
    given = Move(placement, FREE, prepared[0].source.latent, prepared[0].source.latent)

    for preset in DRAGON_PRESETS.values():
        _, edited = run(edit(components, prepared, "move", short(preset["move"]), given=given))
        assert bool(edited.isfinite().all())


def test_object_that_is_gone_leaves_a_background_to_draw(
    components: Components, prepared: tuple[Prepared, Prepared]
) -> None:
    given = Move(PLACEMENT, FREE, prepared[0].source.latent, prepared[0].source.latent).without_object()

    made = task_of(given, prepared[0].inversion, prepared[0].inversion, QUALITY["move"])
    _, edited = run(edit(components, prepared, "move", short(QUALITY["move"]), given=given))

    assert given.placement.placed().max() == 0
    assert made.missing.sum() >= 3 * 4
    assert torch.equal(made.start, prepared[0].inversion.latents[-1])
    assert bool(edited.isfinite().all())


def test_noise_of_the_object_goes_to_its_place(prepared: tuple[Prepared, Prepared]) -> None:
    shift = Placement(OBJECT, similarity((31.5, 27.5), by_px=(48.0, 8.0)), SIZE)
    inversion = prepared[0].inversion

    made = task_of(
        Move(shift, FREE, inversion.source, inversion.source), inversion, inversion, REFERENCE_DRAGON["move"]
    )

    z = inversion.latents[-1]
    assert torch.equal(made.start[..., 3:6, 8:12], z[..., 2:5, 2:6])
    assert torch.equal(made.start[..., :3, :], z[..., :3, :])
    assert made.edit.sum() == 12


@torch.no_grad()
def test_recorded_features_are_those_of_the_inversions_own_passes(
    components: Components, prepared: tuple[Prepared, Prepared]
) -> None:
    source, inversion = prepared[0].source, prepared[0].inversion

    for index, t in enumerate(inversion.timesteps):
        z = inversion.latents[index - 1] if index else source.latent
        expected = features_of(components.unet, z, t, source.condition, blocks=guided_blocks(components.unet))
        for recorded, features in zip(inversion.features[t], expected, strict=True):
            torch.testing.assert_close(recorded, features, rtol=1e-4, atol=1e-4)


def test_recorded_features_survive_the_way_through_tensors(prepared: tuple[Prepared, Prepared]) -> None:
    inversion = prepared[0].inversion

    again = Inversion.from_tensors(inversion.tensors(), inversion.timesteps)

    assert again.features.keys() == inversion.features.keys()
    for t, maps in inversion.features.items():
        assert all(torch.equal(a, b) for a, b in zip(again.features[t], maps, strict=True))


def test_nothing_is_recorded_unless_asked_for(components: Components, sources: tuple[Source, Source]) -> None:
    _, inversion = run(invert_for_guidance(components, sources[0], short(REFERENCE_DRAGON["move"])))

    assert inversion.features == {}
    assert Inversion.from_tensors(inversion.tensors(), inversion.timesteps).features == {}


def test_second_edit_of_a_picture_finds_it_prepared(
    components: Components, sources: tuple[Source, Source], tmp_path: Path
) -> None:
    def prepare(preparer: Preparer, settings: DragonSettings) -> tuple[list[Step], Prepared]:
        canvas = sources[0].canvas
        return run(prepare_for_guidance(components, preparer, canvas, prompt="a cat", settings=settings, seed=1))

    settings, preparer = short(QUALITY["move"]), Preparer(components, tmp_path)
    steps, first = prepare(preparer, settings)

    again, in_memory = prepare(preparer, short(QUALITY["paste"]))
    later, on_disk = prepare(Preparer(components, tmp_path), settings)

    assert len(steps) == STEPS
    assert again == later == []
    assert in_memory.inversion is first.inversion
    assert on_disk.inversion.features.keys() == first.inversion.features.keys() == set(first.inversion.timesteps)
    assert len(prepare(preparer, short(REFERENCE_DRAGON["move"]))[0]) == STEPS
