"""How much memory an edit takes, found out before it starts: the engine does it with tensors that have no content.

Every operation on torch's "meta" device says only which shape its result has, so that an edit of a few steps takes
a second, and no memory. What the engine reads out of its tensors on the way is answered so that it does the most.
"""

import copy
from collections.abc import Callable, Generator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from dragbrush.dragon_presets import DragonSettings
from dragbrush.edit import Step
from dragbrush.engine.components import Components
from dragbrush.engine.dragon_tasks import Move, Paste
from dragbrush.engine.field import Field
from dragbrush.engine.memory.count import LiveBytes
from dragbrush.engine.memory.offload import parts_of, tensors_of
from dragbrush.engine.memory.plan import Plan, applied
from dragbrush.engine.methods.dragdiffusion import Instruction, dragdiffusion
from dragbrush.engine.methods.dragondiffusion import dragondiffusion, invert_for_guidance
from dragbrush.engine.prepare import Prepared, encode_source, invert_source, learn_identity
from dragbrush.engine.transform import Placement
from dragbrush.presets import DragSettings

META = torch.device("meta")
STEPS = 2
"""Of training and of the drag: the second has all that the first left behind, such as the optimiser's state."""
HANDLES = 2
"""Of the drag; not all of them have arrived, while all of anything larger, such as a gradient, is finite."""
Size = tuple[int, int]
"""(height, width) of a canvas in pixels."""


Settings = DragSettings | DragonSettings
Keep = Callable[[dict[str, Tensor], int], None]


@dataclass(frozen=True, slots=True)
class Forecast:
    """The most bytes of tensors on the device, by phase of the edit; "weights" are the model's own."""

    phases: dict[str, int]

    @property
    def peak(self) -> int:
        return max(self.phases.values())


@dataclass(frozen=True, slots=True)
class Work:
    """What of an edit decides how much memory it takes."""

    settings: Settings
    canvases: tuple[Size, ...]
    """The edited picture's, and that of another picture where one is looked up."""


def without_content(components: Components) -> Components:
    """The same model with weights that have shapes only."""

    def twin(part: Any) -> Any:
        memo: dict[int, Any] = {id(tensor): _shape_of(tensor) for tensor in tensors_of(part)}
        for module in part.modules():  # hooks are of the real model, and may hold what cannot be copied
            memo |= {id(value): type(value)() for name, value in vars(module).items() if "_hooks" in name and value}
        return copy.deepcopy(part, memo)

    readers = tuple(replace(reader, encoder=twin(reader.encoder)) for reader in components.readers)
    return replace(components, unet=twin(components.unet), vae=twin(components.vae), readers=readers, device=META)


def rehearse(components: Components, work: Work, plan: Plan, *, attends_in_slices: bool = True) -> Forecast:
    """What `work` will take by the plan, on a device whose attention holds few or all weights of a layer at once.

    `components`: a model `without_content`, as which it is left.
    """
    attention = _FusedAttention if attends_in_slices else nullcontext
    phases: dict[str, int] = {}
    with _Rehearsal() as rehearsal:
        rehearsal.see([tensors_of(part) for part in parts_of(components)])
    with rehearsal, applied(components, plan, attention=attention, move=rehearsal.move):
        rehearsal.take_peak()
        phases["weights"] = rehearsal.now
        steps = blank_edit(components, work, keep=rehearsal.keep)
        for step in steps:
            phases[step.phase] = max(phases.get(step.phase, 0), rehearsal.take_peak())
    return Forecast(phases)


def blank_edit(components: Components, work: Work, *, keep: Keep | None = None) -> Generator[Step, None, None]:
    """A blank edit from the pictures to the picture.

    With `keep` in as few steps as take the memory of all of them; it is told what would be kept of how many more
    inverted steps.
    """
    settings, (size, *_) = work.settings, work.canvases
    short = settings if keep is None else _shortened(settings)
    pictures = []
    for canvas in work.canvases:
        pictures.append((yield from _prepared(components, canvas, short, settings, keep)))
    prepared, *others = pictures
    rough = components.encode(_blank(size))[0]
    yield Step("encode", 1, 1)
    if isinstance(short, DragSettings):
        yield from dragdiffusion(components, prepared, _drag(size, rough), short, seed=0)
    else:
        placement = Placement(torch.ones(work.canvases[-1]), torch.eye(2, 3, dtype=torch.float64), size)
        free = _grid(rough, 1.0)
        task = Paste(placement, free, rough) if others else Move(placement, free, rough, rough)
        reference = others[0] if others else None
        yield from dragondiffusion(components, prepared, task, short, seed=0, reference=reference)
    components.decode(prepared.source.latent)
    yield Step("decode", 1, 1)


def _prepared(
    components: Components, size: Size, short: Settings, settings: Settings, keep: Keep | None
) -> Generator[Step, None, Prepared]:
    steps = DragSettings(n_inference_step=settings.n_inference_step)
    source = encode_source(components, _blank(size), "", steps)
    yield Step("encode", 1, 1)
    identity = None
    if isinstance(short, DragSettings):
        if short.lora_step:
            identity = yield from learn_identity(components, source, short, seed=0)
        inversion = yield from invert_source(components, source, identity, short)
    else:
        inversion = yield from invert_for_guidance(components, source, short)
    if keep is not None:
        keep(inversion.tensors(), len(source.schedule.inverted(settings.inversion_strength)) - 1)
    return Prepared(source, identity, inversion)


def _shortened(settings: Settings) -> Settings:
    if isinstance(settings, DragSettings):
        return replace(
            settings,
            inversion_strength=0.0,
            start_step=0,
            lora_step=min(settings.lora_step, STEPS),
            n_pix_step=min(settings.n_pix_step, STEPS),
        )
    return replace(settings, inversion_strength=0.0, lookup_from=0)


def _drag(size: Size, rough: Tensor) -> Instruction:
    height, width = rough.shape[-2:]
    field = Field(torch.zeros(2, height, width), torch.zeros(height, width), torch.zeros(height, width).bool())
    middle = torch.tensor([[size[1] / 2, size[0] / 2]] * HANDLES)
    return Instruction(middle, middle / 2, mask=_grid(rough, 1.0), field=field, warped=rough)


def _blank(size: Size) -> Tensor:
    return torch.zeros(1, 3, *size)


def _grid(latent: Tensor, value: float) -> Tensor:
    return torch.full((1, 1, *latent.shape[-2:]), value, device=latent.device)


def _shape_of(tensor: Tensor) -> Tensor:
    empty = torch.empty_like(tensor, device=META)
    return torch.nn.Parameter(empty, requires_grad=False) if isinstance(tensor, torch.nn.Parameter) else empty


class _Rehearsal(LiveBytes):
    """Counts on the meta device, and answers what cannot be known there."""

    def __init__(self) -> None:
        super().__init__(META.type)
        self._away: dict[int, int] = {}
        self._shapes: dict[Any, Any] = {}

    def move(self, part: Any, device: torch.device) -> None:
        """A part that leaves the device, or comes back, in the count alone."""
        if device == META:
            self.now += self._away.pop(id(part), 0)
            self.peak = max(self.peak, self.now)
        else:
            size = self._away[id(part)] = sum(tensor.nbytes for tensor in tensors_of(part))
            self.now -= size

    def keep(self, tensors: dict[str, Tensor], times: int) -> None:
        """As if there were so many more of the tensors from now on."""
        self.now += times * sum(t.nbytes for t in tensors.values() if t.device.type == self.kind)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in _ANSWERS and any(isinstance(arg, Tensor) and arg.is_meta for arg in args):
            answer = _ANSWERS[func](*args, **kwargs)
            self.see(answer)
            return answer
        if func._schema.name in _VALUES_ONLY and args[0].is_meta:
            return args[0]
        key = _known_by(func, args, kwargs)
        if key not in self._shapes:
            result = super().__torch_dispatch__(func, types, args, kwargs)
            if key is not None:
                self._shapes[key] = _shapes_of(result)
            return result
        shapes = self._shapes[key]
        result = _empty(shapes) if isinstance(shapes, _Shape) else tuple(_empty(shape) for shape in shapes)
        self.see(result)
        return result


@dataclass(frozen=True, slots=True)
class _Shape:
    """Of one tensor."""

    size: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype


def _shapes_of(result: Any) -> Any:
    """Of an operation's result: a shape, or one for each of several; what is no tensor stays as it is."""
    if isinstance(result, Tensor):
        return _Shape(tuple(result.size()), result.stride(), result.dtype)
    return tuple(_shapes_of(each) for each in result) if isinstance(result, list | tuple) else result


def _empty(shape: Any) -> Any:
    if not isinstance(shape, _Shape):
        return shape
    return torch.empty_strided(shape.size, shape.stride, dtype=shape.dtype, device=META)


def _known_by(func: Any, args: Any, kwargs: Any) -> Any:
    """What decides the shapes of an operation's new tensors on the meta device; None where it gives anything else."""
    schema = func._schema
    if schema.is_mutable or any(each.alias_info is not None for each in schema.returns):
        return None
    if not any(isinstance(arg, Tensor) and arg.is_meta for arg in args):
        return None
    return func, _plain(args), _plain(tuple(kwargs.items()))


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.shape, value.stride(), value.dtype, value.device
    return tuple(_plain(each) for each in value) if isinstance(value, list | tuple) else value


def _copied(x: Tensor, **options: Any) -> Any:
    if (options.get("device") or META).type == META.type:
        return torch.ops.aten._to_copy.default(x, **options)
    return torch.zeros((), dtype=options.get("dtype") or x.dtype).expand(x.shape)  # of any size without memory


def _picked(x: Tensor, indices: list[Tensor | None]) -> Tensor:
    """`x[indices]` where masks pick all there is."""
    places: list[Tensor | None] = []
    for index in indices:
        if index is not None and index.dtype == torch.bool:
            places += _all_of(index).unbind(1)
        else:
            places.append(index)
    return torch.ops.aten.index.Tensor(x, places)


def _all_of(mask: Tensor) -> Tensor:
    return torch.empty(mask.numel(), mask.dim(), dtype=torch.long, device=META)


_ANSWERS: dict[Any, Callable[..., Any]] = {
    torch.ops.aten._local_scalar_dense.default: lambda x: torch.zeros((), dtype=x.dtype).item(),
    torch.ops.aten._to_copy.default: _copied,
    torch.ops.aten.any.default: lambda _: torch.tensor(True),
    torch.ops.aten.all.default: lambda x: torch.tensor(x.numel() > HANDLES),
    torch.ops.aten.nonzero.default: _all_of,
    torch.ops.aten.index.Tensor: _picked,
}


_VALUES_ONLY = {
    f"aten::{name}_"
    for name in ("add", "addcdiv", "addcmul", "copy", "div", "fill", "lerp", "mul", "normal", "uniform", "zero")
}
"""Operations that change numbers in place, of which there are none here."""


class _FusedAttention(TorchFunctionMode):
    """Within the block attention never holds all its weights; on the meta device it would."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is not F.scaled_dot_product_attention:
            return func(*args, **(kwargs or {}))
        query, key, value, *mask = args
        options = {**(kwargs or {}), **({"attn_mask": mask[0]} if mask else {})}
        options = {name: options[name] for name in ("attn_mask", "dropout_p", "is_causal", "scale") if name in options}
        return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(query, key, value, **options)[0]
