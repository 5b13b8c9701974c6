"""Which layer a look or an object comes from, and what of that layer the object is."""

from typing import Any

from ..guard import guarded
from ..qt import QtWidgets
from ..studio import Studio
from ..translate import tr
from .choice import Choice

_OPAQUE, _MARKED = "opaque", "marked"


class ReferenceForm(QtWidgets.QWidget):
    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.layer = Choice(lambda id_: studio.choosing.choose(reference=id_))
        self.layer.setObjectName("dragbrush_reference")
        self.part = Choice(self._choose_part)
        self.mark = QtWidgets.QPushButton(tr("Mark"))
        self.mark.setObjectName("dragbrush_mark")
        self.mark.setToolTip(tr("What is selected now is the object in that layer; then you can select something else"))
        self.mark.clicked.connect(self._mark)
        row = QtWidgets.QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.part, 1)
        row.addWidget(self.mark)
        form = QtWidgets.QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(4)
        form.setFieldGrowthPolicy(QtWidgets.QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._said = QtWidgets.QLabel()
        form.addRow(self._said, self.layer)
        form.addRow(tr("Object:"), row)

    def refresh(self) -> None:
        studio = self._studio
        self.setVisible(studio.marking.is_wanted)
        if not studio.marking.is_wanted:
            return
        choice = studio.choosing.choice
        self._said.setText(tr("Look from:") if studio.choosing.tool_id == "appearance" else tr("Paste from:"))
        entries = [(id_, name, name) for id_, name in studio.marking.layers]
        if choice.reference not in [id_ for id_, _, _ in entries]:
            text = tr("(gone)") if choice.reference else tr("Choose a layer")
            entries = [(choice.reference, text, ""), *entries]
        self.layer.offer(entries)
        self.layer.show_chosen(choice.reference)
        parts = [(_OPAQUE, tr("All of it"), tr("What is opaque in the layer"))]
        if choice.marked:
            parts.append((_MARKED, tr("Marked"), tr("What was selected when Mark was pressed")))
        self.part.offer(parts)
        self.part.show_chosen(_MARKED if choice.marked else _OPAQUE)

    def _choose_part(self, id_: str) -> None:
        if id_ == _OPAQUE:
            self._studio.marking.unmark()

    @guarded()
    def _mark(self, *_: Any) -> None:
        if not self._studio.marking.mark():
            self._studio.say(tr("Nothing is selected. Select the object in that layer, then press Mark."))
