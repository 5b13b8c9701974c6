"""Only the part of a model that works is on the device; the others wait in the machine's main memory."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from dragbrush.engine.components import Components

MAIN_MEMORY = torch.device("cpu")
Move = Callable[[Any, torch.device], None]
"""Takes a part to a device."""


def moved(part: Any, device: torch.device) -> None:
    part.to(device)


@contextmanager
def offloaded(components: Components, *, move: Move = moved) -> Iterator[None]:
    """Within the block each part comes to the device when it is called, and the one before leaves.

    After it they are where they were last: all together they may not fit on the device.
    """
    stage = _Stage(components.device, move)
    hooks = [
        entry.register_forward_pre_hook(
            lambda _, args, options, part=part: stage.enter(part, args, options), with_kwargs=True
        )
        for part, entries in _parts(components)
        for entry in entries
    ]
    for part in parts_of(components):
        move(part, MAIN_MEMORY)
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def gather(components: Components, *, move: Move = moved) -> None:
    """Has all parts on the device."""
    for part in parts_of(components):
        move(part, components.device)


def parts_of(components: Components) -> list[Any]:
    """Everything of a model that has weights."""
    return [part for part, _ in _parts(components)]


def tensors_of(part: Any) -> list[Tensor]:
    return [*part.parameters(), *part.buffers()]


def _parts(components: Components) -> list[tuple[Any, Sequence[Any]]]:
    """The parts and the modules by which work on them begins; the engine calls a denoiser's blocks itself."""
    vae: Any = components.vae
    unet: Any = components.unet
    decoding = vae.decoder if vae.post_quant_conv is None else vae.post_quant_conv
    readers = [(reader.encoder, [reader.encoder]) for reader in components.readers]
    return [(unet, [unet.time_proj]), (vae, [vae.encoder, decoding]), *readers]


class _Stage:
    """Which part is on the device."""

    def __init__(self, device: torch.device, move: Move) -> None:
        self._device, self._move = device, move
        self._on_it: Any = None

    def enter(self, part: Any, args: Any, options: Any) -> tuple[Any, Any]:
        """What the part is called with, on the device, where the part is too now."""
        if part is not self._on_it:
            if self._on_it is not None:
                self._move(self._on_it, MAIN_MEMORY)
            self._move(part, self._device)
            self._on_it = part
        return tree_map(self._moved, args), tree_map(self._moved, options)

    def _moved(self, value: Any) -> Any:
        return value.to(self._device) if isinstance(value, Tensor) else value
