"""The tools that the server publishes, as buttons; the one in hand is down. Beside them what concerns the points."""

from ..guard import guarded
from ..qt import Qt, QtWidgets
from ..studio import Studio
from ..translate import tr
from .button import tool_button

_ICONS = {"drag": "transform_icons_liquify_move", "move": "krita_tool_move"}
_IN_HAND = "QToolButton:checked { background: palette(highlight); color: palette(highlighted-text); }"
"""As Krita's toolbox shows its own."""
_FIRST = (("drag", "Drag"),)
"""Before a server has said what it can do."""


class ToolRow(QtWidgets.QWidget):
    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.buttons: dict[str, QtWidgets.QToolButton] = {}
        self._row = QtWidgets.QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)
        self._row.addStretch(1)
        icon = studio.desk.icon
        self._visible = tool_button(icon("visible"), tr("Show or hide the points"), self._hide, is_checkable=True)
        self._clear = tool_button(icon("edit-clear"), tr("Clear all points"), self._clear_points)
        for button in (self._visible, self._clear):
            self._row.addWidget(button)

    def refresh(self) -> None:
        tools = tuple((tool.id, tool.title) for tool in self._studio.choosing.tools) or _FIRST
        if tuple(self.buttons) != tuple(id_ for id_, _ in tools):
            self._make(tools)
        chosen = self._studio.choosing.tool
        for id_, button in self.buttons.items():
            button.setChecked(self._studio.is_on and (chosen is None or chosen.id == id_))
        work = self._studio.work
        has_points = work is not None and bool(work.points.pairs)
        self._visible.setEnabled(has_points)
        self._visible.setChecked(work is None or work.points.is_visible)
        self._visible.setIcon(self._studio.desk.icon("visible" if self._visible.isChecked() else "novisible"))
        self._clear.setEnabled(has_points)

    def _make(self, tools: tuple[tuple[str, str], ...]) -> None:
        for button in self.buttons.values():
            button.deleteLater()
        self.buttons = {}
        for place, (id_, title) in enumerate(tools):
            icon = self._studio.desk.icon(_ICONS.get(id_, "krita_tool_transform"))
            button = tool_button(
                icon,
                tr("{tool}: press on the canvas and pull", tool=tr(title)),
                lambda id_=id_: self._use(id_),
                is_checkable=True,
            )
            button.setObjectName(f"dragbrush_tool_{id_}")
            button.setText(tr(title))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setAutoRaise(False)
            button.setStyleSheet(_IN_HAND)
            self._row.insertWidget(place, button)
            self.buttons[id_] = button

    @guarded()
    def _use(self, id_: str) -> None:
        studio = self._studio
        is_in_hand = studio.is_on and (studio.choosing.tool is None or studio.choosing.tool.id == id_)
        if not is_in_hand:
            studio.choosing.choose(tool=id_)
        studio.set_on(not is_in_hand)
        self.refresh()

    @guarded()
    def _hide(self) -> None:
        if self._studio.work is not None:
            self._studio.work.points.is_visible = self._visible.isChecked()

    @guarded()
    def _clear_points(self) -> None:
        if self._studio.work is not None:
            self._studio.work.points.clear()
