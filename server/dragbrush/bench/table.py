"""The table of a benchmark: every score, and what each row reached on each suite."""

import json
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dragbrush.bench.scores import Scores

NEAR_PX = 2
"""Of 64: distance within which an edit is counted as arrived."""
CENTRED_PX = 0.75
"""Of 64, as 3 px of 256: distance within which an object's middle is counted as at its place."""
POSED_SIZE, POSED_DEGREES = 0.06, 5.0
"""Errors of size and of angle up to which they are counted as right."""
VACATED_DB = 6.0
"""By which the place that an object left must be nearer to the truth than it was."""
COLOUR_SHARE = 0.15
"""Of the way of an object's mean colour that may be left."""
RESAMPLES, CONFIDENCE = 2000, 0.95
"""Of the bootstrap over cases (Efron 1979), by percentiles."""
COMPARED = (
    ("move-quality", "move-instant"),
    ("move-quality", "reference-dragon"),
    ("quality", "plain-pixels"),
    ("quality", "colour-statistics"),
    ("dragon-quality", "quality"),
    ("dragon-quality", "reference-dragon"),
)
"""Rows set beside each other, case by case."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One case edited in one way with one seed."""

    case: str
    suite: str
    is_busy: bool
    row: str
    seed: int
    scores: Scores
    seconds: float
    """Of the whole edit, nothing prepared or cached; the model is loaded."""
    evaluations: int
    """Samples through the denoiser, forward and backward."""
    peak_mb: float | None
    """Most memory during the edit: of the device, or on a CPU of the whole process; None where it cannot be told."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over cases, each the mean of its seeds, with its bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One row over the cases of one suite."""

    row: str
    suite: str
    cases: int
    seeds: int
    remaining_per_64: Mean | None
    arrived: float | None
    """Share within NEAR_PX."""
    match_per_64: float | None
    """Median; None for parts."""
    psnr_inside: Mean
    ssim_inside: Mean
    left_over: float | None
    psnr_outside: float
    """Median; infinite where most results equal the source."""
    seconds: float
    evaluations: float
    peak_mb: float | None
    centre_per_64: float | None
    """Mean."""
    centred: float | None
    """Share within CENTRED_PX."""
    posed: float | None
    """Share of the right size and angle."""
    vacated: float | None
    """Share of VACATED_DB and more."""
    colour_error: float | None
    """Median."""
    recoloured: float | None
    """Share within COLOUR_SHARE."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a benchmark measured."""

    model: str
    device: str
    seed: int
    side: int
    titles: Mapping[str, str]
    """Of the rows, by name."""
    entries: tuple[Entry, ...]

    @property
    def rows(self) -> list[str]:
        """Those measured, in the order of the titles."""
        found = {entry.row for entry in self.entries}
        return [row for row in self.titles if row in found]

    def rows_of(self, suite: str) -> list[str]:
        """Those of one suite."""
        found = {entry.row for entry in self.entries if entry.suite == suite}
        return [row for row in self.titles if row in found]

    @property
    def suites(self) -> list[str]:
        return list(dict.fromkeys(entry.suite for entry in self.entries))

    def aggregates(self, suite: str) -> list[Aggregate]:
        return [a for row in self.rows if (a := self.aggregate(row, suite)) is not None]

    def aggregate(self, row: str, suite: str) -> Aggregate | None:
        """None where the row has no case of the suite."""
        entries = [e for e in self.entries if e.row == row and e.suite == suite]
        if not entries:
            return None
        by_case: dict[str, list[Entry]] = {}
        for entry in entries:
            by_case.setdefault(entry.case, []).append(entry)

        def mean(value: Callable[[Entry], float]) -> Mean:
            return bootstrap([statistics.fmean(map(value, of_case)) for of_case in by_case.values()])

        def known(name: str) -> list[float]:
            values = (getattr(e.scores, name) for e in entries)
            return [value for value in values if value is not None]

        matches, left, remaining = (known(name) for name in ("match_per_64", "left_over", "remaining_per_64"))
        centres, gains, colours = (known(name) for name in ("centre_per_64", "vacated_gain", "colour_error"))
        posed = [
            size <= POSED_SIZE and degrees <= POSED_DEGREES
            for size, degrees in zip(map(abs, known("size_error")), known("degrees_error"), strict=True)
        ]
        peaks = [e.peak_mb for e in entries if e.peak_mb is not None]
        return Aggregate(
            row=row,
            suite=suite,
            cases=len(by_case),
            seeds=max(map(len, by_case.values())),
            remaining_per_64=mean(lambda e: e.scores.remaining_per_64 or 0.0) if remaining else None,
            arrived=_share(px <= NEAR_PX for px in remaining),
            match_per_64=statistics.median(matches) if matches else None,
            psnr_inside=mean(lambda e: e.scores.psnr_inside),
            ssim_inside=mean(lambda e: e.scores.ssim_inside),
            left_over=statistics.fmean(left) if left else None,
            psnr_outside=statistics.median(e.scores.psnr_outside for e in entries),
            seconds=statistics.fmean(e.seconds for e in entries),
            evaluations=statistics.fmean(e.evaluations for e in entries),
            peak_mb=max(peaks) if peaks else None,
            centre_per_64=statistics.fmean(centres) if centres else None,
            centred=_share(px <= CENTRED_PX for px in centres),
            posed=_share(posed),
            vacated=_share(db >= VACATED_DB for db in gains),
            colour_error=statistics.median(colours) if colours else None,
            recoloured=_share(share <= COLOUR_SHARE for share in colours),
        )

    def seconds_ratio(self, row: str, other: str, suite: str | None = None) -> float | None:
        """How long `row` took, of the time of `other` on the same cases; None where one was not run."""
        spent = {
            name: {(e.case, e.seed): e.seconds for e in self.entries if e.row == name and suite in (None, e.suite)}
            for name in (row, other)
        }
        both = spent[row].keys() & spent[other].keys()
        below = sum(spent[other][run] for run in both)
        return sum(spent[row][run] for run in both) / below if below else None

    def gain(self, row: str, other: str, suite: str) -> Mean | None:
        """How much nearer to the truth `row` is than `other`, dB inside, case by case; None where one was not run."""
        found = {
            name: {e.case: e.scores.psnr_inside for e in reversed(self.entries) if e.row == name and e.suite == suite}
            for name in (row, other)
        }
        both = sorted(found[row].keys() & found[other].keys())
        return bootstrap([found[row][case] - found[other][case] for case in both]) if both else None

    def markdown(self) -> str:
        """A table for each suite, and how to read them."""
        lines = [f"Model {self.model} on {self.device}, pictures of {self.side} px, scenes of seed {self.seed}.", ""]
        for suite in self.suites:
            of_suite = {e.case: e.is_busy for e in self.entries if e.suite == suite}
            lines += [
                f"**{suite}** ({len(of_suite)} cases, {sum(of_suite.values())} occluded or on an uneven background)",
                "",
                *_markdown_rows(self.aggregates(suite), self.titles),
                "",
                *(line for pair in COMPARED for line in self._compared(*pair, suite)),
            ]
        ratio = self.seconds_ratio("quality", "reference")
        if ratio is not None:
            lines += [f"`quality` took {ratio:.0%} of the time of `reference` on the same cases.", ""]
        lines += [
            "n: cases x seeds. Remaining: px of 64 from where the redrawn scene nearest to the result has the handles' "
            f"content to where the truth has it. Arrived: within {NEAR_PX} px. Template: px of 64 from where the "
            "truth's thing fits the result best to its true place, median. Inside: against the truth within the mask. "
            "Left over: share of the uncovered place that still looks like the source. Outside: PSNR against the "
            "source, median; = where nothing changed. Seconds are of whole edits with nothing cached. In brackets: "
            f"{CONFIDENCE:.0%} of {RESAMPLES} bootstrap samples of the cases.",
            "",
            "Centre: px of 64 from the object's middle, in the scene redrawn with the object in poses round the true "
            f"one that is nearest to the result, to its true place; at place: within {CENTRED_PX} px, which is 3 px of "
            f"256. Pose: share with the size right within {POSED_SIZE:.0%} and the angle within {POSED_DEGREES:.0f} "
            f"degrees. Closed: share whose vacated place is {VACATED_DB:.0f} dB or more nearer to the truth than the "
            "source is. Colour: distance of the object's mean colour from the truth's, of the source's distance, "
            f"median; reached: share within {COLOUR_SHARE:.0%}.",
        ]
        return "\n".join(lines) + "\n"

    def _compared(self, row: str, other: str, suite: str) -> list[str]:
        gain, ratio = self.gain(row, other, suite), self.seconds_ratio(row, other, suite)
        if gain is None or ratio is None:
            return []
        time = f", in {ratio:.0%} of its time" if ratio < 1 else ""
        return [f"`{row}` is {gain.value:+.2f} dB ({gain.low:+.2f} to {gain.high:+.2f}) from `{other}`{time}.", ""]

    def to_json(self) -> str:
        """All entries and aggregates; an infinite PSNR is the text "inf"."""
        content = {
            "model": self.model,
            "device": self.device,
            "seed": self.seed,
            "side": self.side,
            "near_px_of_64": NEAR_PX,
            "quality_to_reference_seconds": self.seconds_ratio("quality", "reference"),
            "aggregates": [asdict(a) for suite in self.suites for a in self.aggregates(suite)],
            "entries": [asdict(entry) for entry in self.entries],
        }
        return json.dumps(jsonable(content), indent=1) + "\n"


def bootstrap(values: Sequence[float]) -> Mean:
    """The mean of a few values and the interval of the means of their resamples; the same for the same values."""
    value = statistics.fmean(values)
    if not math.isfinite(value) or len(values) == 1:
        return Mean(value, value, value)
    drawn = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    means = np.array(values)[drawn].mean(axis=1)
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Mean(value, float(low), float(high))


def _share(are: Iterable[bool]) -> float | None:
    counted = list(are)
    return statistics.fmean(counted) if counted else None


COLUMNS: Mapping[str, Callable[[Aggregate], str]] = {
    "n": lambda a: str(a.cases) if a.seeds == 1 else f"{a.cases} x {a.seeds}",
    "remaining px": lambda a: "" if a.remaining_per_64 is None else _interval(a.remaining_per_64, 1),
    "arrived": lambda a: _percent(a.arrived),
    "template px": lambda a: "" if a.match_per_64 is None else f"{a.match_per_64:.1f}",
    "centre px": lambda a: "" if a.centre_per_64 is None else f"{a.centre_per_64:.1f}",
    "at place": lambda a: _percent(a.centred),
    "pose": lambda a: _percent(a.posed),
    "inside dB": lambda a: _interval(a.psnr_inside, 1),
    "SSIM": lambda a: f"{a.ssim_inside.value:.2f}",
    "left over": lambda a: _percent(a.left_over),
    "closed": lambda a: _percent(a.vacated),
    "colour": lambda a: _percent(a.colour_error),
    "reached": lambda a: _percent(a.recoloured),
    "outside dB": lambda a: "=" if math.isinf(a.psnr_outside) else f"{a.psnr_outside:.1f}",
    "s": lambda a: f"{a.seconds:.2f}" if a.seconds < SECONDS_WITHOUT_FRACTION else f"{a.seconds:.0f}",
    "MB": lambda a: "" if a.peak_mb is None else f"{a.peak_mb:.0f}",
}
"""Cells of a row by the column's head; a column without any is left out."""
SECONDS_WITHOUT_FRACTION = 10


def _markdown_rows(found: Sequence[Aggregate], titles: Mapping[str, str]) -> Iterable[str]:
    cells = {head: [cell(a) for a in found] for head, cell in COLUMNS.items()}
    shown = {head: column for head, column in cells.items() if any(column)}
    yield "| " + " | ".join(["row", *shown]) + " |"
    yield "|---|" + "--:|" * len(shown)
    for i, a in enumerate(found):
        yield "| " + " | ".join([titles[a.row], *(column[i] for column in shown.values())]) + " |"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _interval(mean: Mean, digits: int) -> str:
    if not math.isfinite(mean.value):
        return "="
    return f"{mean.value:.{digits}f} ({mean.low:.{digits}f} to {mean.high:.{digits}f})"


def jsonable(value: Any) -> Any:  # any JSON content
    """With "inf" for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: jsonable(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(v) for v in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else "inf"
    return value
