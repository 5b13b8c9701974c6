"""One setting of a speed: a number, a switch, or one of several words."""

from collections.abc import Callable
from typing import Any, Protocol

from ...core.form import Row
from ...core.inputs import Value
from ..qt import QtWidgets
from ..translate import tr
from .button import wrapped_label
from .calm import calm
from .choice import Choice

FIELD_WIDTH_PX = 84
_MOST = 1e9
"""Of a number that has no bounds of its own."""


class SettingField(Protocol):
    row: Row

    def value(self) -> Value: ...

    def show_value(self, value: Value) -> None: ...

    def add_to(self, form: QtWidgets.QFormLayout) -> None: ...


def setting_field(row: Row, changed: Callable[[], None]) -> SettingField:
    match row.kind:
        case "bool":
            return _Switch(row, changed)
        case "choice":
            return _Words(row, changed)
        case _:
            return _Number(row, changed)


def short_title(row: Row) -> str:
    """What is said of it up to the first comma or semicolon; the pointer over it shows the rest."""
    return row.title.split(";")[0].split(",")[0].split(":")[0]


def _label(row: Row) -> QtWidgets.QLabel:
    label = wrapped_label(tr(short_title(row)))
    label.setToolTip(f"{tr(row.title)}\n({row.id})")
    return label


class _Number:
    def __init__(self, row: Row, changed: Callable[[], None]) -> None:
        self.row = row
        self._box = QtWidgets.QDoubleSpinBox()
        self._box.setDecimals(row.digits)
        self._box.setRange(-_MOST if row.low is None else row.low, _MOST if row.high is None else row.high)
        self._box.setSingleStep(row.step)
        self._box.setStepType(QtWidgets.QAbstractSpinBox.StepType.DefaultStepType)
        self._box.setSuffix(f" {row.unit}" if row.unit else "")
        self._box.setKeyboardTracking(False)
        self._box.setFixedWidth(FIELD_WIDTH_PX)
        self._box.setToolTip(tr(row.title))
        self._box.setAccessibleName(tr(row.title))
        self._box.valueChanged.connect(lambda *_: changed())
        calm(self._box)

    def value(self) -> Value:
        value = self._box.value()
        return int(value) if self.row.kind == "int" else value

    def show_value(self, value: Value) -> None:
        if self._box.hasFocus() or not isinstance(value, (int, float)) or self._box.value() == value:
            return
        was_blocked = self._box.blockSignals(True)
        self._box.setValue(value)
        self._box.blockSignals(was_blocked)

    def add_to(self, form: QtWidgets.QFormLayout) -> None:
        line = QtWidgets.QHBoxLayout()
        line.addWidget(_label(self.row), 1)
        line.addWidget(self._box)
        form.addRow(line)


class _Switch:
    def __init__(self, row: Row, changed: Callable[[], None]) -> None:
        self.row = row
        self._box = QtWidgets.QCheckBox()
        self._box.setAccessibleName(tr(row.title))
        self._box.clicked.connect(lambda *_: changed())

    def value(self) -> Value:
        return self._box.isChecked()

    def show_value(self, value: Value) -> None:
        self._box.setChecked(bool(value))

    def add_to(self, form: QtWidgets.QFormLayout) -> None:
        line = QtWidgets.QHBoxLayout()
        line.addWidget(_label(self.row), 1)
        line.addWidget(self._box)
        form.addRow(line)


class _Words:
    def __init__(self, row: Row, changed: Callable[[], None]) -> None:
        self.row = row
        self._box = Choice(lambda _: changed())
        self._box.offer([(choice, tr(choice), "") for choice in row.choices])

    def value(self) -> Value:
        data: Any = self._box.currentData()
        return data

    def show_value(self, value: Value) -> None:
        self._box.show_chosen(str(value))

    def add_to(self, form: QtWidgets.QFormLayout) -> None:
        form.addRow(_label(self.row), self._box)
