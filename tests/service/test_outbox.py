"""The outbox: states in order and all of them, of progress only the newest, and an end to patience."""

import asyncio

from dragbrush.protocol.limits import MAX_JOURNAL
from dragbrush.protocol.messages import Ok
from dragbrush.service.outbox import MAX_WAITING, Outbox, Parcel
from serving import run


def test_reliable_ones_come_in_order_and_first() -> None:
    async def story() -> None:
        box = Outbox()
        box.put_newest("slot", Parcel(Ok("old")))
        box.put(Ok("1"))
        box.put_newest("slot", Parcel(Ok("new")))
        box.put(Ok("2"))

        assert [await _next(box) for _ in range(3)] == ["1", "2", "new"]

    run(story())


def test_what_waits_is_woken() -> None:
    async def story() -> None:
        box = Outbox()
        waiting = asyncio.create_task(_next(box))
        await asyncio.sleep(0)
        box.put(Ok("1"))

        assert await waiting == "1"

    run(story())


def test_dropped_slots_are_never_sent() -> None:
    async def story() -> None:
        box = Outbox()
        box.put_newest("progress", Parcel(Ok("late")))
        box.drop(["progress", "preview"])
        box.put(Ok("done"))
        box.close()

        assert [await _next(box), await _next(box)] == ["done", None]

    run(story())


def test_a_closed_box_is_emptied_and_ends() -> None:
    async def story() -> None:
        box = Outbox()
        box.put(Ok("1"))
        box.close()

        assert [await _next(box), await _next(box), await _next(box)] == ["1", None, None]

    run(story())


def test_a_box_that_nobody_empties_is_overfull_and_stays_bounded() -> None:
    async def story() -> None:
        box = Outbox()
        for number in range(MAX_WAITING):
            box.put(Ok(str(number)))
        assert not box.is_overfull

        for number in range(10):
            box.put(Ok(str(number)))
        box.close()

        assert box.is_overfull
        sent = [await _next(box) for _ in range(MAX_WAITING + 1)]
        assert sent[-2:] == [str(MAX_WAITING - 1), None]

    run(story())


def test_all_that_a_resumed_session_may_have_missed_finds_room() -> None:
    assert MAX_WAITING > MAX_JOURNAL


async def _next(box: Outbox) -> str | None:
    parcel = await box.next()
    return None if parcel is None else parcel.message.re  # type: ignore[attr-defined]
