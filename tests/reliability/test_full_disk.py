"""A disk without room, or one that takes nothing at all: a small file system of its own, in a process of its own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dragbrush.errors import DragbrushError, StorageFailed
from dragbrush.protocol.messages import Done, Failed, Pixels, Progress, Resume
from dragbrush.service.settings import Settings
from serving import Client, check_story, inverted, run, samples, serving

ROOM = "4m"
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]
LARGE = Pixels(320, 200, "rgb")
NO_RESERVE = Settings(free_bytes=0)
"""The server leaves some of the disk alone; here another program takes that too."""


def _can_mount() -> bool:
    if sys.platform != "linux":
        return False
    try:
        mounting = [*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"]
        return subprocess.run(mounting, check=False, capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@pytest.mark.skipif(not _can_mount(), reason="no small file system can be mounted here")
@pytest.mark.parametrize("story", ["finished_work_is_kept", "nothing_can_be_removed", "a_large_picture"])
def test_a_disk_that_takes_no_more(tmp_path: Path, story: str) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [*NAMESPACE, sys.executable, __file__, str(tmp_path), story]

    found = subprocess.run(command, check=False, capture_output=True, text=True, timeout=90, env=environment)

    assert found.returncode == 0, found.stderr
    assert "Traceback" not in found.stderr


async def finished_work_is_kept(folder: Path) -> None:
    async with serving(folder, settings=NO_RESERVE) as service:
        client = Client(service)
        small, large = await client.picture(), await client.picture(pixels=LARGE)
        client.submit("over", small)
        over = await client.end_of("over")
        client.submit("begun", large, "steps=60 step_ms=10")
        client.submit("waits", large)
        await client.hear_until(lambda m: isinstance(m, Progress) and m.job == "begun")
        fill(folder)

        for job in ("begun", "waits"):
            end = await client.end_of(job)
            assert isinstance(end, Failed)
            assert end.code == "storage_failed"
            assert "No space left" in end.message
            assert str(folder) not in end.message
        last = client.last_seq
        for asked in (lambda: client.submit("new", small), lambda: client.prepare("ahead", small)):
            await refused(asked)
        await refused(lambda: client.picture(seed=1, pixels=LARGE))
        client.hear_the_rest()
        assert client.last_seq == last, "nothing is told of what was refused"
        assert isinstance(over, Done)
        assert samples(client, over) == inverted(small, client)
        again = Client(service, resume=client.drop())
        assert again.is_resumed

        (folder / "filler").unlink()
        again.submit("new", large)
        new = await again.end_of("new")
        assert isinstance(new, Done)
        left = again.drop()
    async with serving(folder, settings=NO_RESERVE) as service:
        third = Client(service, resume=Resume(left.session, 0))
        check_story(third.heard)
        assert [m.seq for m in third.heard] == [m.seq for m in [*client.heard, *again.heard] if hasattr(m, "seq")]
        assert samples(third, over) == inverted(small, third)
        assert samples(third, new) == inverted(large, third)
        states = {job.job: job.state for job in service.list(third.session, "1").jobs}
        assert states == {"over": "done", "begun": "failed", "waits": "failed", "new": "done"}


async def nothing_can_be_removed(folder: Path) -> None:
    """As after a fault of the disk, when the system lets it be read only."""
    async with serving(folder, settings=NO_RESERVE) as service:
        client = Client(service)
        picture = await client.picture()
        client.submit("over", picture)
        over = await client.end_of("over")
        client.submit("cancelled", picture, "steps=1000 step_ms=5")
        await client.hear_until(lambda m: isinstance(m, Progress) and m.job == "cancelled")
        drafts = str(folder / "drafts")
        mount("--bind", drafts, drafts)
        mount("-o", "remount,ro,bind", drafts)

        service.cancel(client.session, "cancelled")
        for job, orders, code in (
            ("cancelled", None, "cancelled"),
            ("fails", "break", "out_of_memory"),
            ("kills", "die", "worker_died"),
            ("works", "", "storage_failed"),
        ):
            if orders is not None:
                client.submit(job, picture, orders)
            end = await client.end_of(job)
            assert isinstance(end, Failed)
            assert end.code == code
        await refused(lambda: client.picture(seed=1))
        assert isinstance(over, Done)
        assert samples(client, over) == inverted(picture, client)
        subprocess.run(["umount", drafts], check=True)
        client.submit("again", picture)
        assert isinstance(await client.end_of("again"), Done)
    check_story(client.heard)


async def a_large_picture(folder: Path) -> None:
    """It is refused by its size, or where it was too many at once, by the chunk that found no room."""
    async with serving(folder, settings=NO_RESERVE) as service:
        client = Client(service)
        await refused(lambda: client.send(bytes(8 * 2**20)))
        sendings = [client.send(bytes([number]) * (3 * 2**20)) for number in range(2)]
        outcomes = await asyncio.gather(*sendings, return_exceptions=True)

        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert 1 <= len(failures) <= 2
        assert all(isinstance(failure, StorageFailed) for failure in failures)
        assert client.session.uploads == {}
        assert not list((folder / "drafts").iterdir())
        client.submit("a", await client.picture())
        assert isinstance(await client.end_of("a"), Done)


async def refused(ask: Callable[[], object]) -> None:
    with pytest.raises(DragbrushError, match=r"disk|could not be kept") as caught:  # noqa: PT012  some are awaited
        answer = ask()
        if isinstance(answer, Awaitable):
            await answer
    assert caught.value.code in ("storage_failed", "limit_reached")


def fill(folder: Path) -> None:
    """To the last byte."""
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


def mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True)


def _main() -> None:
    folder, name = Path(sys.argv[1]), sys.argv[2]
    stories = (finished_work_is_kept, nothing_can_be_removed, a_large_picture)
    mount("-t", "tmpfs", "-o", f"size={ROOM}", "none", str(folder))
    run({story.__name__: story for story in stories}[name](folder))


if __name__ == "__main__":
    _main()
