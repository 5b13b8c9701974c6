"""A list of which one is chosen, by id."""

from collections.abc import Callable, Sequence
from typing import Any

from ..guard import guarded
from ..qt import Qt, QtWidgets
from .calm import calm


class Choice(QtWidgets.QComboBox):
    """`chosen` is called with the id when a person chooses, not when the program does."""

    def __init__(self, chosen: Callable[[str], None]) -> None:
        super().__init__()
        self._chosen = chosen
        self._offered: list[tuple[str, str, str]] = []
        self.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)  # long titles are cut, not the docker widened
        self.activated.connect(self._activated)
        calm(self)

    def offer(self, entries: Sequence[tuple[str, str, str]]) -> None:
        """Ids, titles and what is shown beside a title that the pointer rests on."""
        if list(entries) == self._offered:
            return
        self._offered = list(entries)
        self.clear()
        for id_, title, text in entries:
            self.addItem(title, id_)
            self.setItemData(self.count() - 1, text, Qt.ItemDataRole.ToolTipRole)

    def show_chosen(self, id_: str) -> None:
        index = self.findData(id_)
        if index != self.currentIndex():
            self.setCurrentIndex(index)
        self.setToolTip(self._offered[index][2] if 0 <= index < len(self._offered) else "")

    @guarded()
    def _activated(self, *_: Any) -> None:
        self._chosen(self.currentData())
