"""What concerns the points on the canvas as a whole."""

from ..guard import guarded
from ..qt import QtWidgets
from ..studio import Studio
from ..translate import tr
from .button import tool_button


class PointsRow(QtWidgets.QWidget):
    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        icon = studio.desk.icon
        self._count = QtWidgets.QLabel()
        self._visible = tool_button(icon("visible"), tr("Show or hide the points"), self._hide, is_checkable=True)
        self._clear = tool_button(icon("edit-clear"), tr("Clear all points"), self._clear_points)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self._count, 1)
        row.addWidget(self._visible)
        row.addWidget(self._clear)

    def refresh(self) -> None:
        work = self._studio.work
        count = 0 if work is None else len(work.points.pairs)
        self.setVisible(self._studio.choosing.tool_id == "drag")
        self._count.setText(tr("{count} pairs", count=count) if count != 1 else tr("1 pair"))
        self._visible.setEnabled(count > 0)
        self._visible.setChecked(work is None or work.points.is_visible)
        self._visible.setIcon(self._studio.desk.icon("visible" if self._visible.isChecked() else "novisible"))
        self._clear.setEnabled(count > 0)

    @guarded()
    def _hide(self) -> None:
        if self._studio.work is not None:
            self._studio.work.points.is_visible = self._visible.isChecked()

    @guarded()
    def _clear_points(self) -> None:
        if self._studio.work is not None:
            self._studio.work.points.clear()
