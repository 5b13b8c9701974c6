"""The worker process: one last message for every task, heard cancels, and no life without its server."""

import multiprocessing
from pathlib import Path

import pytest
from watching import PICTURE, PIXELS, prepare_task, run_task, warp_task, watched

from dragbrush.worker.child import main
from dragbrush.worker.make import echo
from dragbrush.worker.messages import Broke, Finished, Part, Previewed, Ready, Stepped, pack, unpack_from_worker
from serving import run


def test_steps_previews_and_result_come_through(tmp_path: Path) -> None:
    async def story() -> None:
        task = run_task(tmp_path, "steps=5")
        async with watched() as watch:
            await watch.ready()
            watch.supervisor.start(task)
            last = await watch.last_of(task.job)

        assert isinstance(last, Finished)
        assert last.parts == [Part("edit", PIXELS, (0, 0, 3, 2))]
        assert Path(task.outs["edit"]).read_bytes() == bytes(255 - sample for sample in PICTURE)
        steps = [message for message in watch.of(task.job) if isinstance(message, Stepped)]
        assert [(step.step, step.of) for step in steps] == [(step, 5) for step in range(1, 6)]
        assert sum(isinstance(message, Previewed) for message in watch.of(task.job)) == 5
        assert watch.of(task.job)[-1] is last

    run(story())


def test_a_cancel_is_seen_within_one_step(tmp_path: Path) -> None:
    async def story() -> None:
        task = run_task(tmp_path, "steps=1000 step_ms=30")
        async with watched() as watch:
            await watch.ready()
            watch.supervisor.start(task)
            await watch.until(lambda: len(watch.of(task.job)) > 1)
            before = _steps(watch.of(task.job))
            watch.supervisor.cancel(task.job)
            last = await watch.last_of(task.job)

        assert isinstance(last, Broke)
        assert last.code == "cancelled"
        assert _steps(watch.of(task.job)) - before <= 2  # one that was under way, one that was on its way here
        assert not Path(task.outs["edit"]).exists()

    run(story())


def test_a_task_that_waits_is_cancelled_before_it_begins(tmp_path: Path) -> None:
    async def story() -> None:
        first, second = run_task(tmp_path, "steps=3 step_ms=20"), prepare_task(tmp_path)
        async with watched() as watch:
            await watch.ready()
            watch.supervisor.start(first)
            watch.supervisor.start(second)
            watch.supervisor.cancel(second.job)
            assert isinstance(await watch.last_of(first.job), Finished)
            last = await watch.last_of(second.job)

        assert watch.of(second.job) == [last]
        assert isinstance(last, Broke)

    run(story())


def test_a_task_may_come_again_after_its_cancel(tmp_path: Path) -> None:
    async def story() -> None:
        task = prepare_task(tmp_path, "steps=20 step_ms=10")
        async with watched() as watch:
            await watch.ready()
            for number in range(1, 4):
                watch.supervisor.start(task)
                watch.supervisor.cancel(task.job)
                await watch.until(lambda number=number: len(watch.lasts_of(task.job)) == number)
            watch.supervisor.start(task)
            await watch.until(lambda: len(watch.lasts_of(task.job)) == 4)

        assert [type(last) for last in watch.lasts_of(task.job)] == [Broke, Broke, Broke, Finished]

    run(story())


def test_a_hand_is_followed_while_an_edit_runs(tmp_path: Path) -> None:
    async def story() -> None:
        task = run_task(tmp_path, "steps=1000 step_ms=5")
        async with watched() as watch:
            await watch.ready()
            watch.supervisor.start(task)
            for number in range(3):
                warp = warp_task(tmp_path, job=f"w{number}/1", number=number)
                watch.supervisor.start(warp)
                await watch.last_of(warp.job)
                [preview, last] = watch.of(warp.job)
                assert (preview.number, type(last)) == (number, Finished)

            assert not watch.lasts_of(task.job)

    run(story())


def test_a_known_error_leaves_the_process_at_work(tmp_path: Path) -> None:
    async def story() -> None:
        async with watched() as watch:
            await watch.ready()
            process = watch.supervisor.process_id
            watch.supervisor.start(run_task(tmp_path, "break"))
            last = await watch.last_of("a/1")
            assert isinstance(last, Broke)
            assert (last.code, last.is_last) == ("out_of_memory", False)
            watch.supervisor.start(run_task(tmp_path, job="b/1"))
            assert isinstance(await watch.last_of("b/1"), Finished)

            assert watch.supervisor.process_id == process

    run(story())


def test_after_a_fault_a_new_process_goes_on(tmp_path: Path) -> None:
    async def story() -> None:
        async with watched() as watch:
            await watch.ready()
            process = watch.supervisor.process_id
            watch.supervisor.start(run_task(tmp_path, "fault"))
            last = await watch.last_of("a/1")
            assert isinstance(last, Broke)
            assert (last.code, last.is_last) == ("internal", True)
            assert "ValueError" in last.message
            assert watch.supervisor.state != "ready"
            await watch.ready()

            assert watch.supervisor.process_id != process
            assert watch.deaths == ["it exited with status 3"]

    run(story())


def test_a_fault_under_a_hand_leaves_the_edit_alone(tmp_path: Path) -> None:
    async def story() -> None:
        async with watched() as watch:
            await watch.ready()
            watch.supervisor.start(run_task(tmp_path, "steps=20 step_ms=10"))
            watch.supervisor.start(warp_task(tmp_path, "fault"))
            assert isinstance(await watch.last_of("w/1"), Broke)
            assert isinstance(await watch.last_of("a/1"), Finished)

            assert not watch.deaths

    run(story())


@pytest.mark.parametrize("orders", [None, "steps=1000 step_ms=10"], ids=["idle", "at work"])
def test_it_ends_when_the_pipe_closes(tmp_path: Path, orders: str | None) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=main, args=(theirs, echo))
    process.start()
    theirs.close()
    assert isinstance(unpack_from_worker(ours.recv_bytes()), Ready)
    if orders is not None:
        ours.send_bytes(pack(run_task(tmp_path, orders)))
        assert isinstance(unpack_from_worker(ours.recv_bytes()), Stepped)

    ours.close()

    process.join(10)
    assert process.exitcode == 0


def _steps(messages: list[object]) -> int:
    return sum(isinstance(message, Stepped) for message in messages)
