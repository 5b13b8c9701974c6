"""Edits kept within a device's memory: begun by the plan that fits, and done again by the next one where it did not."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar

from dragbrush.dragon_presets import DragonSettings
from dragbrush.engine.components import Components
from dragbrush.engine.devices import Device, forget_unused, ran_out_of_memory
from dragbrush.engine.memory.budget import Budget
from dragbrush.engine.memory.plan import Plan, applied
from dragbrush.engine.memory.rehearsal import Size, Work
from dragbrush.errors import OutOfMemory
from dragbrush.presets import DragSettings

Value = TypeVar("Value")


class Ladder:
    """For one model on one device, one edit at a time."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._budget: Budget | None = None
        self._work: Work | None = None
        self._helped: dict[Work, Plan] = {}
        """The plans by which edits were done after others had failed."""
        self._in_force = ExitStack()
        self.plan = Plan()
        self.loads_aside = False
        """Whether the model is to be loaded into main memory, because the device cannot hold all of it."""

    def climb(self, attempt: Callable[[], Value], *, drop_caches: Callable[[], bool]) -> Value:
        """What an attempt at an edit gives, made again a rung further each time the device's memory runs out.

        `drop_caches`: drops what is kept of earlier edits and says whether there was any. Raises `OutOfMemory`.
        """
        if self._budget is not None:
            self._budget.forget()
        has_failed = False
        while True:
            self.plan, self._work = Plan(), None
            try:
                with ExitStack() as self._in_force:
                    value = attempt()
            except Exception as error:
                if not ran_out_of_memory(error):
                    raise
            else:
                if has_failed and self._work is not None and self.plan.measures:
                    self._helped[self._work] = self.plan
                return value
            has_failed = True
            # Not in the except block: the traceback there holds the tensors of the failed attempt.
            if not drop_caches():
                self._go_further()
            forget_unused(self._device.place)

    def show(self, components: Components, settings: DragSettings | DragonSettings, canvas: Size) -> None:
        """Has the model work by the plan for an edit that it is shown one more canvas for. Raises `OutOfMemory`."""
        shown = () if self._work is None else self._work.canvases
        self._work = Work(settings, (*shown, canvas))
        self._budget = self._budget or Budget(self._device, components)
        plan = self._helped.get(self._work) or self._budget.plan_for(self._work)
        if not shown or plan != self.plan:
            self.plan = plan
            self._in_force.close()
            self._in_force.enter_context(applied(components, plan))

    def _go_further(self) -> None:
        if self._work is not None and self._budget is not None:
            self._budget.ran_out(self._work, self.plan)
            self._helped.pop(self._work, None)
        elif self._device.memory_is_its_own and not self.loads_aside:
            self.loads_aside = True
        else:
            raise OutOfMemory(
                "There is too little memory for the model or the picture; close other programs that use the device, "
                "choose a smaller model or --device cpu."
            )
