"""The threat model names a test for each threat, and the tests are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "THREAT_MODEL.md").read_text("utf-8").splitlines()
    if line.startswith("| **")
]


def test_every_threat_names_its_tests() -> None:
    assert len(ROWS) > 30
    for row in ROWS:
        assert len(row) == 3, row
        files = re.findall(r"`(tests/[^`]+)`", row[2])
        assert files, row[0]
        assert [file for file in files if not (ROOT / file).is_file()] == [], row[0]
