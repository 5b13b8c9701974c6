"""What becomes of a finished edit: a layer in the document that it was made for, and an entry in that one's history.

The document may be closed by then, or the layer be gone: the result is never put anywhere else.
"""

import time
from collections.abc import Callable

from ..core import words
from ..core.crop import Rect
from ..core.history import Entry
from ..core.jobs import Job, Placed, Preview, Source, edited
from ..core.settings import Settings
from .desk import Desk, Picture, Refused
from .link import Link
from .pictures import box_of, image_of, masked, softened, thumbnail
from .showing import Showing, Shown
from .translate import tr
from .work import Work
from .works import Works

NOT_KEPT = "The pixels of this result are not kept. Restore its points and run it again."
OPENED_MS = 800
"""A document that has just been opened does not know its layers yet."""


class Results:
    """`say` is given what the person should know, and the id of the document that it is about."""

    def __init__(
        self,
        desk: Desk,
        link: Link,
        works: Works,
        showing: Showing,
        settings: Callable[[], Settings],
        say: Callable[[str, str], None],
    ) -> None:
        self._desk, self._link, self._works, self._showing = desk, link, works, showing
        self._settings, self._say = settings, say
        self._nodes: dict[str, str] = {}
        """Which layer each result was made of."""
        self._shown: dict[str, tuple[str, bool]] = {}
        """Of each document: which result lies over the canvas, and whether what was before it does."""
        self._sources: dict[str, Source] = {}
        """Of edits that are not over: where only what is selected changes, a preview is shown there only."""
        works.opened.connect(lambda work: desk.later(OPENED_MS, lambda: self._fetch(work)))

    def began(self, job: Job, source: Source) -> None:
        """An edit was started here."""
        self._sources[job.id] = source

    def hear(self, job: Job) -> None:
        """Of an edit that changed."""
        if not job.is_over:
            if job.preview is not None and self._settings().has_preview:
                self._showing.put(job.document, "preview", self._preview(job.id, job.preview))
            return
        self._sources.pop(job.id, None)
        self._showing.put(job.document, "preview", None)
        if job.state == "done" and job.result:
            self._showing.put(job.document, "warp", None)
            self._deliver(job)
        elif job.state == "failed":
            self._say(tr(words.failure(job.code)), job.document)

    def shown(self, work: Work) -> tuple[str, bool] | None:
        """Which result lies over the canvas, and whether what was before it does instead."""
        return self._shown.get(work.id)

    def show(self, work: Work, id_: str | None, *, is_before: bool = False) -> None:
        """Lays a result over the canvas; None takes it away."""
        self._shown.pop(work.id, None)
        picture = self._works.picture(work.id)
        result = () if id_ is None else work.history.result(id_)
        if id_ is None or picture is None or not result:
            self._showing.put(work.id, "result", None)
            if id_ is not None:
                self._say(tr(NOT_KEPT), work.id)
            return
        self._shown[work.id] = (id_, is_before)
        self._showing.put(work.id, "result", self._picture_of(picture, id_, edited(result), is_before=is_before))

    def compare(self, work: Work) -> None:
        """Changes between before and after of what is shown; without any, of the newest."""
        shown = self.shown(work)
        if shown is not None:
            self.show(work, shown[0], is_before=not shown[1])
        elif work.history.entries:
            self.show(work, work.history.entries[0].id, is_before=True)

    def apply(self, work: Work, id_: str) -> None:
        """Makes a layer of it, again; above all others where the one that it was made of is gone."""
        entry, picture, result = work.history.get(id_), self._works.picture(work.id), work.history.result(id_)
        if entry is None or picture is None:
            return
        if not result:
            self._say(tr(NOT_KEPT), work.id)
            return
        self.show(work, None)
        node = self._nodes.get(id_, "")
        is_there = picture.before(node, edited(result).rect) is not None
        self._insert(work, picture, node if is_there else "", result, entry.name)

    def forget(self, work: Work) -> None:
        self._shown.pop(work.id, None)

    def _preview(self, id_: str, preview: Preview) -> Shown:
        rect, source = preview.rect, self._sources.get(id_)
        image = softened(image_of(preview.picture), rect)
        if source is not None and source.mask is not None and source.object is None:
            left, top = source.crop.left, source.crop.top
            image = masked(image, source.mask, Rect(rect.left - left, rect.top - top, rect.width, rect.height))
        return image, box_of(rect)

    def _fetch(self, work: Work) -> None:
        """Results that came while the document was closed."""
        for job in self._link.jobs.waiting(work.id):
            self._deliver(job)

    def _deliver(self, job: Job) -> None:
        work, picture = self._works.work(job.document), self._works.picture(job.document)
        if work is None or picture is None:
            self._say(tr(words.LAYERS["closed"]), "")
            return
        self._say("", "")  # of one that was closed
        self._nodes[job.id] = job.node
        placed = self._link.jobs.take(job.id)  # first: Krita handles events while it adds a layer
        self._desk.later(0, lambda: self._remember(work, picture, job, placed))
        if self._insert(work, picture, job.node, placed, job.name):
            self._desk.tell(tr("Dragbrush: {name} is done.", name=job.name))

    def _remember(self, work: Work, picture: Picture, job: Job, placed: tuple[Placed, ...]) -> None:
        """In the history. Not in the same breath as the new layer: each holds Krita up for a moment."""
        report = job.report
        entry = Entry(
            job.id,
            job.name,
            time.time(),
            job.inputs,
            thumbnail(image_of(edited(placed).picture, picture.icc(job.node) if picture.is_open else None)),
            0.0 if report is None else report.seconds,
            () if report is None else tuple(job.crop.out_of(handle.ended) for handle in report.handles),
        )
        work.history.add(entry, placed)

    def _insert(self, work: Work, picture: Picture, node: str, placed: tuple[Placed, ...], name: str) -> bool:
        try:
            said, is_done = picture.insert(node, placed, name, self._settings().placement), True
        except Refused as error:
            said, is_done = str(error), False
        self._say(said, work.id)
        return is_done

    def _picture_of(self, picture: Picture, id_: str, placed: Placed, *, is_before: bool) -> Shown | None:
        node = self._nodes.get(id_, "")
        if not is_before:
            return image_of(placed.picture, picture.icc(node)), box_of(placed.rect)
        before = picture.before(node, placed.rect)
        return None if before is None else (image_of(before, picture.icc(node)), box_of(placed.rect))
