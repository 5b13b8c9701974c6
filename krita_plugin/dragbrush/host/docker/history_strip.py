"""Results as a strip of thumbnails, newest first: a click shows one on the canvas, a double click makes it a layer."""

import time
from typing import Any

from ...core import words
from ...core.history import Entry
from ..guard import guarded
from ..qt import Action, Qt, QtCore, QtGui, QtWidgets
from ..studio import Studio
from ..translate import tr
from .button import tool_button

THUMBNAIL_PX = 64
_ID = Qt.ItemDataRole.UserRole


class HistoryStrip(QtWidgets.QWidget):
    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._entries: tuple[Entry, ...] = ()
        self.list = _List(self)
        self.compare = tool_button(None, tr("Before"), self._compare, is_checkable=True)
        self.compare.setToolTip(tr("Shows what was before the result that lies over the canvas"))
        self.close_button = tool_button(None, tr("Hide"), lambda: self._show(None))
        self.close_button.setToolTip(tr("Takes the shown result off the canvas"))
        head = QtWidgets.QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(QtWidgets.QLabel(tr("History")), 1)
        head.addWidget(self.compare)
        head.addWidget(self.close_button)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.list)

    def refresh(self) -> None:
        work = self._studio.work
        entries = () if work is None else work.history.entries
        shown = None if work is None else self._studio.results.shown(work)
        if entries != self._entries:
            self._entries = entries
            self._fill(entries)
        self.setVisible(bool(entries))
        self.compare.setEnabled(shown is not None)
        self.compare.setChecked(shown is not None and shown[1])
        self.close_button.setEnabled(shown is not None)
        for row, entry in enumerate(entries):
            item = self.list.item(row)
            if item is not None:
                item.setSelected(shown is not None and shown[0] == entry.id)

    def _fill(self, entries: tuple[Entry, ...]) -> None:
        self.list.clear()
        for entry in entries:
            pixmap = QtGui.QPixmap()
            pixmap.loadFromData(entry.thumbnail)
            item = QtWidgets.QListWidgetItem(QtGui.QIcon(pixmap), "")
            item.setData(_ID, entry.id)
            item.setToolTip(_about(entry))
            self.list.addItem(item)

    @guarded()
    def clicked(self, item: QtWidgets.QListWidgetItem) -> None:
        work = self._studio.work
        shown = None if work is None else self._studio.results.shown(work)
        self._show(None if shown is not None and shown[0] == item.data(_ID) else item.data(_ID))

    @guarded()
    def applied(self, item: QtWidgets.QListWidgetItem) -> None:
        if self._studio.work is not None:
            self._studio.results.apply(self._studio.work, item.data(_ID))
            self.refresh()

    @guarded()
    def menu(self, at: QtCore.QPoint) -> None:
        item = self.list.itemAt(at)
        if item is not None:
            self.menu_of(item.data(_ID)).popup(self.list.mapToGlobal(at))

    def menu_of(self, id_: str) -> QtWidgets.QMenu:
        menu = QtWidgets.QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, do in (
            (tr("Restore what was done, settings and seed"), lambda: self._studio.restore(id_)),
            (tr("Make a layer of it"), lambda: self._apply(id_)),
            (tr("Delete from the history"), lambda: self._studio.delete(id_)),
        ):
            action = Action(text, menu)
            action.triggered.connect(guarded()(lambda *_, do=do: do()))
            menu.addAction(action)
        return menu

    def delete_current(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._studio.delete(item.data(_ID))

    def _apply(self, id_: str) -> None:
        if self._studio.work is not None:
            self._studio.results.apply(self._studio.work, id_)

    def _show(self, id_: str | None) -> None:
        if self._studio.work is not None:
            self._studio.results.show(self._studio.work, id_)
            self.refresh()

    def _compare(self) -> None:
        if self._studio.work is not None:
            self._studio.results.compare(self._studio.work)
            self.refresh()


class _List(QtWidgets.QListWidget):
    def __init__(self, strip: HistoryStrip) -> None:
        super().__init__()
        self._strip = strip
        self.setObjectName("dragbrush_history")
        self.setViewMode(QtWidgets.QListView.ViewMode.ListMode)
        self.setFlow(QtWidgets.QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QtWidgets.QListView.Movement.Static)
        self.setIconSize(QtCore.QSize(THUMBNAIL_PX, THUMBNAIL_PX))
        self.setSpacing(2)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(THUMBNAIL_PX + 24)  # with room for the scroll bar
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.itemClicked.connect(strip.clicked)
        self.itemDoubleClicked.connect(strip.applied)
        self.customContextMenuRequested.connect(strip.menu)

    @guarded()
    def keyPressEvent(self, event: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        item, key = self.currentItem(), event.key()
        if item is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._strip.applied(item)
        elif item is not None and key == Qt.Key.Key_Space:
            self._strip.clicked(item)
        elif key == Qt.Key.Key_Delete:
            self._strip.delete_current()
        else:
            super().keyPressEvent(event)


def _about(entry: Entry) -> str:
    made = time.strftime("%H:%M", time.localtime(entry.made))
    took = f", {words.seconds(entry.seconds)}" if entry.seconds else ""
    prompt = f"\n{entry.inputs.prompt}" if entry.inputs.prompt else ""
    return f"{entry.name}\n{made}{took}{prompt}"
