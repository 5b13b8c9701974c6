"""What is seldom needed: switches of what is shown, the server's command and log, diagnostics."""

from collections.abc import Callable
from typing import Any

from ..guard import guarded
from ..qt import Action, QtCore, QtGui, QtWidgets
from ..studio import Studio
from ..translate import tr
from .command_dialog import ask_for_command

_SWITCHES = (
    ("has_live", "Show the warp while pulling"),
    ("has_preview", "Show the picture while an edit runs"),
    ("has_tint", "Tint the selection"),
    ("has_prepare", "Prepare the edit before Run"),
)


class ServerMenu(QtWidgets.QMenu):
    def __init__(self, studio: Studio, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._studio = studio
        self._switches: dict[str, Any] = {}
        for name, text in _SWITCHES:
            action = self._add(text, lambda name=name: studio.set(**{name: self._switches[name].isChecked()}))
            action.setCheckable(True)
            self._switches[name] = action
        self.addSeparator()
        self._add("Server command...", self._ask_for_command)
        self._add("Start server", studio.link.start_server)
        self._add("Show the server's log", self._show_log)
        self._add("Copy diagnostics", self._copy_report)
        self.aboutToShow.connect(self._refresh)
        self._refresh()

    def _add(self, text: str, do: Callable[[], None]) -> Any:
        action = Action(tr(text), self)
        action.triggered.connect(guarded()(lambda *_: do()))
        self.addAction(action)
        return action

    @guarded()
    def _refresh(self) -> None:
        for name, action in self._switches.items():
            action.setChecked(bool(getattr(self._studio.settings, name)))

    def _ask_for_command(self) -> None:
        ask_for_command(self._studio, self.parentWidget() or self)

    def _show_log(self) -> None:
        log = self._studio.link.log
        if not log.exists():
            self._studio.say(tr("There is no log: the server was not started from here."))
            return
        QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(str(log)))

    def _copy_report(self) -> None:
        clipboard = QtWidgets.QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self._studio.link.report(self._studio.desk.versions()))
            self._studio.say(tr("Versions, state and the last lines of the log are in the clipboard."))
