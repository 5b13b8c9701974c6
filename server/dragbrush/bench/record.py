"""What a benchmark has done so far, kept on disk as it comes: a long run that was stopped goes on."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dragbrush.bench.case import Pixels
from dragbrush.bench.scores import Scores
from dragbrush.bench.table import Entry, jsonable
from dragbrush.errors import BadRequest, StorageFailed


class Record:
    """A folder of one file of scores for each suite, so that suites may run side by side, and of pictures."""

    def __init__(self, folder: Path, header: Mapping[str, Any]) -> None:
        """Raises `BadRequest` where the folder holds a run of another header, `StorageFailed` where it cannot be."""
        self._folder = folder
        self.entries: list[Entry] = []
        try:
            (folder / "pictures").mkdir(parents=True, exist_ok=True)
            run = folder / "run.json"
            if run.exists() and json.loads(run.read_text(encoding="utf-8")) != header:
                raise BadRequest(
                    f"'{folder}' holds a benchmark of another model, device or seed; choose another folder."
                )
            run.write_text(json.dumps(dict(header), indent=1) + "\n", encoding="utf-8")
            for file in sorted(folder.glob("*.jsonl")):
                lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
                self.entries += [_entry(line) for line in lines if line.endswith("\n")]
        except OSError as error:
            raise StorageFailed(f"{folder} could not be used: {error.strerror or error}.") from error
        self._known = {(e.case, e.row, e.seed) for e in self.entries}

    def __contains__(self, run: tuple[str, str, int]) -> bool:
        """Whether the case was done in the row with the seed."""
        return run in self._known

    def add(self, entry: Entry, picture: Pixels) -> None:
        """Keeps one result; of several seeds the first one's picture. Raises `StorageFailed`."""
        try:
            file = self._picture_file(entry.case, entry.row)
            if not file.exists():
                Image.fromarray(picture).save(file)
            with (self._folder / f"{entry.suite}.jsonl").open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(jsonable(asdict(entry))) + "\n")
        except OSError as error:
            raise StorageFailed(f"{self._folder} could not be written to: {error.strerror or error}.") from error
        self.entries.append(entry)
        self._known.add((entry.case, entry.row, entry.seed))

    def picture(self, case: str, row: str) -> Pixels | None:
        """None where the row has not done the case."""
        file = self._picture_file(case, row)
        return np.asarray(Image.open(file)) if file.exists() else None

    def _picture_file(self, case: str, row: str) -> Path:
        return self._folder / "pictures" / f"{case}.{row}.png"


def _entry(line: str) -> Entry:
    values = json.loads(line)
    scores = {name: math.inf if value == "inf" else value for name, value in values.pop("scores").items()}
    return Entry(scores=Scores(**scores), **values)
