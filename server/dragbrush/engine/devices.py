"""Where the engine computes and in which number format, chosen with a reason that a person can read."""

import gc
from dataclasses import dataclass
from typing import Literal, get_args

import psutil
import torch

from dragbrush.errors import BadRequest

Precision = Literal["auto", "full", "half"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
KINDS = ("cuda", "mps", "cpu")
"""Best first. AMD's cards are "cuda" too in a torch that was built for ROCm."""
_FAST_HALF_FROM = (7, 0)
"""Compute capability of the first NVIDIA cards that are all faster in half precision (Volta); of those before, some
are sixty times slower."""
_FULL = ("can't allocate memory", "out of memory")
"""In the messages of torch's CPU and MPS allocators."""
_NO_HALF = "GTX 16"
"""Their convolutions give NaN in float16."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device, the number format of the networks on it (the VAE stays in single precision), and why."""

    place: torch.device
    dtype: torch.dtype
    reason: str
    """One sentence."""

    @property
    def memory_is_its_own(self) -> bool:
        """Whether moving something to the machine's main memory frees any of the device's."""
        return self.place.type == "cuda"

    @property
    def attends_in_slices(self) -> bool:
        """Whether its attention never holds all the weights of a layer at once."""
        return self.place.type != "mps"

    def memory(self) -> "Memory":
        """What there is now; what torch keeps for reuse counts as free."""
        if self.place.type == "cuda":
            free, total = torch.cuda.mem_get_info(self.place)
            kept = torch.cuda.memory_reserved(self.place) - torch.cuda.memory_allocated(self.place)
            return Memory(free + kept, total)
        machine = psutil.virtual_memory()
        if self.place.type == "mps":
            total = torch.mps.recommended_max_memory()
            return Memory(min(total - torch.mps.current_allocated_memory(), machine.available), total)
        return Memory(machine.available, machine.total)


@dataclass(frozen=True, slots=True)
class Memory:
    """Of a device, in bytes."""

    free: int
    total: int


def choose_device(name: str = "auto", precision: str = "auto") -> Device:
    """`auto` is the fastest that is present, in the number format that suits it; a named device must be present.

    `precision`: "full" is single precision, "half" float16 or bfloat16. Raises `BadRequest`.
    """
    if precision not in PRECISIONS:
        raise BadRequest(f"There is no precision '{precision}'; choose one of {', '.join(PRECISIONS)}.")
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(kind for kind in KINDS if present[kind])
        where = f"{_called(name)} is the fastest device here" if name != "cpu" else f"the CPU, because {_why_no_gpu()}"
    elif name not in present:
        raise BadRequest(f"There is no device '{name}'; choose one of auto, {', '.join(KINDS)}.")
    elif not present[name]:
        raise BadRequest(f"This machine has no {name} device that torch can use; choose --device auto or cpu.")
    else:
        where = f"{_called(name)}, as asked for"
    usual, why = _usual_format(name)
    match precision:
        case "full":
            dtype, why = torch.float32, "as asked for"
        case "half":  # of the two, CPUs have instructions for bfloat16 only
            dtype, why = (torch.bfloat16 if name == "cpu" else torch.float16), "as asked for"
        case _:
            dtype = usual
    return Device(torch.device(name), dtype, f"{where}, in {str(dtype).removeprefix('torch.')}: {why}.")


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether that is what an error says; not every device has a type for it."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _FULL)


def forget_unused(device: torch.device) -> None:
    """Gives back what torch keeps of a device's memory for reuse."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def _usual_format(kind: str) -> tuple[torch.dtype, str]:
    """What a network computes in on a device, and why.

    Half precision is float16, as in the released loops: the edits live on small differences of features, and
    bfloat16 keeps three bits less of them. What it cannot hold of gradients is scaled (`gradients`).
    """
    if kind == "cpu":
        return torch.float32, "CPUs are no faster in half precision"
    if kind == "mps":
        # Hardly faster there, and training in it is known to end in NaN.
        return torch.float32, "the safe format on Apple's chips; half precision takes half the memory"
    if torch.version.hip:
        return torch.float16, "half the memory, and every AMD card computes in it"
    if _NO_HALF in torch.cuda.get_device_name():
        return torch.float32, "half precision gives black pictures on this card"
    if torch.cuda.get_device_capability() < _FAST_HALF_FROM:
        return torch.float32, "this card is no faster in half precision, which takes half the memory"
    return torch.float16, "half the memory, and faster"


def _called(kind: str) -> str:
    """A device by the name that a person knows it by."""
    match kind:
        case "cuda":
            return torch.cuda.get_device_name() + (" (ROCm)" if torch.version.hip else "")
        case "mps":
            return "this Mac's graphics chip"
        case _:
            return "the CPU"


def _why_no_gpu() -> str:
    if torch.version.cuda or torch.version.hip:
        built = "CUDA" if torch.version.cuda else "ROCm"
        return f"torch was built for {built} and finds no card or driver for it"
    if torch.backends.mps.is_built():
        return "torch cannot use this Mac's graphics chip"
    return "this build of torch is for CPUs only"
