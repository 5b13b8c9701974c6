"""The box of the object that is moved or pasted, in numbers: for the keyboard, and to say what was pulled."""

from dataclasses import dataclass, replace

from ... import wire
from ..guard import guarded
from ..hand import BOXED
from ..qt import Qt, QtWidgets
from ..studio import Studio
from ..translate import tr
from .button import tool_button
from .calm import calm


@dataclass(frozen=True)
class _Number:
    """One field of a transform."""

    name: str
    about: str
    sign: str
    """Before the number."""
    unit: str
    low: float
    high: float
    step: float
    """Of an arrow key."""


_NUMBERS = (
    _Number("dx", "To the right", "x ", " px", -99_999.0, 99_999.0, 1.0),
    _Number("dy", "Downwards", "y ", " px", -99_999.0, 99_999.0, 1.0),
    _Number("scale", "Size", "", " %", 100 * wire.MIN_SCALE, 100 * wire.MAX_SCALE, 5.0),
    _Number("degrees", "Turn, clockwise", "", "°", -180.0, 180.0, 5.0),
)


class BoxForm(QtWidgets.QWidget):
    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        icon = studio.desk.icon
        self.fields = {number.name: _field(number) for number in _NUMBERS}
        for name, field in self.fields.items():
            field.setObjectName(f"dragbrush_box_{name}")
            field.valueChanged.connect(guarded()(lambda *_, name=name: self._change(name)))
        self.mirror = tool_button(
            icon("symmetry-horizontal"), tr("Mirror the object, left to right (X)"), self._mirror, is_checkable=True
        )
        self.mirror.setObjectName("dragbrush_box_mirror")
        self.reset = tool_button(icon("edit-undo"), tr("The object as it was (Esc)"), self._reset)
        self.layers = QtWidgets.QCheckBox(tr("As two layers"))
        self.layers.setObjectName("dragbrush_in_layers")
        self.layers.setToolTip(tr("The object, and the picture without it, as a group of two layers"))
        self.layers.clicked.connect(guarded()(lambda *_: studio.choosing.choose(in_layers=self.layers.isChecked())))
        grid = QtWidgets.QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        for place, field in enumerate(self.fields.values()):
            grid.addWidget(field, place // 2, place % 2)
        grid.addWidget(self.mirror, 0, 2)
        grid.addWidget(self.reset, 1, 2)
        grid.addWidget(self.layers, 2, 0, 1, 3, Qt.AlignmentFlag.AlignLeft)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)

    def refresh(self) -> None:
        studio, work = self._studio, self._studio.work
        tool = studio.choosing.tool_id
        self.setVisible(tool in BOXED)
        if work is None or tool not in BOXED:
            return
        has_box = studio.is_on and work.moved.box is not None
        transform = work.moved.transform
        for name, field in self.fields.items():
            field.setEnabled(has_box)
            value = 100 * transform.scale if name == "scale" else getattr(transform, name)
            if abs(field.value() - value) >= 10 ** -field.decimals() / 2:
                was_blocked = field.blockSignals(True)
                field.setValue(value)
                field.blockSignals(was_blocked)
        self.mirror.setEnabled(has_box)
        self.mirror.setChecked(transform.mirror)
        self.reset.setEnabled(has_box)
        self.layers.setVisible(tool == "move")
        self.layers.setChecked(studio.choosing.choice.in_layers)

    def _change(self, name: str) -> None:
        work, value = self._studio.work, self.fields[name].value()
        if work is not None:
            work.moved.set(replace(work.moved.transform, **{name: value / 100 if name == "scale" else value}))

    def _mirror(self) -> None:
        if self._studio.work is not None:
            self._studio.work.moved.mirror()

    def _reset(self) -> None:
        if self._studio.work is not None:
            self._studio.work.moved.reset()


def _field(number: _Number) -> QtWidgets.QDoubleSpinBox:
    field = QtWidgets.QDoubleSpinBox()
    field.setDecimals(1)
    field.setRange(number.low, number.high)
    field.setSingleStep(number.step)
    field.setPrefix(number.sign)
    field.setSuffix(number.unit)
    field.setKeyboardTracking(False)
    field.setToolTip(tr(number.about))
    field.setAccessibleName(tr(number.about))
    field.setMinimumWidth(60)
    calm(field)
    return field
