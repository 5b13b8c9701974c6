"""A Krita plugin that runs the scenarios named by an environment variable as soon as the window is there."""

import os

from krita import Extension, Krita

PLAN = "DRAGBRUSH_TEST_PLAN"


class Driver(Extension):
    def setup(self):
        pass

    def createActions(self, window):
        pass


def start():
    if PLAN in os.environ:
        from .run import Run

        Run(os.environ[PLAN]).begin()


if PLAN in os.environ:
    Krita.instance().addExtension(Driver(Krita.instance()))
    notifier = Krita.instance().notifier()
    notifier.setActive(True)
    notifier.windowCreated.connect(start)
