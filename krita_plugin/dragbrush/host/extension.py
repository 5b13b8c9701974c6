"""Registers Dragbrush with Krita: one studio for all windows, its actions and its docker."""

from typing import Any

from krita import DockWidgetFactory, DockWidgetFactoryBase, Extension, Krita  # pyright: ignore[reportMissingImports]

from ..core.settings import settings_file
from .actions import MENU, actions
from .docker.docker import dock_widget
from .guard import guarded, logger
from .krita_desk import KritaDesk
from .link import Link
from .preferences import Preferences
from .qt import QtCore
from .studio import Studio
from .tools_of_krita import listen_to_tools

DOCKER = "dragbrush_docker"
SOON_MS = 50
"""Krita tells of a view or a document before it is all there."""


class Dragbrush(Extension):
    """Lives as long as Krita."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        preferences = Preferences(settings_file())
        self.desk = KritaDesk()
        link = Link(preferences, Krita.instance().version())
        self.studio = Studio(self.desk, link, preferences)
        self.desk.on_canvas = self.studio.dress
        self.desk.owns_undo = lambda: self.studio.owns_undo

    @guarded()
    def setup(self) -> None:
        notifier = Krita.instance().notifier()
        notifier.setActive(True)
        for signal in (notifier.imageCreated, notifier.imageClosed, notifier.viewCreated, notifier.viewClosed):
            signal.connect(self._soon)
        notifier.imageSaved.connect(self._soon)
        notifier.windowCreated.connect(self._window_is_there)
        notifier.applicationClosing.connect(self._close)
        self.studio.link.start()

    @guarded()
    def createActions(self, window: Any) -> None:
        for id_, text, do in actions(self.studio):
            window.createAction(id_, text, MENU).triggered.connect(_without_arguments(do))

    @guarded()
    def _window_is_there(self, *_: Any) -> None:
        self.studio.start()
        listen_to_tools(Krita.instance().windows(), lambda: self.studio.set_on(False))

    @guarded()
    def _soon(self, *_: Any) -> None:
        QtCore.QTimer.singleShot(SOON_MS, self.studio.sync)

    @guarded()
    def _close(self, *_: Any) -> None:
        self.studio.set_on(False)
        self.studio.stop()
        self.desk.close()


def register() -> None:
    """Called once, when Krita imports the plugin."""
    krita = Krita.instance()
    extension = Dragbrush(krita)
    krita.addExtension(extension)
    position = getattr(DockWidgetFactoryBase, "DockPosition", DockWidgetFactoryBase).DockRight
    krita.addDockWidgetFactory(DockWidgetFactory(DOCKER, position, dock_widget(extension.studio)))
    logger.debug("registered")


def _without_arguments(do: Any) -> Any:
    """Qt passes whether the action is checked."""
    return guarded()(lambda *_: do())
