"""Plans to get by with less memory, each applied to a model for the length of an edit."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, fields, replace
from typing import Any

from torch.utils.checkpoint import checkpoint

from dragbrush.engine.components import Components
from dragbrush.engine.devices import Device
from dragbrush.engine.memory.attention import SlicedAttention
from dragbrush.engine.memory.offload import Move, gather, moved, offloaded

Attention = Callable[[], AbstractContextManager[Any]]
TILES = 2
"""Along a side of the model's own canvas."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done to take less memory, from what costs least to what costs most."""

    checkpointed: bool = False
    """Of passes with gradients only each block's input is kept; the rest is computed again on the way back."""
    sliced: bool = False
    """Attention is computed for some queries at a time."""
    offloaded: bool = False
    """Only the part of the model that works is on the device; the others wait in main memory."""
    tiled: bool = False
    """The VAE works in overlapping tiles. The one measure that changes the picture: its normalisations see a tile,
    not all of the canvas, which may shift the tone of a tile a little; the overlaps are blended."""

    @property
    def measures(self) -> tuple[str, ...]:
        return tuple(field.name for field in fields(self) if getattr(self, field.name))


def plans_for(device: Device) -> tuple[Plan, ...]:
    """The plans for a device; each has one measure more than the one before."""
    helps = {"sliced": not device.attends_in_slices, "offloaded": device.memory_is_its_own}
    plans = [Plan()]
    for field in fields(Plan):
        if helps.get(field.name, True):
            plans.append(replace(plans[-1], **{field.name: True}))
    return tuple(plans)


@contextmanager
def applied(
    components: Components, plan: Plan, *, attention: Attention = nullcontext, move: Move = moved
) -> Iterator[None]:
    """Within the block the model works by the plan; after it as before, but that an offloaded one stays so.

    `attention`: within which torch's own is another, unless the plan has one. `move`: what moves parts.
    """
    attention = SlicedAttention if plan.sliced else attention
    unet: Any = components.unet  # diffusers' wrapper of the function is typed for its own
    vae = components.vae

    def again(module: Any, *args: Any) -> Any:
        # Modes are off on the way back.
        return checkpoint(module.__call__, *args, use_reentrant=False, context_fn=lambda: (nullcontext(), attention()))

    with ExitStack() as stack:
        stack.enter_context(attention())
        if plan.checkpointed:
            unet.enable_gradient_checkpointing(again)
            stack.callback(unet.disable_gradient_checkpointing)
        if plan.offloaded:
            stack.enter_context(offloaded(components, move=move))
        else:
            gather(components, move=move)
        if plan.tiled:
            side = components.canvas_side // TILES
            stack.callback(_set_tiles, vae, vae.tile_sample_min_size, vae.tile_latent_min_size)
            stack.callback(vae.disable_tiling)
            _set_tiles(vae, side, side // components.factor)
            vae.enable_tiling()
        yield


def _set_tiles(vae: Any, side_px: int, side_latent: int) -> None:
    vae.tile_sample_min_size, vae.tile_latent_min_size = side_px, side_latent
