"""How much memory edits take with models of the released sizes, forecast and, on a graphics card, measured."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace

import torch

from dragbrush.bench.architectures import TITLES, Architecture, make_components
from dragbrush.bench.memory import PeakMemory
from dragbrush.engine.components import Components
from dragbrush.engine.devices import Device
from dragbrush.engine.memory.plan import Plan, applied
from dragbrush.engine.memory.rehearsal import META, STEPS, Forecast, Work, blank_edit, rehearse
from dragbrush.presets import DragSettings
from dragbrush.tools import settings_for

EDITS = (("drag", "quality"), ("drag", "reference"), ("move", "quality"))
PLANS = (Plan(), Plan(checkpointed=True), Plan(checkpointed=True, offloaded=True))
TARGETS_GB: dict[tuple[Architecture, str, Plan], float] = {
    ("sd15", "quality drag", PLANS[1]): 6,
    ("sd15", "quality drag", PLANS[2]): 4,
    ("sdxl", "quality drag", PLANS[1]): 14,
    ("sdxl", "quality drag", PLANS[2]): 10,
}
"""What a quality drag is to get by with, on the model's own canvas in half precision, without and with offload."""
DTYPE = torch.float16


@dataclass(frozen=True, slots=True)
class Row:
    """One edit by one plan; 10^9 bytes of tensors on the device at the worst moment."""

    model: str
    canvas_px: int
    edit: str
    saved_by: tuple[str, ...]
    predicted_gb: float
    worst_phase: str
    measured_gb: float | None
    target_gb: float | None


def memory_rows(
    device: Device, *, edits: int = len(EDITS), is_tiny: bool = False, on_progress: Callable[[int, int, str], None]
) -> list[Row]:
    """The first so many of the edits with each model. Measured where the device is a graphics card."""
    chosen = EDITS[:edits]
    total, rows = len(TITLES) * len(chosen) * len(PLANS), []
    for architecture in TITLES:
        for row in _rows(architecture, device, chosen, is_tiny=is_tiny):
            rows.append(row)
            on_progress(len(rows), total, f"{row.model}, {row.edit}")
    return rows


def _rows(
    architecture: Architecture, device: Device, edits: tuple[tuple[str, str], ...], *, is_tiny: bool
) -> Iterator[Row]:
    pretended = make_components(architecture, device=META, dtype=DTYPE, is_tiny=is_tiny)
    real = None
    if device.place.type == "cuda":
        real = make_components(architecture, device=device.place, dtype=DTYPE, is_tiny=is_tiny)
    side = pretended.canvas_side
    for tool, speed in edits:
        work = _work(tool, speed, side)
        for plan in PLANS:
            phases = rehearse(pretended, work, plan).phases
            worst = max(phases, key=lambda phase: phases[phase])
            measured = None if real is None else _measured(real, work, plan)
            edit = f"{speed} {tool}"
            target = None if is_tiny else TARGETS_GB.get((architecture, edit, plan))
            yield Row(TITLES[architecture], side, edit, plan.measures, phases[worst] / 1e9, worst, measured, target)


def forecast(architecture: Architecture, edit: str, plan: Plan) -> Forecast:
    """Of one edit, as "quality drag", on the model's own canvas."""
    speed, tool = edit.split()
    pretended = make_components(architecture, device=META, dtype=DTYPE)
    return rehearse(pretended, _work(tool, speed, pretended.canvas_side), plan)


def _work(tool: str, speed: str, side: int) -> Work:
    settings = settings_for(tool, speed)
    assert settings is not None
    return Work(settings, ((side, side),))


def _measured(components: Components, work: Work, plan: Plan) -> float | None:
    if isinstance(work.settings, DragSettings):  # later steps take no more than the first few
        work = replace(work, settings=replace(work.settings, lora_step=STEPS, n_pix_step=STEPS))
    with applied(components, plan):
        torch.cuda.empty_cache()
        peak = PeakMemory(components.device)
        for _ in blank_edit(components, work):
            pass
        megabytes = peak.megabytes()
    return None if megabytes is None else megabytes / 1e3


def markdown(rows: list[Row]) -> str:
    """A table for people."""
    lines = [
        f"Memory in GB (10^9 bytes) of tensors in {str(DTYPE).removeprefix('torch.')}, the VAE in float32.",
        "",
        "| model | edit | saved by | forecast | in | measured | target |",
        "|---|---|---|---:|---|---:|---:|",
    ]
    for row in rows:
        measured = "" if row.measured_gb is None else f"{row.measured_gb:.2f}"
        target = "" if row.target_gb is None else f"{row.target_gb:g}"
        saved_by = ", ".join(row.saved_by) or "nothing"
        lines.append(
            f"| {row.model} at {row.canvas_px} | {row.edit} | {saved_by} | {row.predicted_gb:.2f} | {row.worst_phase} "
            f"| {measured} | {target} |"
        )
    return "\n".join(lines) + "\n"


def to_json(rows: list[Row]) -> str:
    return json.dumps([asdict(row) for row in rows], indent=2) + "\n"
