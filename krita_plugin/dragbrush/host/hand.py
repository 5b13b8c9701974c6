"""The tool in hand: on the canvases of every document its own, with what is shown and begun while it is there."""

from collections.abc import Callable
from typing import Any

from ..core import words
from ..core.jobs import Preview
from ..core.pixels import Raster, Selection
from ..core.settings import Settings
from .choosing import Choosing
from .desk import Desk, Picture, Refused
from .following import Following
from .guard import guarded
from .link import Link
from .move_tool import MoveTool
from .overlay import Overlay
from .pictures import image_of
from .placement import Box
from .points_tool import PointsTool
from .preparing import Preparing
from .showing import Showing
from .tool import Pull
from .translate import tr
from .watching import Watching
from .work import Work
from .works import Works

BOXED = ("move", "paste")
"""Tools that pull a box."""


class Hand:
    """`say` tells the person; `uncover` takes a result off a document's canvases."""

    def __init__(
        self,
        desk: Desk,
        link: Link,
        works: Works,
        showing: Showing,
        choosing: Choosing,
        settings: Callable[[], Settings],
        say: Callable[[str], None],
        uncover: Callable[[Work], None],
    ) -> None:
        self._desk, self._works, self._showing, self._choosing = desk, works, showing, choosing
        self._settings, self._say, self._uncover = settings, say, uncover
        self.is_on = False
        self.trouble = ""
        """Why there is no box to pull."""
        self._is_tint_away = False
        self._taken: tuple[str, ...] = ()
        """What the canvases were last given a tool for."""
        self._following = Following(link, self._show_preview, lambda: settings().origin)
        self._preparing = Preparing(link, self._to_prepare, lambda: settings().origin)
        self.watching = Watching(desk, works, self._show_tint)

    def set_on(self, is_on: bool) -> None:
        """Takes the tool in hand, or puts it away."""
        if is_on == self.is_on:
            return
        self.is_on = is_on
        if not is_on:
            self.rest()
            for _, work in self._works.all():
                self._showing.tint(work.id, None)
        self._equip()

    def chosen(self) -> None:
        """Something about the next edit was."""
        work = self._work
        choice = None if work is None else work.choice
        taken = () if choice is None else (self._choosing.tool_id, choice.reference, choice.marked)
        if taken != self._taken:
            self._taken = taken
            self._following.end()
            self._equip()
        if self.is_on:
            self._preparing.disturb()

    def _equip(self) -> None:
        """Gives every canvas the tool of its document, where it has another or none, and the tool its object."""
        for picture, work in self._works.all():
            for overlay in self._desk.overlays(picture):
                self.give(overlay, work)
        self._aim()
        self.watching.refresh()
        if self.is_on:
            self._preparing.disturb()

    def _aim(self) -> None:
        """Looks where the object of the active document is."""
        picture, work = self.watching.picture, self._work
        self.trouble = ""
        if picture is None or work is None or not self.is_on:
            return
        box = None
        if self._choosing.tool_id in BOXED:
            try:
                box = picture.object_box(self._choosing.inputs(work), work.marked)
            except Refused as error:
                self.trouble = str(error)
        work.moved.aim(box)

    def changed(self, work: Work) -> None:
        """Points or box of the active document are elsewhere."""
        if self._is_tint_away:
            self.watching.refresh()
        if self.is_on and work is self._work:
            self._preparing.disturb()

    def moved(self) -> None:
        """Another layer or selection is active."""
        self._following.end()
        self._aim()
        if self.is_on:
            self._preparing.disturb()

    def end_preview(self) -> None:
        """Of what follows the hand."""
        self._following.end()

    def stop_preparing(self) -> None:
        self._preparing.stop()

    def rest(self) -> None:
        """Nothing is followed or prepared until the hand does something."""
        self._following.end()
        self._preparing.stop()

    def show_result(self, work_id: str) -> None:
        """What came of an edit is looked at, without the tint over it."""
        self._is_tint_away = True
        self._showing.tint(work_id, None)

    @property
    def _work(self) -> Work | None:
        picture = self.watching.picture
        return None if picture is None else self._works.of(picture)

    def give(self, overlay: Overlay, work: Work) -> None:
        """The tool that the document has in hand, to one of its canvases."""
        wanted = self._choosing.tool_of(work.choice) if self.is_on else ""
        match wanted:
            case "drag":
                if not isinstance(overlay.tool, PointsTool):
                    overlay.use(self._points_tool(work))
            case "move" | "paste":
                if not isinstance(overlay.tool, MoveTool):
                    overlay.use(MoveTool(work.moved, on_pull=lambda pull: self._pulled(work, pull)))
            case _:  # a selection is all that is needed, and Krita's tools make it
                if overlay.tool is not None:
                    overlay.use(None)

    def _points_tool(self, work: Work) -> PointsTool:
        return PointsTool(
            work.points,
            on_pull=lambda pull: self._pulled(work, pull),
            on_full=lambda: self._say(tr(words.POINTS_FULL)),
        )

    @guarded()
    def _pulled(self, work: Work, pull: Pull) -> None:
        picture = self._works.picture(work.id)
        if picture is not None and self._settings().has_live:
            self._uncover(work)
            self._following.pulled(work, picture, pull)

    @guarded()
    def _show_preview(self, id_: str, preview: Preview | None) -> None:
        self._showing.put(id_, "warp", None if preview is None else _shown(preview.picture, preview))

    def _show_tint(self, picture: Picture, selection: Selection | None) -> None:
        self._is_tint_away = False
        work = self._works.of(picture)
        has_tint = self.is_on and self._settings().has_tint and self._choosing.tool_of(work.choice) != "paste"
        self._showing.tint(work.id, selection if has_tint else None)

    def _to_prepare(self) -> tuple[Work, Picture] | None:
        work, picture = self._work, self.watching.picture
        if not self.is_on or not self._settings().has_prepare or work is None or picture is None:
            return None
        return work, picture


def _shown(picture: Raster, preview: Preview) -> Any:
    rect = preview.rect
    return image_of(picture), Box(rect.left, rect.top, rect.width, rect.height)
