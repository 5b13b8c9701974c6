"""The Krita after one that ended in the middle of an edit."""

import os

from edit_bench import Desk, studio, wait_long

from krita import Krita


def scenario_the_next_krita_fetches_the_layer(hands):
    document = Krita.instance().openDocument(os.environ["DRAGBRUSH_TEST_LEFT"])
    document.setBatchmode(True)
    view = hands.window.addView(document)
    yield lambda: document.activeNode() is not None
    yield 200
    desk = Desk(hands, document, view)

    yield from wait_long(lambda: len(desk.layers()) == 2)

    yield from wait_long(lambda: studio().work.history.entries)
    hands.notes["job"] = studio().work.history.entries[0].id
    yield from hands.close(document)
