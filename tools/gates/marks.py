"""The gates: each measures one thing about a model and holds it to its mark."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dragbrush.bench.cases import Case, suite_cases
from dragbrush.bench.kinds import KIND_NAMES
from dragbrush.bench.paint import render
from dragbrush.bench.scores import psnr as pixel_psnr
from dragbrush.bench.words import captions
from dragbrush.bench.world import draw_scenes
from dragbrush.engine.components import Components
from gates.classifier import accuracy, draw_singles, kept_or_trained, kind_of, named, single_scenes
from gates.correspondence import point_errors
from gates.measures import kurtosis, mean, mean_psnr
from gates.oracle import oracle_scores
from gates.prior import draw, noise_errors
from gates.sheet import sheet
from gates.trips import Trip, as_canvas, as_picture, make_trip, round_trip_psnr
from gates.verdict import Row

HELD_OUT_SEED = 800_000_000
SUITE = "drag-object"
DRAWN_AT_ONCE = 50
ON_SHEET = 24
NEAR_FOUND, NEAR_DRAGGED = 3 / 64, 2.0
"""Share of the width, and pixels of 64."""
Values = list[dict[str, Any]]
"""What single cases gave."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each are measured."""

    scenes: int
    samples: int
    pairs: int
    trips: int
    drags: int


FULL = Counts(scenes=64, samples=200, pairs=32, trips=32, drags=32)
QUICK = Counts(scenes=64, samples=50, pairs=16, trips=8, drags=4)


class Subject:
    """The model, and what several gates share, made when it is first asked for."""

    def __init__(self, components: Components, counts: Counts, out: Path) -> None:
        self.components, self.counts, self.out = components, counts, out
        self.side = components.canvas_side
        self._cases: list[Case] = []
        self._trips: list[Trip] = []

    def cases(self, count: int) -> list[Case]:
        if len(self._cases) < count:
            self._cases = suite_cases(SUITE, count, side=self.side)
        return self._cases[:count]

    def trips(self, count: int) -> list[Trip]:
        for case in self.cases(count)[len(self._trips) :]:
            self._trips.append(make_trip(self.components, case))
        return self._trips[:count]


def autoencoder_gate(subject: Subject) -> tuple[list[Row], Values]:
    components, count = subject.components, subject.counts.scenes
    scenes = draw_scenes(count, torch.Generator().manual_seed(HELD_OUT_SEED))
    pictures = render(scenes, subject.side, subject.side).to(components.device)
    latents = _encoded(components, pictures)
    decoded = _decoded(components, latents)
    return [
        Row(1, f"autoencoder, mean PSNR of {count} scenes", mean_psnr(decoded, pictures), "dB", low=29.0, digits=1),
        Row(1, "deviation of its scaled latents", latents.std().item(), low=0.95, high=1.05, digits=3),
    ], []


def noise_gate(subject: Subject) -> tuple[list[Row], Values]:
    components = subject.components
    scenes = draw_scenes(subject.counts.scenes, torch.Generator().manual_seed(HELD_OUT_SEED))
    latents = _encoded(components, render(scenes, subject.side, subject.side))
    errors = noise_errors(components, latents, captions(scenes))
    return [
        Row(2, f"noise error, t {200 * fifth} to {200 * fifth + 199}", error, digits=4)
        for fifth, error in enumerate(errors)
    ], []


def samples_gate(subject: Subject) -> tuple[list[Row], Values]:
    components, side, count = subject.components, subject.side, subject.counts.samples
    classifier = kept_or_trained(subject.out / f"classifier-{side}.safetensors", side, components.device)
    pictures, kinds = draw_singles(side, components.device)(HELD_OUT_SEED + 1, 512)
    decoded = _decoded(components, _encoded(components, pictures))
    scenes = single_scenes(count, HELD_OUT_SEED + 2)
    texts, wanted = captions(scenes), kind_of(scenes)
    starts = range(0, count, DRAWN_AT_ONCE)
    drawn = torch.cat([draw(components, texts[i : i + DRAWN_AT_ONCE], seed=i) for i in starts])
    seen = named(classifier, drawn).cpu()
    is_named = seen == wanted
    shown = min(count, ON_SHEET)
    notes = [(f"seen as: {KIND_NAMES[k]}", bool(good)) for k, good in zip(seen[:shown], is_named[:shown], strict=True)]
    renders = render(scenes[:shown], side, side)
    sheet(drawn[:shown], renders, texts[:shown], notes).save(subject.out / "samples.png")
    rows = [
        Row(3, f"captioned kind named, {count} samples", is_named.float().mean().item(), "share", low=0.8),
        Row(3, "same on held-out renders", accuracy(classifier, pictures, kinds), "share"),
        Row(3, "same on renders through the autoencoder", accuracy(classifier, decoded, kinds), "share"),
    ]
    samples = [
        {"caption": text, "kind": KIND_NAMES[k], "seen_as": KIND_NAMES[s]}
        for text, k, s in zip(texts, wanted, seen, strict=True)
    ]
    return rows, samples


def correspondence_gate(subject: Subject) -> tuple[list[Row], Values]:
    rows = []
    for t, low in ((401, 0.9), (701, 0.75)):
        errors = torch.cat([point_errors(subject.components, case, t) for case in subject.cases(subject.counts.pairs)])
        what = f"found within 3/64 at t {t}, {len(errors)} points"
        rows.append(Row(4, what, (errors <= NEAR_FOUND).float().mean().item(), "share", low=low))
        rows.append(Row(4, f"median error at t {t}, of a width of 64", 64 * errors.median().item(), "px"))
    return rows, []


def round_trip_gate(subject: Subject) -> tuple[list[Row], Values]:
    trips = subject.trips(subject.counts.trips)
    values = [round_trip_psnr(subject.components, trip) for trip in trips]
    rows = [
        Row(5, f"round trip inside the mask, worst of {len(values)}", min(values), "dB", low=38.0, digits=1),
        Row(5, "same, mean", mean(values), "dB", digits=1),
        Row(5, "same, share at 38 dB or more", mean([float(v >= 38) for v in values]), "share"),
    ]
    return rows, [{"case": trip.case.name, "psnr": value} for trip, value in zip(trips, values, strict=True)]


def inverted_gate(subject: Subject) -> tuple[list[Row], Values]:
    trips = subject.trips(subject.counts.trips)
    ends = [trip.prepared.inversion.latents[-1] for trip in trips]
    deviations, kurtoses = [z.std().item() for z in ends], [kurtosis(z) for z in ends]
    at = f"inverted latent at t {trips[0].prepared.inversion.timesteps[-1]}"
    rows = [
        Row(6, f"{at}, deviation", mean(deviations), low=0.95, high=1.03, digits=3),
        Row(6, f"{at}, kurtosis", mean(kurtoses), high=3.3),
    ]
    return rows, [
        {"case": trip.case.name, "deviation": d, "kurtosis": k}
        for trip, d, k in zip(trips, deviations, kurtoses, strict=True)
    ]


def oracle_gate(subject: Subject) -> tuple[list[Row], Values]:
    components, values = subject.components, []
    for trip in subject.trips(subject.counts.drags):
        case, inside = trip.case, trip.case.mask > 0
        scores = oracle_scores(components, trip)
        undragged = as_picture(components, trip.back)
        ceiling = as_picture(components, components.encode(as_canvas(case.truth))[0])
        values.append(
            {
                "case": case.name,
                "remaining_per_64": scores.remaining_per_64,
                "psnr_inside": scores.psnr_inside,
                "psnr_inside_no_drag": pixel_psnr(undragged, case.truth, inside),
                "psnr_inside_ceiling": pixel_psnr(ceiling, case.truth, inside),
            }
        )
        print(f"gate 7, {case.name}: {scores.remaining_per_64:.1f} px of 64 left, {scores.psnr_inside:.1f} dB")
    near = mean([float(v["remaining_per_64"] <= NEAR_DRAGGED) for v in values])
    inside, no_drag, ceiling = (mean([v[f"psnr_inside{end}"] for v in values]) for end in ("", "_no_drag", "_ceiling"))
    rows = [
        Row(7, f"oracle drag within 2/64, {len(values)} cases", near, "share", low=0.95),
        Row(7, "oracle drag, mean PSNR inside", inside, "dB", low=21.0, digits=1),
        Row(7, "inverted and denoised, no drag, PSNR inside", no_drag, "dB", digits=1),
        Row(7, "autoencoder's round trip of the truth, PSNR inside", ceiling, "dB", digits=1),
    ]
    return rows, values


def _encoded(components: Components, pictures: Tensor) -> Tensor:
    return torch.cat([components.encode(piece)[0] for piece in pictures.split(32)])


def _decoded(components: Components, latents: Tensor) -> Tensor:
    return torch.cat([components.decode(piece) for piece in latents.split(32)])


GATES: dict[int, Callable[[Subject], tuple[list[Row], Values]]] = {
    1: autoencoder_gate,
    2: noise_gate,
    3: samples_gate,
    4: correspondence_gate,
    5: round_trip_gate,
    6: inverted_gate,
    7: oracle_gate,
}
