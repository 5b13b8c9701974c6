"""How many bytes of tensors are alive on a device, counted operation by operation."""

import weakref
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveBytes(TorchDispatchMode):
    """Within the block, counts the storages that operations make on devices of one kind, from birth to death.

    What an operation takes for itself while it runs is not seen. Slows everything down by some microseconds an
    operation.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.now, self.peak = 0, 0
        self._known: dict[int, weakref.ref[Any]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.see(result)
        return result

    def see(self, values: Any) -> None:
        """Counts the tensors among any nested values that are not counted yet."""
        for value in (values,) if isinstance(values, Tensor) else tree_leaves(values):
            if isinstance(value, Tensor) and value.device.type == self.kind:
                self._see_storage(value.untyped_storage())

    def take_peak(self) -> int:
        """The most there were since the last time this was asked."""
        peak, self.peak = self.peak, self.now
        return peak

    def _see_storage(self, storage: Any) -> None:
        key = storage._cdata  # the storage itself, of which there are several Python objects
        if key in self._known:
            return
        size = storage.nbytes()

        def gone(_: object) -> None:
            self.now -= size
            del self._known[key]

        self._known[key] = weakref.ref(storage, gone)
        self.now += size
        self.peak = max(self.peak, self.now)
