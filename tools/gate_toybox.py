"""Measures an exported embedded model against its gates, on scenes it was not trained on.

    python tools/gate_toybox.py server/dragbrush/models/toybox --out out/gates
    python tools/gate_toybox.py server/dragbrush/models/toybox --out out/gates --quick --only 1 3

Prints a table and writes gates.md (the table), gates.json (with every case's values) and samples.png (pictures drawn
from noise) to the folder, where it also keeps the classifier that it trains. About half an hour on a processor core.

1  autoencoder: PSNR of its round trip, deviation of its latents
2  error of the predicted noise, by fifth of the timesteps
3  pictures drawn from noise: a classifier names the captioned kind
4  correspondence: the supervised block's features find a moved thing again
5  inversion and denoising give the picture back
6  the inverted latent looks like noise
7  a drag towards the true result's features arrives; it shows the model, not a method
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from dragbrush.engine.devices import choose_device
from dragbrush.engine.loading import load_components
from gates.marks import FULL, GATES, QUICK, Subject
from gates.verdict import Row, markdown, shortfalls


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="a diffusers folder")
    parser.add_argument("--out", type=Path, required=True, help="folder for the table, the values and the samples")
    parser.add_argument("--quick", action="store_true", help="fewer samples and cases")
    parser.add_argument("--only", type=int, nargs="+", choices=GATES, help="these gates alone")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where a mark is missed")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    components = load_components(args.model, device=choose_device(args.device).place)
    subject = Subject(components, QUICK if args.quick else FULL, args.out)
    facts = {"model": str(args.model), "device": str(components.device), "is_quick": args.quick}
    rows: list[Row] = []
    values: dict[str, Any] = {}
    began = time.monotonic()
    for number in args.only or GATES:
        gate_rows, gate_values = GATES[number](subject)
        rows += gate_rows
        values[f"gate {number}"] = gate_values
        # After each gate, so that a run that is stopped leaves what it has measured.
        report = facts | {"took_s": round(time.monotonic() - began, 1)}
        report |= {"rows": [row.as_json() for row in rows], "values": values}
        (args.out / "gates.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        (args.out / "gates.md").write_text(markdown(rows), encoding="utf-8")
        print(f"gate {number} after {report['took_s']:.0f} s", flush=True)
    print("\n" + markdown(rows))
    held = [row for row in rows if row.verdict != "recorded"]
    short = shortfalls(rows)
    print(f"{len(held) - len(short)} of {len(held)} marks are reached")
    return 1 if args.strict and short else 0


if __name__ == "__main__":
    raise SystemExit(main())
