"""How much memory edits may take on a device, and by which plan each of them stays below that."""

import logging
import math
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from dragbrush.engine.components import Components
from dragbrush.engine.devices import Device
from dragbrush.engine.memory.offload import parts_of, tensors_of
from dragbrush.engine.memory.plan import Plan, plans_for
from dragbrush.engine.memory.rehearsal import Forecast, Size, Work, rehearse, without_content
from dragbrush.errors import OutOfMemory
from dragbrush.presets import DragSettings

USABLE = 0.9
"""Share of a device's memory that tensors can have; libraries work in some of it, and gaps are left between tensors."""
ROOMY = 20
"""Times the size of the weights: no edit was found to take that much, so that with more there is nothing to plan."""
_LOG = logging.getLogger(__name__)
Value = TypeVar("Value")


class _Unforetold(Exception):
    """The rehearsal failed."""


class Budget:
    """What one device can hold of one model's edits: as it says itself, and as is learned when it could not."""

    def __init__(self, device: Device, components: Components) -> None:
        self._device = device
        self._components = components
        # Now, before the parts have run: transformers' leave hooks behind that no copy can do without.
        self._twin = _foretelling(lambda: without_content(components))
        self._weights = sum(tensor.nbytes for part in parts_of(components) for tensor in tensors_of(part))
        self._too_much = math.inf
        self._forecasts: dict[tuple[Work, Plan], Forecast] = {}

    def plan_for(self, work: Work) -> Plan:
        """The first plan that fits; the plain one where nothing can be foretold.

        Raises `OutOfMemory` where none fits.
        """
        kind = self._device.place.type
        tensors = [tensor for part in parts_of(self._components) for tensor in tensors_of(part)]
        loaded = sum(tensor.nbytes for tensor in tensors if tensor.device.type == kind)
        limit = min(USABLE * (self._device.memory().free + loaded), self._too_much)
        if limit > ROOMY * self._weights:
            return Plan()
        plans = plans_for(self._device)
        try:
            fitting = next((plan for plan in plans if self._peak(work, plan) < limit), None)
        except _Unforetold:
            return Plan()
        if fitting is None:
            raise OutOfMemory(self._advice(work, plans[-1], limit))
        return fitting

    def ran_out(self, work: Work, plan: Plan) -> None:
        """Learns that the device could not hold an edit. Raises `OutOfMemory` where nothing can be foretold."""
        try:
            self._too_much = min(self._too_much, self._peak(work, plan))
        except _Unforetold:
            raise OutOfMemory(
                "There is too little memory for this edit; close other programs that use the device, take a smaller "
                "--canvas, or choose --device cpu."
            ) from None

    def forget(self) -> None:
        """What was learned: other programs that took the memory may be gone."""
        self._too_much = math.inf

    def _peak(self, work: Work, plan: Plan) -> int:
        if (work, plan) not in self._forecasts:
            twin, slices = self._twin, self._device.attends_in_slices
            forecast = twin and _foretelling(lambda: rehearse(twin, work, plan, attends_in_slices=slices))
            if forecast is None:
                raise _Unforetold
            self._forecasts[work, plan] = forecast
        return self._forecasts[work, plan].peak

    def _advice(self, work: Work, plan: Plan, limit: float) -> str:
        """What a person can do, for which a second forecast is made.

        What an edit takes is the largest of several sums that grow with the canvas's area, so that between two sizes
        it takes no more than the straight line between them says.
        """
        whole = self._peak(work, plan)
        small = replace(work, canvases=tuple(self._halved(size) for size in work.canvases))
        half = self._peak(small, plan)
        height, width = work.canvases[0]
        method = "DragDiffusion" if isinstance(work.settings, DragSettings) else "DragonDiffusion"
        has = f"has room for {_gigabytes(limit)}" if limit < self._too_much else "could not hold that"
        told = (
            f"There is too little memory: {method} takes {_gigabytes(whole)} at {width} x {height} pixels with every "
            f"measure to save some, and the device {has}"
        )
        if half >= limit:
            return f"{told}; close other programs that use the device, choose a smaller model or --device cpu."
        area, small_area = height * width, math.prod(small.canvases[0])
        fitting = small_area + (area - small_area) * (limit - half) / max(whole - half, 1)
        multiple = self._components.canvas_multiple
        side = int(math.sqrt(min(fitting, area - 1)) // multiple * multiple)
        return (
            f"{told}; --canvas {side} may fit, a square of {side} pixels, or close other programs that use the device."
        )

    def _halved(self, size: Size) -> Size:
        multiple = self._components.canvas_multiple
        height, width = (max(multiple, side // 2 // multiple * multiple) for side in size)
        return height, width


def _foretelling(do: Callable[[], Value]) -> Value | None:
    """What that gives; None where it fails, as with a torch newer than it knows, which is no reason not to edit."""
    try:
        return do()
    except Exception as error:
        _LOG.warning("How much memory an edit takes cannot be foretold (%s: %s).", type(error).__name__, error)
        return None


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:.3g} GB"
