"""Run or Cancel, how far the edit is, and the one sentence that matters now."""

from ..guard import guarded
from ..qt import QtWidgets
from ..studio import Studio
from ..translate import tr
from .button import wrapped_label

WHOLE = 1000
"""Steps of the bar."""


class RunRow(QtWidgets.QWidget):
    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.run = QtWidgets.QPushButton(studio.desk.icon("media-playback-start"), tr("Run"))
        self.run.setObjectName("dragbrush_run")
        self.cancel = QtWidgets.QPushButton(studio.desk.icon("dialog-cancel"), tr("Cancel"))
        self.cancel.setObjectName("dragbrush_cancel")
        self.run.clicked.connect(guarded()(lambda *_: studio.run()))
        self.cancel.clicked.connect(guarded()(lambda *_: studio.cancel()))
        self.bar = QtWidgets.QProgressBar()
        self.bar.setRange(0, WHOLE)
        self.bar.setTextVisible(True)
        self.line = wrapped_label()
        self.line.setObjectName("dragbrush_line")
        buttons = QtWidgets.QHBoxLayout()
        buttons.setSpacing(4)
        buttons.addWidget(self.run, 1)
        buttons.addWidget(self.cancel, 1)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(buttons)
        column.addWidget(self.bar)
        column.addWidget(self.line)

    def refresh(self) -> None:
        studio, job = self._studio, self._studio.job
        self.run.setEnabled(studio.can_run)
        self.run.setToolTip(tr("Edits the active document; shortcuts are set in Krita's settings"))
        self.cancel.setEnabled(job is not None and job.state != "cancelling")
        self.bar.setVisible(job is not None)
        if job is not None:
            is_waiting = job.state == "queued"  # nothing to measure: the bar moves to and fro
            self.bar.setRange(0, 0 if is_waiting else WHOLE)
            self.bar.setValue(int(WHOLE * job.fraction))
        self.line.setText(studio.line)
        self.line.setVisible(bool(studio.line))
