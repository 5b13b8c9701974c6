"""The table of a benchmark: every score, and what each row reached on parts and on whole objects."""

import json
import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from dragbrush.bench.scores import Scores

Block = Literal["part", "object"]
BLOCKS: dict[Block, str] = {"part": "Parts of objects", "object": "Whole objects"}
NEAR_PX = (2, 4)
"""Of 64: distances within which a drag is counted as done, strictly and loosely."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One case edited in one way."""

    case: str
    moves: Block
    length_px: float
    """Of the wanted motion."""
    row: str
    scores: Scores
    seconds: float
    """Of the whole edit, nothing prepared or cached; the model is loaded."""
    evaluations: int
    """Samples through the denoiser, forward and backward."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One row over the cases of one block."""

    row: str
    moves: Block
    n: int
    remaining_per_64: float
    within: tuple[float, ...]
    """Share of the cases that remain within each of NEAR_PX."""
    match_per_64: float | None
    """Median, by the thing's own pixels; None for parts."""
    psnr_inside: float
    psnr_outside: float
    """Median; infinite where most results equal the source."""
    seconds: float
    evaluations: float


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
        return list(dict.fromkeys(entry.row for entry in self.entries))

    def __iter__(self) -> Iterator[Aggregate]:
        """The rows on parts, then the rows on whole objects."""
        for moves in BLOCKS:
            for row in self.rows:
                found = self.aggregate(row, moves)
                if found is not None:
                    yield found

    def aggregate(self, row: str, moves: Block) -> Aggregate | None:
        """None where the row has no case of the block."""
        entries = [e for e in self.entries if e.row == row and e.moves == moves]
        if not entries:
            return None
        remaining = [e.scores.remaining_per_64 for e in entries]
        matches = [e.scores.match_px * 64 / self.side for e in entries if e.scores.match_px is not None]
        return Aggregate(
            row,
            moves,
            len(entries),
            _mean(remaining),
            tuple(_mean([distance <= near for distance in remaining]) for near in NEAR_PX),
            statistics.median(matches) if matches else None,
            _mean([e.scores.psnr_inside for e in entries]),
            statistics.median(e.scores.psnr_outside for e in entries),
            _mean([e.seconds for e in entries]),
            _mean([e.evaluations for e in entries]),
        )

    def seconds_ratio(self, row: str, other: str) -> float | None:
        """How long `row` took, of the time of `other` on the same cases; None where one was not run."""
        spent = {name: {e.case: e.seconds for e in self.entries if e.row == name} for name in (row, other)}
        both = spent[row].keys() & spent[other].keys()
        below = sum(spent[other][case] for case in both)
        return sum(spent[row][case] for case in both) / below if below else None

    def markdown(self) -> str:
        """Two tables, for parts and whole objects, and how to read them."""
        lines = [f"Model {self.model} on {self.device}, pictures of {self.side} px, seed {self.seed}.", ""]
        for moves, title in BLOCKS.items():
            found = [a for a in self if a.moves == moves]
            if found:
                lines += [f"**{title}** (n = {max(a.n for a in found)})", "", *_markdown_rows(found, self.titles), ""]
        ratio = self.seconds_ratio("quality", "reference")
        if ratio is not None:
            lines += [f"`quality` took {ratio:.0%} of the time of `reference`.", ""]
        lines += [
            "Remaining: px of 64 from where the redrawn scene nearest to the result has the thing to where the truth "
            "has it, mean. Inside: PSNR against the truth within the mask, mean. Outside: against the source, median; "
            "= where nothing changed. Seconds are of whole edits with nothing cached. Evaluations: samples through "
            "the denoiser, forward and backward.",
        ]
        return "\n".join(lines) + "\n"

    def to_json(self) -> str:
        """All entries and aggregates; an infinite PSNR is the text "inf"."""
        content = {
            "model": self.model,
            "device": self.device,
            "seed": self.seed,
            "side": self.side,
            "near_px_of_64": NEAR_PX,
            "quality_to_reference_seconds": self.seconds_ratio("quality", "reference"),
            "aggregates": [asdict(a) for a in self],
            "entries": [asdict(entry) for entry in self.entries],
        }
        return json.dumps(_finite(content), indent=1) + "\n"


def _markdown_rows(found: Sequence[Aggregate], titles: Mapping[str, str]) -> Iterable[str]:
    shares = "".join(f" <= {near} px |" for near in NEAR_PX)
    with_match = any(a.match_per_64 is not None for a in found)
    yield f"| row | remaining px |{shares}{' template px |' if with_match else ''} inside dB | outside dB | s | evals |"
    yield "|---|" + "--:|" * (5 + len(NEAR_PX) + with_match)
    for a in found:
        cells = [titles[a.row], f"{a.remaining_per_64:.2f}", *(f"{share:.0%}" for share in a.within)]
        if with_match:
            cells.append("" if a.match_per_64 is None else f"{a.match_per_64:.2f}")
        outside = "=" if math.isinf(a.psnr_outside) else f"{a.psnr_outside:.1f}"
        inside = "=" if math.isinf(a.psnr_inside) else f"{a.psnr_inside:.1f}"
        cells += [inside, outside, f"{a.seconds:.2f}", f"{a.evaluations:.0f}"]
        yield "| " + " | ".join(cells) + " |"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _finite(value: Any) -> Any:  # any JSON content
    if isinstance(value, dict):
        return {key: _finite(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else "inf"
    return value
