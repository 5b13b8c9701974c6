"""Krita ends in the middle of an edit. To be run last: the driver closes everything and quits after it."""

from edit_bench import BUSY, PAIRS, open_picture, select, studio, wait_long


def scenario_krita_ends_in_the_middle_of_an_edit(hands):
    desk = yield from open_picture(hands, "quitting")
    desk.document.saveAs(str(hands.out / "quitting.kra"))
    yield 300
    studio().set_on(True)
    select(desk.document)
    yield from desk.pull(PAIRS[0])
    studio().choosing.choose(speed="quality", params=BUSY)
    studio().run()
    job = studio().job
    yield from wait_long(lambda: job.state == "running")
    desk.document.save()
    yield 200
    hands.notes.update(job=job.id, document=job.document)
