"""Times the phases of edits on a graphics card, with models of the released sizes and random weights.

    python tools/bench_gpu.py                      the tables on the fastest device here
    python tools/bench_gpu.py --tiny               the same code with tiny models, to try it out on a CPU
    python tools/bench_gpu.py --models sd15 --json

For every model and preset: seconds and calls of each phase (identity LoRA, inversion, update of the drag, denoising
step, decoding), the most memory, and what share of the rate at which the card multiplies large matrices the denoiser
reaches in that phase. Then what compiling the denoiser and CUDA graphs gain for one call of it.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, get_args

import torch
from torch.utils.flop_counter import FlopCounterMode

from dragbrush.bench.architectures import TITLES, Architecture, make_components
from dragbrush.bench.memory import PeakMemory
from dragbrush.engine.components import Components
from dragbrush.engine.devices import Device, choose_device, ran_out_of_memory
from dragbrush.engine.features import features_of, predict_noise, supervised_block
from dragbrush.engine.memory.plan import Plan, applied
from dragbrush.engine.memory.rehearsal import META, Work, blank_edit, rehearse
from dragbrush.presets import PRESETS, DragSettings

SPEEDS = ("quality", "reference")
MATRIX, TINY_MATRIX = 8192, 256
"""Side of the matrices that the card's rate is measured with."""
ROUNDS, WARM_UP = 20, 3
STEPS = {"lora_step": 5, "n_pix_step": 5, "n_inference_step": 10}
"""Of an edit that is timed; the first of each phase is left out of the mean, for kernels are chosen in it."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a drag; the seconds of a step, and how many a whole edit has."""

    model: str
    speed: str
    phase: str
    step_s: float
    steps: int
    share_of_rate: float | None


@dataclass(frozen=True, slots=True)
class Edit:
    """One drag of a preset."""

    model: str
    speed: str
    saved_by: tuple[str, ...]
    seconds: float
    peak_gb: float | None
    predicted_gb: float


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the denoiser, by the way it is run."""

    model: str
    way: str
    call_s: float | None
    """None: this way does not work here."""


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=get_args(Architecture), default=get_args(Architecture))
    parser.add_argument("--speeds", nargs="+", choices=SPEEDS, default=SPEEDS)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--tiny", action="store_true", help="tiny models of the same blocks")
    parser.add_argument("--no-compile", action="store_true", help="leave compiling and CUDA graphs out")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    device = choose_device(args.device, args.precision)
    print(device.reason, file=sys.stderr)
    rate = matrix_rate(device, TINY_MATRIX if args.tiny else MATRIX)
    phases: list[Phase] = []
    edits: list[Edit] = []
    calls: list[Call] = []
    for architecture in args.models:
        components = make_components(architecture, device=device.place, dtype=device.dtype, is_tiny=args.tiny)
        for speed in args.speeds:
            edit, its_phases = time_edit(device, components, architecture, speed, rate, is_tiny=args.tiny)
            edits.append(edit)
            phases += its_phases
            print(f"{TITLES[architecture]}, {speed}: {edit.seconds:.1f} s", file=sys.stderr)
        ways = ways_to_call(device) if not args.no_compile else {"as it is": lambda unet: unet}
        calls += [time_call(device, components, architecture, way, wrap) for way, wrap in ways.items()]
        del components
    if args.json:
        found = {"matrix_rate": rate, "edits": edits, "phases": phases, "calls": calls}
        print(json.dumps(found, indent=2, default=asdict))
    else:
        print(markdown(device, rate, edits, phases, calls), end="")


def matrix_rate(device: Device, side: int) -> float:
    """Operations in a second of a product of square matrices, a multiplication and an addition counted as two."""
    a, b = (torch.randn(side, side, device=device.place, dtype=device.dtype) for _ in range(2))
    return 2 * side**3 / seconds_of(device, lambda: a @ b)


def time_edit(
    device: Device, components: Components, architecture: Architecture, speed: str, rate: float, *, is_tiny: bool
) -> tuple[Edit, list[Phase]]:
    """A drag of few steps, timed and scaled up to those of the preset, by the first plan that the device holds."""
    preset, title = PRESETS[speed], TITLES[architecture]
    settings = replace(preset, **STEPS)
    side = components.canvas_side
    work = Work(settings, ((side, side),))
    pretended = make_components(architecture, device=META, dtype=device.dtype, is_tiny=is_tiny)
    operations = operations_of(components, settings, side)
    for plan in (Plan(), Plan(checkpointed=True), Plan(checkpointed=True, offloaded=device.memory_is_its_own)):
        times: defaultdict[str, list[float]] = defaultdict(list)
        peak = PeakMemory(device.place)
        try:
            with applied(components, plan):
                for phase, seconds in timed(device, components, work):
                    times[phase].append(seconds)
            break
        except Exception as error:
            if not ran_out_of_memory(error):
                raise
    else:
        raise SystemExit(f"{title} does not fit on this device.")
    counts = steps_of(preset)
    phases = []
    for phase, count in counts.items():
        if count:
            step_s = mean_of(times[phase])
            share = operations[phase] / step_s / rate if phase in operations else None
            phases.append(Phase(title, speed, phase, step_s, count, share))
    megabytes = peak.megabytes()
    whole = rehearse(pretended, Work(settings, work.canvases), plan, attends_in_slices=device.attends_in_slices).peak
    seconds = sum(phase.step_s * phase.steps for phase in phases)
    measured = None if megabytes is None else megabytes / 1e3
    return Edit(title, speed, plan.measures, seconds, measured, whole / 1e9), phases


def steps_of(settings: DragSettings) -> dict[str, int]:
    """How often a whole drag does a step of each phase."""
    inverted = max(1, round(settings.inversion_strength * settings.n_inference_step))
    return {
        "identity": settings.lora_step,
        "inversion": inverted,
        "warp": inverted if settings.warm_start else 0,
        "drag": settings.n_pix_step,
        "denoise": inverted,
        "decode": 1,
    }


def timed(device: Device, components: Components, work: Work) -> Iterator[tuple[str, float]]:
    """The steps of an edit, each with its seconds; those that only announce one are left out."""
    since = time.perf_counter()
    for step in blank_edit(components, work):
        wait_for(device)
        now = time.perf_counter()
        if step.index:
            yield step.phase, now - since
        since = now


@torch.no_grad()
def operations_of(components: Components, settings: DragSettings, side: int) -> dict[str, float]:
    """Operations of the denoiser in a step of each phase; a way back costs as much as the way there."""
    unet, cells = components.unet, side // components.factor
    latent = torch.zeros(1, 4, cells, cells, device=components.device)
    condition = components.encode_prompt("")
    with FlopCounterMode(display=False) as whole:
        predict_noise(unet, latent, 1, condition)
    with FlopCounterMode(display=False) as part:
        features_of(unet, latent, 1, condition, blocks=[supervised_block(unet)])
    forward = whole.get_total_flops()
    observed = forward if settings.background == "loss" else part.get_total_flops()
    return {
        "identity": 2 * settings.lora_batch_size * forward,
        "inversion": forward,
        "warp": forward,
        "drag": 2 * observed,
        "denoise": (2 if settings.keys_values == "row" else 1) * forward,
    }


def ways_to_call(device: Device) -> dict[str, Callable[[Any], Any]]:
    """The denoiser as it is, compiled, and compiled with CUDA graphs."""
    ways: dict[str, Callable[[Any], Any]] = {"as it is": lambda unet: unet, "compiled": torch.compile}
    if device.place.type == "cuda":
        ways["compiled, CUDA graphs"] = lambda unet: torch.compile(unet, mode="reduce-overhead")
        ways["compiled, channels last"] = lambda unet: torch.compile(unet.to(memory_format=torch.channels_last))
    return ways


@torch.no_grad()
def time_call(
    device: Device, components: Components, architecture: Architecture, way: str, wrap: Callable[[Any], Any]
) -> Call:
    """Seconds of a call for one picture, at the mean of many; a compiler that is not there is told, not fatal."""
    side = components.canvas_side // components.factor
    latent = torch.randn(1, 4, side, side, device=device.place)
    condition = components.encode_prompt("")
    try:
        network = wrap(components.unet)
        network.dtype  # noqa: B018 # compiled modules pass on what the engine asks of a denoiser
        return Call(
            TITLES[architecture],
            way,
            seconds_of(device, lambda: predict_noise(network, latent, 481, condition)),
        )
    except Exception as error:  # whatever a compiler meets on a machine that lacks its tools
        print(f"{way}: {type(error).__name__}: {str(error).splitlines()[0]}", file=sys.stderr)
        return Call(TITLES[architecture], way, None)
    finally:
        with suppress(Exception):
            torch.compiler.reset()


def seconds_of(device: Device, work: Callable[[], Any]) -> float:
    for _ in range(WARM_UP):
        work()
    wait_for(device)
    since = time.perf_counter()
    for _ in range(ROUNDS):
        work()
    wait_for(device)
    return (time.perf_counter() - since) / ROUNDS


def wait_for(device: Device) -> None:
    if device.place.type == "cuda":
        torch.cuda.synchronize(device.place)
    elif device.place.type == "mps":
        torch.mps.synchronize()


def mean_of(times: list[float]) -> float:
    settled = times[1:] or times
    return sum(settled) / len(settled)


def markdown(device: Device, rate: float, edits: list[Edit], phases: list[Phase], calls: list[Call]) -> str:
    """Three tables for people."""
    plain = {call.model: call.call_s for call in calls if call.way == "as it is"}
    lines = [
        f"On {device.reason}",
        f"Matrices are multiplied at {rate / 1e12:.3g} * 10^12 operations a second.",
        "",
        "| model | drag | saved by | s | peak GB | forecast GB |",
        "|---|---|---|---:|---:|---:|",
    ]
    for edit in edits:
        peak = "" if edit.peak_gb is None else f"{edit.peak_gb:.2f}"
        saved_by = ", ".join(edit.saved_by) or "nothing"
        lines.append(
            f"| {edit.model} | {edit.speed} | {saved_by} | {edit.seconds:.2f} | {peak} | {edit.predicted_gb:.2f} |"
        )
    lines += ["", "| model | drag | phase | ms a step | steps | share of the rate |", "|---|---|---|---:|---:|---:|"]
    for phase in phases:
        share = "" if phase.share_of_rate is None else f"{phase.share_of_rate:.0%}"
        lines.append(
            f"| {phase.model} | {phase.speed} | {phase.phase} | {1e3 * phase.step_s:.1f} | {phase.steps} | {share} |"
        )
    lines += ["", "| model | denoiser | ms a call | gain |", "|---|---|---:|---:|"]
    for call in calls:
        usual = plain[call.model]
        if call.call_s is None or usual is None:
            lines.append(f"| {call.model} | {call.way} | not here | |")
        else:
            lines.append(f"| {call.model} | {call.way} | {1e3 * call.call_s:.1f} | {usual / call.call_s:.2f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
