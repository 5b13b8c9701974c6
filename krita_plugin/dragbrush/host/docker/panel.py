"""All of the docker from top to bottom."""

from typing import TypeVar

from ..guard import guarded
from ..qt import Qt, QtCore, QtWidgets
from ..studio import Studio
from .advanced import Advanced
from .box_form import BoxForm
from .connection_row import ConnectionRow
from .edit_form import EditForm
from .history_strip import HistoryStrip
from .points_row import PointsRow
from .reference_form import ReferenceForm
from .run_row import RunRow
from .tool_row import ToolRow

Row = TypeVar("Row")
MARGIN_PX = 4
SPACING_PX = 6
MIN_WIDTH_PX = 200
HINT_PX = (250, 420)


class Panel(QtWidgets.QScrollArea):
    """Scrolls where the docker is lower than its content; never sideways."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.setObjectName("dragbrush_panel")
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(MIN_WIDTH_PX)
        inside = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(inside)
        column.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
        column.setSpacing(SPACING_PX)
        self.history = HistoryStrip(studio)
        self.rows = (
            ConnectionRow(studio),
            ToolRow(studio),
            PointsRow(studio),
            BoxForm(studio),
            ReferenceForm(studio),
            EditForm(studio),
            RunRow(studio),
            self.history,
            Advanced(studio),
        )
        for row in self.rows:
            column.addWidget(row)
        column.addStretch(1)
        self.setWidget(inside)
        studio.changed.connect(self.refresh)
        self.refresh()

    def row(self, kind: type[Row]) -> Row:
        """The one row of that kind."""
        return next(row for row in self.rows if isinstance(row, kind))

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(*HINT_PX)

    @guarded()
    def refresh(self) -> None:
        for row in self.rows:
            row.refresh()
