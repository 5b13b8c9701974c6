"""Where a result goes, and the settings of the chosen speed, as the server publishes them; folded away at first."""

from typing import Any

from ... import wire
from ...core import form
from ...core.form import Row
from ..guard import guarded
from ..qt import Qt, QtWidgets
from ..studio import Studio
from ..translate import tr
from .choice import Choice
from .setting_field import SettingField, setting_field

_PLACEMENTS = (("above", "A new layer above"), ("replace", "In place of the layer"))


class Advanced(QtWidgets.QWidget):
    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._speed: wire.Speed | None = None
        self.fields: dict[str, SettingField] = {}
        self.head = QtWidgets.QToolButton()
        self.head.setText(tr("Advanced"))
        self.head.setAutoRaise(True)
        self.head.setCheckable(True)
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.head.clicked.connect(self._fold)
        self.placement = Choice(lambda id_: studio.set(placement=id_))
        self.placement.offer([(id_, tr(text), "") for id_, text in _PLACEMENTS])
        self.reset = QtWidgets.QPushButton(tr("Reset settings"))
        self.reset.clicked.connect(guarded()(lambda *_: studio.choosing.choose(params={})))
        self._body = QtWidgets.QWidget()
        self._form = QtWidgets.QFormLayout()
        self._form.setRowWrapPolicy(QtWidgets.QFormLayout.RowWrapPolicy.WrapLongRows)
        self._form.setFieldGrowthPolicy(QtWidgets.QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        inside = QtWidgets.QVBoxLayout(self._body)
        inside.setContentsMargins(0, 0, 0, 0)
        result = QtWidgets.QFormLayout()
        result.addRow(tr("Result:"), self.placement)
        inside.addLayout(result)
        inside.addLayout(self._form)
        inside.addWidget(self.reset)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.head)
        column.addWidget(self._body)

    def refresh(self) -> None:
        studio = self._studio
        is_open = studio.settings.is_advanced_open
        self.head.setChecked(is_open)
        self.head.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self._body.setVisible(is_open)
        self.placement.show_chosen(studio.settings.placement)
        if studio.choosing.speed != self._speed:
            self._speed = studio.choosing.speed
            self._make(() if self._speed is None else form.rows(self._speed))
        params = studio.choosing.choice.params
        for id_, field in self.fields.items():
            field.show_value(params.get(id_, field.row.default))
        self.reset.setVisible(bool(self.fields))
        self.reset.setEnabled(bool(params))

    def _make(self, rows: tuple[Row, ...]) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self.fields = {row.id: setting_field(row, self._change) for row in rows}
        for field in self.fields.values():
            field.add_to(self._form)

    @guarded()
    def _change(self, *_: Any) -> None:
        if self._speed is not None:
            values = {id_: field.value() for id_, field in self.fields.items()}
            self._studio.choosing.choose(params=form.differing(form.rows(self._speed), values))

    @guarded()
    def _fold(self, *_: Any) -> None:
        self._studio.set(is_advanced_open=self.head.isChecked())
