"""A job as its client sees it: what happens, of which the newest is enough, and how it ends."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from dragbrush.edit import Drag, MovedLayers, Point, Transform
from dragbrush.errors import BadRequest, Cancelled, DragbrushError
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.messages import Box, Cancel, Done, Failed, Output, Progress, Release, State, Update
from dragbrush.protocol.messages import Drag as WireDrag
from dragbrush.protocol.messages import Transform as WireTransform

Samples = NDArray[np.uint8 | np.uint16]


@dataclass(frozen=True, slots=True)
class PreviewImage:
    """A small picture of the edit so far, and the part of the picture that it shows."""

    samples: Samples
    box: tuple[int, int, int, int]
    """left, top, width, height"""
    number: int
    """Of the `update` that it answers."""


@dataclass(frozen=True, slots=True)
class Result:
    """A finished edit."""

    samples: Samples
    """Of the whole picture, (height, width, channels) like the one that was sent."""
    box: tuple[int, int, int, int]
    """left, top, width, height of what may have changed."""
    report: dict[str, Any]
    layers: MovedLayers | None = None
    """Of a move in layers, each of the whole picture; the object has alpha beside the picture's colours."""


JobEvent = State | Progress | PreviewImage


class _Asker(Protocol):
    async def ask(self, make: Callable[[str], msgspec.Struct]) -> Any: ...

    async def fetch(self, output: Output) -> Samples: ...


class Job:
    """An edit on the server. Iterating gives its events until it is over; `result` waits for its end."""

    def __init__(self, client: _Asker, id_: str, source: Samples | None) -> None:
        self._client, self.id, self._source = client, id_, source
        self._events: deque[JobEvent] = deque()
        self._told = asyncio.Event()
        self._end: Done | DragbrushError | None = None
        self._over = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[JobEvent]:
        while (event := await self.next_event()) is not None:
            yield event

    async def next_event(self) -> JobEvent | None:
        """None when it is over. States come all, of progress and previews the newest that was not asked for yet."""
        while not self._events:
            if self._end is not None:
                return None
            self._told.clear()
            await self._told.wait()
        return self._events.popleft()

    async def cancel(self) -> None:
        await self._client.ask(lambda number: Cancel(number, self.id))

    async def update(
        self,
        drags: Sequence[Drag] = (),
        number: int = 0,
        *,
        transform: Transform | None = None,
        at: Point | None = None,
    ) -> None:
        """Of a live job: what it shows next; what is left out is as it was submitted."""
        await self._client.ask(
            lambda id_: Update(id_, self.id, wire_drags(drags), wire_transform(transform), at, number)
        )

    async def done(self) -> dict[str, Any]:
        """The report, ready for JSON. Raises `Cancelled`, or a `ProtocolError` with the job's own code."""
        return _report(await self._wait())

    async def result(self) -> Result:
        """Raises as `done`."""
        over = await self._wait()
        parts = {output.role: output for output in over.outputs}
        if self._source is None or "edit" not in parts:
            raise BadRequest("This job has no picture; wait for it with 'done'.")
        layers = None
        if "background" in parts and "object" in parts:
            background = await self._laid(parts["background"], self._source.copy())
            layers = MovedLayers(background, await self._laid(parts["object"], _transparent(self._source)))
        samples, box = await self._laid(parts["edit"], self._source.copy()), parts["edit"].box
        return Result(samples, (box.x, box.y, box.width, box.height), _report(over), layers)

    async def _laid(self, output: Output, whole: Samples) -> Samples:
        part, place = await self._client.fetch(output), whole[_rows_and_columns(output.box)]
        if part.shape != place.shape or part.dtype.name != place.dtype.name:
            raise ProtocolError("bad_image", f"The result's part '{output.role}' does not fit into the picture.")
        place[:] = part
        return whole

    async def release(self) -> None:
        """Lets the server forget it."""
        try:
            await self._client.ask(lambda number: Release(number, self.id))
        except ProtocolError as error:
            if error.code != "not_found":  # asked again after a lost socket
                raise

    async def _wait(self) -> Done:
        await self._over.wait()
        if isinstance(self._end, Done):
            return self._end
        assert self._end is not None
        raise self._end

    # What the client tells it

    def tell(self, event: JobEvent) -> None:
        if not isinstance(event, State):
            self._events = deque(other for other in self._events if type(other) is not type(event))
        self._events.append(event)
        self._told.set()

    def end(self, last: Done | Failed | DragbrushError) -> None:
        if self._end is not None:
            return
        if not isinstance(last, Failed):
            self._end = last
        elif last.code == "cancelled":
            self._end = Cancelled(last.message)
        else:
            self._end = ProtocolError(last.code, last.message)
        self._over.set()
        self._told.set()


def _report(over: Done) -> dict[str, Any]:
    report = over.report
    return {name: msgspec.to_builtins(getattr(report, name)) for name in report.__struct_fields__}


def _rows_and_columns(box: Box) -> tuple[slice, slice]:
    return slice(box.y, box.y + box.height), slice(box.x, box.x + box.width)


def _transparent(source: Samples) -> Samples:
    """Of the picture's size, depth and colours, with alpha."""
    height, width, channels = source.shape
    return np.zeros((height, width, 4 if channels > 2 else 2), source.dtype)


def wire_drags(drags: Sequence[Drag]) -> list[WireDrag]:
    return [WireDrag(drag.handle, drag.target) for drag in drags]


def wire_transform(transform: Transform | None) -> WireTransform | None:
    if transform is None:
        return None
    return WireTransform(transform.dx, transform.dy, transform.scale, transform.degrees, transform.mirror)
