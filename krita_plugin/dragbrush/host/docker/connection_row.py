"""One line about the server, its one button, and the menu of what is seldom needed."""

from typing import Any

from ..qt import Qt, QtCore, QtGui, QtWidgets
from ..studio import Studio
from ..translate import tr
from .button import tool_button, wrapped_label
from .server_menu import ServerMenu

_BUTTONS = {"start": "Start server", "retry": "Try again"}
DOT_PX = 9


class ConnectionRow(QtWidgets.QWidget):
    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._dot = _Dot()
        self._text = wrapped_label()
        self.button = QtWidgets.QPushButton()
        self.button.setObjectName("dragbrush_connect")
        self.button.clicked.connect(self._press)
        menu = tool_button(studio.desk.icon("hamburger_menu_dots"), tr("Options and help"), lambda: None)
        menu.setPopupMode(QtWidgets.QToolButton.ToolButtonPopupMode.InstantPopup)
        menu.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.menu = ServerMenu(studio, menu)
        menu.setMenu(self.menu)
        height = menu.sizeHint().height()
        self._dot.setFixedSize(DOT_PX + 2, height)
        margin = max(0, (height - self.fontMetrics().height()) // 2)
        self._text.setContentsMargins(0, margin, 0, margin)  # the first of several lines stays beside dot and menu
        self._text.setAlignment(Qt.AlignmentFlag.AlignTop)
        grid = QtWidgets.QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self._dot, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._text, 0, 1)
        grid.addWidget(menu, 0, 2, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.button, 1, 0, 1, 3)
        grid.setColumnStretch(1, 1)

    def refresh(self) -> None:
        link = self._studio.link
        line, welcome = link.line, link.status.welcome
        self._dot.show_up(link.is_up)
        self._text.setText(tr(line.text))
        self._text.setToolTip("" if welcome is None else tr(welcome.model.note))
        self.button.setVisible(line.action in _BUTTONS)
        self.button.setText(tr(_BUTTONS.get(line.action or "", "")))

    def _press(self, *_: Any) -> None:
        link = self._studio.link
        if link.line.action == "start":
            link.start_server()
        else:
            link.retry()


class _Dot(QtWidgets.QWidget):
    """Full where there is a connection, a ring where there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._is_full = False

    def show_up(self, is_full: bool) -> None:
        if is_full != self._is_full:
            self._is_full = is_full
            self.update()

    def paintEvent(self, event: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        colour = self.palette().color(QtGui.QPalette.ColorRole.WindowText)
        lit = self.palette().color(QtGui.QPalette.ColorRole.Highlight)
        painter.setPen(QtGui.QPen(lit if self._is_full else colour, 1.5))
        painter.setBrush(lit if self._is_full else QtGui.QBrush(Qt.BrushStyle.NoBrush))
        painter.drawEllipse(QtCore.QRectF(1.5, (self.height() - DOT_PX + 1) / 2, DOT_PX - 1, DOT_PX - 1))
        painter.end()
