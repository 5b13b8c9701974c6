"""Asks for the command that starts the server. Does not hold Krita up while it is open."""

from ..guard import guarded
from ..qt import Qt, QtWidgets
from ..studio import Studio
from ..translate import tr
from .button import wrapped_label

MIN_WIDTH_PX = 420


def ask_for_command(studio: Studio, parent: QtWidgets.QWidget) -> QtWidgets.QDialog:
    dialog = QtWidgets.QDialog(parent)
    dialog.setObjectName("dragbrush_command")
    dialog.setWindowTitle(tr("Dragbrush server"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setMinimumWidth(MIN_WIDTH_PX)
    command = QtWidgets.QLineEdit(studio.settings.server_command)
    folder = QtWidgets.QLineEdit(studio.settings.server_folder)
    folder.setPlaceholderText(str(studio.settings.folder))
    form = QtWidgets.QFormLayout()
    form.addRow(tr("Command:"), command)
    form.addRow(tr("Folder:"), folder)
    buttons = QtWidgets.QDialogButtonBox(
        QtWidgets.QDialogButtonBox.StandardButton.Ok | QtWidgets.QDialogButtonBox.StandardButton.Cancel
    )
    column = QtWidgets.QVBoxLayout(dialog)
    column.addWidget(
        wrapped_label(
            tr('What "Start server" runs, and the folder where the server says that it runs. Empty: its own.')
        )
    )
    column.addLayout(form)
    column.addWidget(buttons)

    @guarded()
    def accept() -> None:
        studio.set(server_command=command.text().strip(), server_folder=folder.text().strip())
        dialog.close()

    buttons.accepted.connect(accept)
    buttons.rejected.connect(dialog.close)
    dialog.open()
    return dialog
