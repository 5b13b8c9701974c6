"""The tools that the server publishes, as buttons; the one that Run would use is underlined, in hand it is lit."""

from ..guard import guarded
from ..qt import Qt, QtGui, QtWidgets
from ..studio import Studio
from ..translate import tr
from .button import tool_button

_ICONS = {
    "drag": "transform_icons_liquify_move",
    "move": "krita_tool_transform",
    "appearance": "krita_tool_color_fill",
    "paste": "edit-paste",
}
_DOES = {
    "drag": "press on the canvas and pull",
    "move": "select an object, then pull its box",
    "appearance": "select an object, which gets the look of one in another layer",
    "paste": "an object of another layer, at the place and in the size that you give it",
}
_IN_HAND = "QToolButton:checked { background: palette(highlight); color: palette(highlighted-text); }"
"""As Krita's toolbox shows its own."""
_FIRST = (("drag", "Drag"),)
"""Before a server has said what it can do."""
COLUMNS = 2


class ToolRow(QtWidgets.QWidget):
    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.buttons: dict[str, QtWidgets.QToolButton] = {}
        self._grid = QtWidgets.QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)
        for column in range(COLUMNS):
            self._grid.setColumnStretch(column, 1)

    def refresh(self) -> None:
        tools = tuple((tool.id, tool.title) for tool in self._studio.choosing.tools) or _FIRST
        if tuple(self.buttons) != tuple(id_ for id_, _ in tools):
            self._make(tools)
        chosen = self._studio.choosing.tool_id
        for id_, button in self.buttons.items():
            button.setChecked(self._studio.is_on and chosen == id_)
            font = QtGui.QFont(self.font())  # the docker's, which is smaller than a tool button's own
            font.setUnderline(chosen == id_)
            button.setFont(font)

    def _make(self, tools: tuple[tuple[str, str], ...]) -> None:
        for button in self.buttons.values():
            button.deleteLater()
        self.buttons = {}
        for place, (id_, title) in enumerate(tools):
            icon = self._studio.desk.icon(_ICONS[id_])
            text = tr("{tool}: {what}", tool=tr(title), what=tr(_DOES[id_]))
            button = tool_button(icon, text, lambda id_=id_: self._use(id_), is_checkable=True)
            button.setObjectName(f"dragbrush_tool_{id_}")
            button.setText(tr(title))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setAutoRaise(False)
            button.setStyleSheet(_IN_HAND)
            button.setSizePolicy(QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed)
            self._grid.addWidget(button, place // COLUMNS, place % COLUMNS)
            self.buttons[id_] = button

    @guarded()
    def _use(self, id_: str) -> None:
        studio = self._studio
        is_in_hand = studio.is_on and studio.choosing.tool_id == id_
        if not is_in_hand:
            studio.choosing.choose(tool=id_)
        studio.set_on(not is_in_hand)
        self.refresh()
