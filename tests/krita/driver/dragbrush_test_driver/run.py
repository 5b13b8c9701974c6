"""Steps the scenarios one after another and writes what came of them.

A scenario is a generator: `yield 200` waits that many ms, `yield callable` waits until it is true, `yield` lets the
event loop turn once. There is never a nested event loop, in which Krita would hold back its signals.
"""

import importlib.util
import json
import logging
import os
import sys
import time
import traceback
from pathlib import Path

from dragbrush.host.qt import QtCore

from krita import Krita

from .hands import Hands

POLL_MS = 15
WAIT_S = 15.0
SCENARIO_S = 90.0
QUIT_S = 15
PREFIX = "scenario_"

_running = []  # keeps the run alive; Krita holds no reference


class Run:
    def __init__(self, plan_path):
        plan = json.loads(Path(plan_path).read_text("utf-8"))
        self.out = Path(plan["out"])
        self.scripts = plan["scripts"]
        self.results = {}
        self.errors = []
        self.left = []

    def begin(self):
        _running.append(self)
        sys.excepthook = self._take_error
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: self.errors.append(logging.Formatter().format(record))
        logging.getLogger("dragbrush").addHandler(handler)
        QtCore.QTimer.singleShot(0, self._load)

    def _take_error(self, *error):
        self.errors.append("".join(traceback.format_exception(*error)))

    def _load(self):
        try:
            Krita.instance().activeWindow().qwindow().setGeometry(0, 0, 1500, 950)
            for number, script in enumerate(self.scripts):
                spec = importlib.util.spec_from_file_location(f"scenarios_{number}", script)
                module = importlib.util.module_from_spec(spec)
                sys.path.insert(0, str(Path(script).parent))
                spec.loader.exec_module(module)
                self.left += [value for name, value in vars(module).items() if name.startswith(PREFIX)]
        except Exception:
            self.errors.append(traceback.format_exc())
        self._next()

    def _next(self):
        if not self.left:
            self._finish()
            return
        scenario = self.left.pop(0)
        self.name = scenario.__name__[len(PREFIX) :]
        self.started = time.monotonic()
        self.hands = Hands(self.out)
        self.results[self.name] = {"error": "Krita ended during this scenario.", "notes": {}}
        self._write()
        self.steps = scenario(self.hands)
        self._step()

    def _step(self, thrown=None):
        try:
            if time.monotonic() - self.started > SCENARIO_S:
                thrown = TimeoutError(f"the scenario took longer than {SCENARIO_S} s")
            wanted = next(self.steps) if thrown is None else self.steps.throw(thrown)
        except StopIteration:
            self._end(None)
        except BaseException:
            self._end(traceback.format_exc())
        else:
            if callable(wanted):
                self._wait(wanted, time.monotonic() + WAIT_S)
            else:
                QtCore.QTimer.singleShot(wanted or 0, self._step)

    def _wait(self, is_true, until):
        try:
            if is_true():
                QtCore.QTimer.singleShot(0, self._step)
            elif time.monotonic() > until:
                self._step(TimeoutError(f"waited {WAIT_S} s in vain"))
            else:
                QtCore.QTimer.singleShot(POLL_MS, lambda: self._wait(is_true, until))
        except BaseException as error:
            self._step(error)

    def _end(self, error):
        if error is not None:
            self.hands.screenshot("failed_" + self.name)
        errors = ([] if error is None else [error]) + self.errors
        self.errors = []
        self.results[self.name] = {
            "error": "\n".join(errors) or None,
            "notes": self.hands.notes,
            "seconds": round(time.monotonic() - self.started, 2),
        }
        self._write()
        self.hands.let_go()
        close_all()
        QtCore.QTimer.singleShot(200, self._next)  # what was closed is deleted meanwhile

    def _write(self):
        text = json.dumps({"results": self.results, "errors": self.errors})
        (self.out / "results.json").write_text(text, "utf-8")

    def _finish(self):
        self._write()
        close_all()
        QtCore.QTimer.singleShot(QUIT_S * 1000, lambda: os._exit(9))  # a question on the screen, or a hang
        Krita.instance().action("file_quit").trigger()


def close_all():
    for document in Krita.instance().documents():
        document.setModified(False)  # else Krita asks
        document.close()
