"""What an edit is made with: speed, source, prompt, seed."""

from typing import Any

from ... import wire
from ..guard import guarded
from ..qt import QtWidgets
from ..studio import Studio
from ..translate import tr
from .button import tool_button
from .calm import calm
from .choice import Choice

_SOURCES = (("layer", "Active layer"), ("visible", "All visible"))


class EditForm(QtWidgets.QWidget):
    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.speed = Choice(lambda id_: studio.choosing.choose(speed=id_))
        self.origin = Choice(lambda id_: studio.set(origin=id_))
        self.origin.offer([(id_, tr(text), "") for id_, text in _SOURCES])
        self.prompt = QtWidgets.QLineEdit()
        self.prompt.setMaxLength(wire.MAX_PROMPT)
        self.prompt.setPlaceholderText(tr("Optional: what the picture shows"))
        self.prompt.textEdited.connect(self._type)
        self.seed = QtWidgets.QDoubleSpinBox()  # a whole number that may be larger than what QSpinBox holds
        self.seed.setDecimals(0)
        self.seed.setRange(0, wire.MAX_SEED)
        self.seed.setKeyboardTracking(False)
        self.seed.setMinimumWidth(60)
        self.seed.valueChanged.connect(self._seed_changed)
        calm(self.seed)
        self.lock = tool_button(
            None, tr("Keep the seed: the same edit gives the same result"), self._lock, is_checkable=True
        )
        form = QtWidgets.QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(4)
        form.setFieldGrowthPolicy(QtWidgets.QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        seed_row = QtWidgets.QHBoxLayout()
        seed_row.setSpacing(2)
        seed_row.addWidget(self.seed, 1)
        seed_row.addWidget(self.lock)
        form.addRow(tr("Speed:"), self.speed)
        form.addRow(tr("Edit:"), self.origin)
        form.addRow(tr("Prompt:"), self.prompt)
        form.addRow(tr("Seed:"), seed_row)

    def refresh(self) -> None:
        studio = self._studio
        tool, speed = studio.choosing.tool, studio.choosing.speed
        speeds = () if tool is None else tool.speeds
        self.speed.offer([(each.id, _short(tr(each.title)), _about(each)) for each in speeds])
        self.speed.show_chosen("" if speed is None else speed.id)
        self.speed.setEnabled(bool(speeds))
        self.origin.show_chosen(studio.settings.origin)
        choice = studio.choosing.choice
        if self.prompt.text() != choice.prompt:
            self.prompt.setText(choice.prompt)
        if not self.seed.hasFocus() and int(self.seed.value()) != choice.seed:
            was_blocked = self.seed.blockSignals(True)
            self.seed.setValue(choice.seed)
            self.seed.blockSignals(was_blocked)
        is_locked = studio.settings.is_seed_locked
        self.lock.setChecked(is_locked)
        self.lock.setIcon(studio.desk.icon("locked" if is_locked else "unlocked"))
        if self.lock.icon().isNull():
            self.lock.setText(tr("Keep"))

    @guarded()
    def _type(self, text: str) -> None:
        self._studio.choosing.choose(prompt=text)

    @guarded()
    def _seed_changed(self, *_: Any) -> None:
        self._studio.choosing.choose(seed=int(self.seed.value()))

    def _lock(self) -> None:
        self._studio.set(is_seed_locked=self.lock.isChecked())


def _short(title: str) -> str:
    """Without what a title explains in brackets; that is beside it when the pointer rests there."""
    return title.partition(" (")[0]


def _about(speed: wire.Speed) -> str:
    return f"{tr(speed.title)}\n{tr(speed.text)}"
