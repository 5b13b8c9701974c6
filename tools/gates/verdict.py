"""Rows of the table of gates: a measured value, what it is held to, and whether it holds."""

from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["PASS", "SHORT", "recorded"]
HEADINGS = ("gate", "what", "measured", "wanted", "verdict")


@dataclass(frozen=True, slots=True)
class Row:
    """One measured value. Without a limit it is only recorded."""

    gate: int
    what: str
    value: float
    unit: str = ""
    low: float | None = None
    high: float | None = None
    digits: int = 2

    @property
    def verdict(self) -> Verdict:
        if self.low is None and self.high is None:
            return "recorded"
        # Written so that a value that is not a number falls short.
        is_good = (self.low is None or self.value >= self.low) and (self.high is None or self.value <= self.high)
        return "PASS" if is_good and self.value == self.value else "SHORT"

    @property
    def wanted(self) -> str:
        low, high = (None if v is None else self._shown(v) for v in (self.low, self.high))
        if low and high:
            return f"{low} to {high}"
        return f">= {low}" if low else f"<= {high}" if high else ""

    def cells(self) -> tuple[str, ...]:
        return (str(self.gate), self.what, self._shown(self.value), self.wanted, self.verdict)

    def as_json(self) -> dict[str, Any]:
        # Standard JSON has no infinity and no "not a number".
        value = self.value if abs(self.value) < float("inf") else str(self.value)
        return {
            "gate": self.gate, "what": self.what, "value": value, "unit": self.unit,
            "low": self.low, "high": self.high, "verdict": self.verdict,
        }  # fmt: skip

    def _shown(self, value: float) -> str:
        return f"{100 * value:.1f} %" if self.unit == "share" else f"{value:.{self.digits}f} {self.unit}".strip()


def markdown(rows: list[Row]) -> str:
    """The rows as a markdown table, columns of even width so that it reads as plain text too."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    shown = ["| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |" for line in lines]
    shown.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(shown) + "\n"


def shortfalls(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.verdict == "SHORT"]
