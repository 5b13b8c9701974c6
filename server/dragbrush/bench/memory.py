"""The most memory that a stretch of work took."""

from pathlib import Path

import torch

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
_RESET_PEAK = "5"


class PeakMemory:
    """Of a GPU what its tensors took, on Linux's CPUs what the whole process took, elsewhere unknown.

    The kernel's own mark of the peak is set back at the start (proc(5), clear_refs and VmHWM).
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._is_told = True
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        else:
            try:
                _CLEAR.write_text(_RESET_PEAK)
            except OSError:
                self._is_told = False

    def megabytes(self) -> float | None:
        """Since the start; 10^6 bytes."""
        if self._device.type == "cuda":
            return torch.cuda.max_memory_allocated(self._device) / 1e6
        if not self._is_told:
            return None
        peak = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024 / 1e6
