"""The client for scripts: the same calls, each of which waits."""

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dragbrush.client.client import Client, JobEvent, Result, Samples
from dragbrush.client.connection import PATIENCE_S, ServerAddress
from dragbrush.edit import Drag, Point, Transform
from dragbrush.errors import DragbrushError
from dragbrush.protocol.messages import Welcome

Value = TypeVar("Value")
OnEvent = Callable[[JobEvent], None]
_LOOK_S = 0.2


class BlockingClient:
    """Made by `connect`; used from one thread."""

    def __init__(self, client: Client, loop: asyncio.AbstractEventLoop) -> None:
        self._client, self._loop = client, loop

    @property
    def welcome(self) -> Welcome:
        return self._client.welcome

    def drag(
        self,
        picture: Samples,
        drags: Sequence[Drag],
        *,
        on_event: OnEvent | None = None,
        **options: Any,  # those of `Client.submit`, as of all edits here
    ) -> Result:
        """Edits and waits; `on_event` hears of progress and previews. Ctrl-C cancels the job.

        Raises `Cancelled`, or a `ProtocolError` with the job's own code.
        """
        return self._edit(picture, on_event, {"drags": drags, **options})

    def move(
        self,
        picture: Samples,
        mask: NDArray[np.uint8],
        transform: Transform,
        *,
        on_event: OnEvent | None = None,
        **options: Any,
    ) -> Result:
        """As `drag`, of the object that `mask` selects; `in_layers` gives the background and the object too."""
        return self._edit(picture, on_event, {"tool": "move", "mask": mask, "transform": transform, **options})

    def appearance(
        self,
        picture: Samples,
        mask: NDArray[np.uint8],
        reference: Samples,
        reference_mask: NDArray[np.uint8] | None = None,
        *,
        on_event: OnEvent | None = None,
        **options: Any,
    ) -> Result:
        """As `drag`; the object that `mask` selects gets the look of the one in `reference`."""
        inputs = {"mask": mask, "reference": reference, "reference_mask": reference_mask}
        return self._edit(picture, on_event, {"tool": "appearance", **inputs, **options})

    def paste(
        self,
        picture: Samples,
        object_: Samples,
        at: Point,
        *,
        object_mask: NDArray[np.uint8] | None = None,
        transform: Transform | None = None,
        on_event: OnEvent | None = None,
        **options: Any,
    ) -> Result:
        """As `drag`; the object of another picture is put with its middle at `at`."""
        inputs = {"reference": object_, "reference_mask": object_mask, "at": at, "transform": transform}
        return self._edit(picture, on_event, {"tool": "paste", **inputs, **options})

    def prepare(self, picture: Samples, drags: Sequence[Drag] = (), **options: Any) -> dict[str, Any]:
        """Waits until what an edit needs is ready; the report."""
        job = self._wait(self._client.prepare(picture, drags, **options))
        return self._wait(job.done())

    def _edit(self, picture: Samples, on_event: OnEvent | None, options: dict[str, Any]) -> Result:
        job = self._wait(self._client.submit(picture, **options))
        try:
            while (event := self._wait(job.next_event())) is not None:
                if on_event is not None:
                    on_event(event)
            result = self._wait(job.result())
        except BaseException:
            with contextlib.suppress(DragbrushError):
                self._wait(job.cancel())
            raise
        with contextlib.suppress(DragbrushError):
            self._wait(job.release())
        return result

    def _wait(self, work: Coroutine[Any, Any, Value]) -> Value:
        return _wait(self._loop, work)


@contextlib.contextmanager
def connect(
    address: ServerAddress | None = None, *, name: str = "python", patience_s: float = PATIENCE_S
) -> Iterator[BlockingClient]:
    """As `Client.connect`. Raises `NoServer`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    session = Client.connect(address, name=name, patience_s=patience_s)
    try:
        client = _wait(loop, session.__aenter__())
        try:
            yield BlockingClient(client, loop)
        finally:
            _wait(loop, session.__aexit__(None, None, None))
    finally:
        _wait(loop, _cancel_the_rest())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _wait(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Value]) -> Value:
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        # In short waits: on Windows, Ctrl-C is not heard in a wait without end.
        while not concurrent.futures.wait([future], timeout=_LOOK_S).done:
            pass
        return future.result()
    except BaseException:
        future.cancel()
        raise


async def _cancel_the_rest() -> None:
    """What a Ctrl-C left in the middle."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
