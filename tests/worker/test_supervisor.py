"""The supervisor: a worker that does not do what it should is ended, and another takes its place."""

import asyncio
import os
import signal
import threading
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
from odd_work import BrokenUntil, broken, never_ready
from watching import SHORT_RESTS, Watched, run_task, warp_task, watched

from dragbrush.worker.messages import Finished
from dragbrush.worker.supervisor import Deadlines
from serving import run, until


def test_a_silent_worker_is_ended(tmp_path: Path) -> None:
    async def story() -> None:
        async with watched(deadlines=replace(SHORT_RESTS, silence=1.5, kill=0.2)) as watch:
            await watch.ready()
            process = _process(watch)
            process.suspend()
            await watch.until(lambda: watch.deaths)
            await watch.ready()

            assert watch.deaths == ["it was silent for 1.5 s"]
            assert not process.is_running()
            assert watch.supervisor.process_id != process.pid

    run(story())


def test_a_worker_is_not_blamed_for_the_time_in_which_the_server_stood_still(tmp_path: Path) -> None:
    async def story() -> None:
        async with watched(deadlines=replace(SHORT_RESTS, silence=1.2, step=0.6)) as watch:
            await watch.ready()
            watch.supervisor.start(run_task(tmp_path, "steps=16 step_ms=100"))
            time.sleep(1.5)
            assert isinstance(await watch.last_of("a/1"), Finished)

            assert not watch.deaths

    run(story())


def test_a_task_that_takes_no_step_is_ended(tmp_path: Path) -> None:
    async def story() -> None:
        async with watched(deadlines=replace(SHORT_RESTS, step=0.3)) as watch:
            await watch.ready()
            watch.supervisor.start(run_task(tmp_path, "hang"))
            await watch.until(lambda: watch.deaths)

            assert watch.deaths == ["it took no step for 0.3 s"]

    run(story())


def test_a_worker_without_a_task_may_rest_as_long_as_it_likes(tmp_path: Path) -> None:
    async def story() -> None:
        async with watched(deadlines=replace(SHORT_RESTS, step=0.7, cancel=0.7)) as watch:
            await watch.ready()
            watch.supervisor.start(warp_task(tmp_path))
            await watch.last_of("w/1")
            watch.supervisor.cancel("w/1")
            await asyncio.sleep(1.2)

            assert not watch.deaths

    run(story())


def test_a_worker_deaf_to_a_cancel_is_ended_and_that_is_no_sign_of_a_fault(tmp_path: Path) -> None:
    async def story() -> None:
        async with watched(deadlines=replace(SHORT_RESTS, cancel=0.3, deaths=1)) as watch:
            await watch.ready()
            watch.supervisor.start(run_task(tmp_path, "hang steps=1"))
            await watch.until(lambda: watch.of("a/1"))
            watch.supervisor.cancel("a/1")
            await watch.until(lambda: watch.deaths)
            await watch.ready()

            assert watch.deaths == ["it did not stop within 0.3 s of a cancel"]

    run(story())


def test_a_worker_that_does_not_start_is_ended() -> None:
    async def story() -> None:
        async with watched(never_ready, deadlines=replace(SHORT_RESTS, start=0.3)) as watch:
            await watch.until(lambda: watch.deaths)

            assert watch.deaths == ["it did not start in 0.3 s"]

    run(story())


def test_between_failing_starts_the_rests_grow_to_a_bound() -> None:
    async def story() -> None:
        deadlines = replace(SHORT_RESTS, first_rest=0.1, longest_rest=0.3, deaths=100)
        async with watched(broken, deadlines=deadlines) as watch:
            await watch.until(lambda: len(watch.deaths) == 4)

            assert watch.deaths == ["it exited with status 7"] * 4
            rests = [end - begin for (state, begin), (_, end) in pairwise(watch.states) if state == "resting"]
            assert all(rest >= wanted for rest, wanted in zip(rests, (0.2, 0.3, 0.3), strict=True))

    run(story())


def test_a_worker_that_keeps_dying_is_given_up_until_it_is_asked_for(tmp_path: Path) -> None:
    async def story() -> None:
        mended = tmp_path / "mended"
        async with watched(BrokenUntil(mended), deadlines=replace(SHORT_RESTS, deaths=3)) as watch:
            await watch.until(lambda: watch.supervisor.state == "failed")
            assert len(watch.deaths) == 3
            mended.touch()
            await asyncio.sleep(0.2)
            assert watch.supervisor.state == "failed"

            watch.supervisor.revive()
            await watch.ready()
            watch.supervisor.start(run_task(tmp_path))
            assert isinstance(await watch.last_of("a/1"), Finished)

    run(story())


def test_while_a_worker_is_ended_it_takes_no_task_and_is_ended_whatever_else_happens() -> None:
    """Its state says so before its death is told: whoever looks at the state hands it nothing."""

    async def story() -> None:
        async with watched(deadlines=replace(SHORT_RESTS, silence=1.2, kill=0.3)) as watch:
            await watch.ready()
            process = _process(watch)
            process.suspend()
            await watch.until(lambda: watch.supervisor.state != "ready")

            assert not watch.deaths
            assert watch.supervisor.process_id is None
        assert not process.is_running()

    run(story())


def test_a_shortage_of_descriptors_is_waited_out() -> None:
    import resource

    async def story() -> None:
        async with watched(deadlines=replace(SHORT_RESTS, deaths=1000)) as watch:
            await watch.ready()
            process, limits = _process(watch), resource.getrlimit(resource.RLIMIT_NOFILE)
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
                os.kill(process.pid, signal.SIGKILL)
                await watch.until(lambda: any("could not be started" in death for death in watch.deaths))
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            await watch.ready()

    run(story())


def test_many_deaths_leave_no_descriptor_and_no_thread_behind() -> None:
    async def story() -> None:
        async with watched(deadlines=replace(SHORT_RESTS, deaths=1000)) as watch:
            own = psutil.Process()
            counts: list[tuple[int, int, int]] = []
            for number in range(1, 9):
                await watch.ready()
                _kill(watch)
                await watch.until(lambda number=number: len(watch.deaths) == number)
                counts.append((own.num_fds(), threading.active_count(), len(own.children())))

            # Threads of the pool may come in the beginning; after that all is as it was.
            assert counts[-1][0] <= counts[2][0]
            assert counts[-1][1] <= counts[2][1] + 2
            assert counts[-1][2] <= counts[0][2]

    run(story())


@pytest.mark.parametrize("after_s", [0.0, 0.005, 0.03, 0.08])
def test_ended_at_any_moment_it_leaves_no_process(after_s: float) -> None:
    async def story() -> None:
        before = set(psutil.Process().children())
        async with watched() as watch:
            await asyncio.sleep(after_s)
        await until(lambda: not _workers(before))

        assert watch.supervisor.state == "stopped"

    run(story())


def test_the_usual_deadlines_leave_time_to_load_a_model() -> None:
    usual = Deadlines()

    assert usual.step > usual.start > usual.silence
    assert usual.deaths > 1


def _process(watch: Watched) -> psutil.Process:
    assert watch.supervisor.process_id is not None
    return psutil.Process(watch.supervisor.process_id)


def _kill(watch: Watched) -> None:
    os.kill(_process(watch).pid, signal.SIGKILL)


def _workers(before: set[psutil.Process]) -> set[psutil.Process]:
    """The resource tracker stays."""
    return {child for child in set(psutil.Process().children()) - before if "spawn_main" in " ".join(child.cmdline())}
