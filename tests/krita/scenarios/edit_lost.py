"""What is in the middle of an edit when a document, a layer or the server goes. The last one kills the server."""

from dragbrush.core.saved import ANNOTATION, read
from edit_bench import (
    BUSY,
    PAIRS,
    Desk,
    connected,
    kill_server,
    named,
    open_picture,
    press,
    select,
    studio,
    wait_for_edit,
    wait_long,
)

from krita import Krita


def _begin(desk, *, params=BUSY):
    studio().set_on(True)
    select(desk.document)
    yield from desk.pull(PAIRS[0])
    studio().choosing.choose(speed="quality", params=params, prompt="a red ball")
    studio().run()
    yield lambda: studio().job is not None and studio().job.state == "running"
    return studio().job


def _over(job):
    yield from wait_long(lambda: job.is_over)


def scenario_a_document_closed_in_the_middle_gets_its_layer_when_it_is_opened_again(hands):
    path = str(hands.out / "closed.kra")
    other = yield from open_picture(hands, "bystander")
    untouched = other.pixels()
    desk = yield from open_picture(hands, "closed")
    desk.document.saveAs(path)
    yield 300
    job = yield from _begin(desk)
    pairs, work = desk.work.points.pairs, desk.work.id
    desk.document.save()
    yield 300

    yield from hands.close(desk.document)
    assert not job.is_over
    yield from _over(job)
    assert job.state == "done", (job.code, job.message)
    yield 300
    hands.notes["line"] = studio().line
    assert other.layers() == ["Background"]
    assert other.pixels() == untouched

    document = Krita.instance().openDocument(path)
    document.setBatchmode(True)
    view = hands.window.addView(document)
    yield lambda: document.activeNode() is not None
    yield 300
    yield lambda: studio().work is not None and studio().work.id == work
    again = Desk(hands, document, view)
    yield lambda: len(again.layers()) == 2
    assert again.work.points.pairs == pairs
    assert again.work.choice.prompt == "a red ball"
    assert [entry.id for entry in again.work.history.entries] == [job.id]
    yield 500
    saved = read(bytes(document.annotation(ANNOTATION)))
    assert saved.document == work
    assert [entry.id for entry in saved.history] == [job.id]
    document.save()
    yield 600
    yield from hands.close(document)
    third = Krita.instance().openDocument(path)
    third.setBatchmode(True)
    hands.window.addView(third)
    yield lambda: third.activeNode() is not None
    yield lambda: studio().work is not None and studio().work.id == work
    assert len(studio().work.history.entries) == 1
    assert studio().work.history.entries[0].thumbnail
    assert studio().work.history.entries[0].inputs.pairs == pairs
    yield 300
    hands.screenshot("opened_again")
    yield from hands.close(third)
    yield from hands.close(other.document)


def scenario_a_document_that_cannot_come_back_gives_its_edit_up(hands):
    desk = yield from open_picture(hands, "given_up")
    job = yield from _begin(desk)

    yield from hands.close(desk.document)

    yield from _over(job)
    assert job.state == "cancelled"


def scenario_a_layer_deleted_in_the_middle_and_another_document_in_front(hands):
    desk = yield from open_picture(hands, "deleted")
    extra = desk.source.clone()
    extra.setName("extra")
    desk.document.rootNode().addChildNode(extra, None)
    desk.document.waitForDone()
    desk.document.setActiveNode(extra)
    yield 300
    job = yield from _begin(desk)
    Krita.instance().action("remove_layer").trigger()
    yield lambda: desk.layers() == ["Background"]
    other = yield from open_picture(hands, "front")
    untouched = other.pixels()

    yield from _over(job)
    yield 300

    assert job.state == "done", (job.code, job.message)
    assert desk.layers() == ["Background"]
    assert other.layers() == ["Background"]
    assert other.pixels() == untouched
    yield from hands.close(other.document)
    yield lambda: studio().work is not None
    assert [entry.id for entry in studio().work.history.entries] == [job.id]
    hands.notes["line"] = studio().line
    yield from hands.close(desk.document)


def scenario_a_server_killed_in_the_middle_and_started_again(hands):
    desk = yield from open_picture(hands, "killed")
    job = yield from _begin(desk)

    kill_server()

    yield lambda: not connected()
    yield 1500
    hands.notes["line"] = studio().link.line.text
    hands.screenshot("server_killed")
    assert not job.is_over
    assert named("dragbrush_connect").isVisible(), hands.notes["line"]
    yield from press(hands, "dragbrush_connect")
    yield from wait_long(connected)
    yield from _over(job)
    yield from wait_for_edit()
    yield 300
    hands.notes["state"] = job.state
    assert len(desk.layers()) == 2, (job.state, job.code, job.message)
    hands.notes["report"] = studio().link.report(studio().desk.versions())
    yield from hands.close(desk.document)
