"""A service with a real worker process, and clients that talk to it without a socket."""

import asyncio
import contextlib
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

from dragbrush.protocol.frames import chunks
from dragbrush.protocol.messages import (
    Accepted,
    Done,
    Drag,
    Failed,
    Have,
    Layout,
    Offer,
    Picture,
    Pixels,
    Prepare,
    Preview,
    Progress,
    Resume,
    State,
    Submit,
    Update,
)
from dragbrush.service.outbox import Outbox
from dragbrush.service.service import Service
from dragbrush.service.settings import Settings
from dragbrush.worker.make import echo
from dragbrush.worker.supervisor import Deadlines

SHORT_RESTS = Deadlines(first_rest=0.01, longest_rest=0.05, deaths=10_000, kill=1)
PIXELS = Pixels(4, 3, "rgb")
DRAGS = [Drag((1, 1), (2, 1))]
_LONG_S = 60
"""A test that waits so long hangs."""


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, _LONG_S))


@contextlib.asynccontextmanager
async def serving(
    folder: Path,
    *,
    settings: Settings | None = None,
    deadlines: Deadlines = SHORT_RESTS,
    make_work: Callable[[], Any] = echo,
) -> AsyncIterator[Service]:
    service = Service(folder, make_work, settings=settings, deadlines=deadlines)
    working = asyncio.create_task(service.run())
    try:
        yield service
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.005)


class Client:
    """Calls what a socket would, and remembers all that is told to it."""

    def __init__(self, service: Service, *, owner: str = "artist", resume: Resume | None = None) -> None:
        self.service = service
        self.outbox = Outbox()
        self.session, missed, self.is_resumed = service.open_session(owner, resume, self.outbox)
        self.heard: list[Any] = list(missed)
        self._count = 0

    @property
    def last_seq(self) -> int:
        return max((event.seq for event in self.heard if hasattr(event, "seq")), default=0)

    def drop(self) -> Resume:
        """Loses the socket, with all that waits in it; what to come back with."""
        self.service.close_socket(self.session, self.outbox)
        return Resume(self.session.id, self.last_seq)

    def new_id(self) -> str:
        self._count += 1
        return str(self._count)

    async def send(self, data: bytes, *, chunk_bytes: int | None = None) -> str:
        """Uploads a blob."""
        blob = hashlib.sha256(data).hexdigest()
        answer = self.service.offer(self.session, Offer(self.new_id(), blob, len(data)))
        if not isinstance(answer, Have):
            for frame in chunks("blob", blob, data[answer.offset :], start=answer.offset):
                await self.service.receive(self.session, frame)
        return blob

    async def picture(self, *, seed: int = 0, pixels: Pixels = PIXELS) -> Picture:
        count = pixels.width * pixels.height * {"gray": 1, "graya": 2, "rgb": 3, "rgba": 4}[pixels.channels]
        data = bytes((seed + 7 * at) % 256 for at in range(count * (2 if pixels.depth == "u16" else 1)))
        return Picture(await self.send(data), pixels)

    def submit(self, job: str, picture: Picture, prompt: str = "", **fields: Any) -> Accepted:
        fields = {"drags": DRAGS, **fields}
        return self.service.submit(self.session, Submit(self.new_id(), job, picture, prompt=prompt, **fields))

    def prepare(self, job: str, picture: Picture, prompt: str = "", **fields: Any) -> Accepted:
        fields = {"drags": DRAGS, **fields}
        return self.service.submit(self.session, Prepare(self.new_id(), job, picture, prompt=prompt, **fields))

    def follow(self, job: str, picture: Picture, prompt: str = "", **fields: Any) -> Accepted:
        """Opens a live job whose hand has not moved yet."""
        request = Submit(self.new_id(), job, picture, prompt=prompt, speed="instant", is_live=True, **fields)
        return self.service.submit(self.session, request)

    def move(self, job: str, number: int, **fields: Any) -> None:
        fields = fields or {"drags": DRAGS}
        self.service.update(self.session, Update(self.new_id(), job, number=number, **fields))

    async def hear(self) -> Any:
        """The next message."""
        parcel = await self.outbox.next()
        assert parcel is not None
        self.heard.append(parcel.message)
        return parcel.message

    async def hear_until(self, holds: Callable[[Any], bool]) -> Any:
        while not holds(message := await self.hear()):
            pass
        return message

    async def end_of(self, job: str) -> Done | Failed:
        """Its last event, which may be heard already."""
        known = [event for event in self.heard if isinstance(event, Done | Failed) and event.job == job]
        return known[0] if known else await self.hear_until(lambda m: isinstance(m, Done | Failed) and m.job == job)

    async def state_of(self, job: str, state: str) -> State:
        return await self.hear_until(lambda m: isinstance(m, State) and (m.job, m.state) == (job, state))

    def hear_the_rest(self) -> None:
        """All that waits."""
        while self.hear_one():
            pass

    def hear_one(self) -> bool:
        """The next that waits; whether there was any."""
        parcel = _waiting(self.outbox)
        if parcel is not None:
            self.heard.append(parcel.message)
        return parcel is not None

    def of(self, job: str) -> list[Any]:
        return [message for message in self.heard if getattr(message, "job", None) == job]


def _waiting(outbox: Outbox) -> Any:
    taking = outbox.next()
    try:
        taking.send(None)
    except StopIteration as taken:
        return taken.value
    finally:
        taking.close()
    return None


def samples(client: Client, done: Done) -> bytes:
    """The bytes of a result."""
    return client.service.blobs.path(done.outputs[0].blob).read_bytes()


def inverted(picture: Picture, client: Client) -> bytes:
    """What the echo worker makes of a picture."""
    return bytes(255 - byte for byte in client.service.blobs.path(picture.blob).read_bytes())


def check_story(heard: list[Any]) -> None:
    """Whether what a client was told makes sense: no event missing or twice, one end for each job and nothing after."""
    seqs = [event.seq for event in heard if hasattr(event, "seq")]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs))) if seqs else True
    by_job: defaultdict[str, list[Any]] = defaultdict(list)
    for message in heard:
        if isinstance(message, State | Progress | Preview | Done | Failed):
            by_job[message.job].append(message)
    for story in by_job.values():
        ends = [at for at, message in enumerate(story) if isinstance(message, Done | Failed)]
        assert ends in ([], [len(story) - 1]), story
        fractions = [message.fraction for message in story if isinstance(message, Progress)]
        assert fractions == sorted(fractions)
        attempts = [message.attempt for message in story if isinstance(message, State)]
        assert attempts == sorted(attempts)


def is_layout(layout: Layout, pixels: Pixels) -> bool:
    return (layout.width, layout.height, layout.channels, layout.depth, layout.icc) == (
        pixels.width, pixels.height, pixels.channels, pixels.depth, pixels.icc,
    )  # fmt: skip
