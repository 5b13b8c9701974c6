"""The studio and its docker with pictures in memory, a server that says what a test has it say, and the real core."""

from dragbrush.core.crop import Rect
from dragbrush.core.events import Ended, Finished, Patch, Shown, Status
from dragbrush.core.jobs import Jobs, Reference, Source
from dragbrush.core.pixels import Raster, Selection
from dragbrush.core.transform import Cutout
from dragbrush.host.desk import Refused
from dragbrush.host.docker.panel import Panel
from dragbrush.host.docker.run_row import RunRow
from dragbrush.host.link import Link
from dragbrush.host.overlay import Overlay
from dragbrush.host.preferences import Preferences
from dragbrush.host.qt import QtCore, QtGui
from dragbrush.host.studio import Studio
from offscreen_qt import PLAIN, KisQPainterCanvas, app, wait_until

from dragbrush import wire

SIZE = 64, 48
DEFAULT_STEPS = 20
STEPS = wire.Param("lora_step", "training steps; 0 leaves it out", "int", DEFAULT_STEPS, min=0, max=2000)
RATE = wire.Param("rate", "rate of the training", "float", 0.003, min=1e-5, max=1.0)
WARM = wire.Param("warm_start", "begin warm", "bool", True)
RULE = wire.Param("rule", "which rule", "choice", "loss", choices=("loss", "mask"))
SPEEDS = (
    wire.Speed("instant", "Instant", "A warp.", is_live=True),
    wire.Speed("quality", "Quality", "The model.", (STEPS, RATE, WARM, RULE), has_prepare=True),
    wire.Speed("paper", "Paper (as published)", "Slow.", (STEPS,), has_prepare=True),
)


INPUTS = {
    "drag": ("drags",),
    "move": ("mask", "transform"),
    "appearance": ("mask", "reference"),
    "paste": ("reference", "at"),
}
ALL_TOOLS = (("drag", "Drag"), ("move", "Move"), ("appearance", "Swap appearance"), ("paste", "Paste"))


def welcome(tools=(("drag", "Drag"),)):
    limits = wire.Limits(1, 1, 1, 1, 1, 64, 2000, 8, 1, 1)
    published = [wire.Tool(id_, title, INPUTS.get(id_, ()), SPEEDS) for id_, title in tools]
    model = wire.Model("toybox", "toybox", "Drawn scenes only.")
    return wire.Welcome("1", 1, "0.1", wire.Session("s", False, 1), limits, published, model, "cpu")


def raster(size=SIZE, shade=90):
    return Raster(*size, "rgba", "u8", bytes((shade, shade, shade, 255)) * (size[0] * size[1]))


class Sketch:
    """A document: what is read of it is plain, what is put into it is remembered."""

    def __init__(self, kept=b"", *, is_kept=False):
        self.kept, self.is_kept, self.is_open = kept, is_kept, True
        self.size, self.inserted, self.refusal, self.node = SIZE, [], "", "node"
        self.canvas = KisQPainterCanvas()
        self.canvas.show()
        self.overlay = Overlay(self.canvas, lambda: PLAIN)
        self.selected = self.crop = None
        self.boxes = {"move": Rect(10, 8, 20, 12), "above": Rect(4, 4, 8, 8)}

    def source(self, id_, inputs, origin, *, purpose, marked=None):
        if self.refusal:
            raise Refused(self.refusal)
        if purpose == "edit" and inputs.tool == "drag" and not inputs.pairs:
            raise Refused("There is no point yet.")
        self.origin, self.marked = origin, marked
        whole = self.crop or Rect(0, 0, *self.size)
        if inputs.tool == "drag":
            return Source(id_, self.node, whole, raster(whole.size), None)
        box = self.object_box(inputs, marked)
        cutout = None if box is None or inputs.tool == "appearance" else Cutout(box, box)
        reference = Reference(raster(shade=30), None) if inputs.tool in ("appearance", "paste") else None
        return Source(id_, self.node, whole, raster(whole.size), None, object=cutout, reference=reference)

    def object_box(self, inputs, marked=None):
        if self.refusal:
            raise Refused(self.refusal)
        return self.boxes.get(inputs.tool if inputs.tool == "move" else inputs.reference)

    def layers(self):
        return (("above", "Above"), ("node", "Background"))

    def signature(self):
        return self.node, self.selected

    def selection(self):
        if self.selected is None:
            return None
        return Selection(Raster(8, 8, "gray", "u8", b"\xff" * 64), Rect(4, 4, 8, 8))

    def insert(self, node, placed, name, placement):
        if self.refusal:
            raise Refused(self.refusal)
        self.inserted.append((node, placed, name, placement))
        return ""

    def before(self, node, rect):
        return raster(rect.size)

    def icc(self, node):
        return None

    def load(self):
        return self.kept

    def keep(self, data):
        self.kept = data


class Table:
    """All documents that are open."""

    def __init__(self):
        self.open, self.front, self.told = [], None, []

    def pictures(self):
        return [picture for picture in self.open if picture.is_open]

    def active(self):
        return self.front if self.front is not None and self.front.is_open else None

    def overlays(self, picture):
        return [picture.overlay]

    def tell(self, text):
        self.told.append(text)

    def later(self, milliseconds, do):
        QtCore.QTimer.singleShot(0, do)

    def icon(self, name):
        return QtGui.QIcon(QtGui.QPixmap(16, 16))

    def versions(self):
        return {"Krita": "none"}


class Post:
    """What is asked of the server; it answers nothing by itself."""

    def __init__(self):
        self.orders, self.pulls, self.cancelled, self.released = [], [], [], []

    def submit(self, order):
        self.orders.append(order)

    def look_for(self, job, kind="edit"):
        pass

    def pull(self, job, aim, number):
        self.pulls.append((job, aim, number))

    def cancel(self, job):
        self.cancelled.append(job)

    def release(self, job):
        self.released.append(job)

    def of(self, kind):
        return [order for order in self.orders if order.kind == kind]


class Scene:
    """All of it together; `with_panel` also the docker."""

    def __init__(self, folder):
        self.table, self.post = Table(), Post()
        self.preferences = Preferences(folder / "krita.json")
        self.preferences.set(server_folder=str(folder))
        self.link = Link(self.preferences, "none")
        self.link.jobs = Jobs(self.post)
        self.studio = Studio(self.table, self.link, self.preferences)
        self.panel = Panel(self.studio)
        self.panel.resize(230, 600)
        self.panel.show()
        self.settle()

    def open(self, picture=None):
        picture = picture or Sketch()
        self.table.open.append(picture)
        self.table.front = picture
        self.studio.sync()
        self.settle()
        return picture

    def close(self, picture):
        picture.is_open = False
        self.studio.sync()
        self.settle()

    def connect(self, **options):
        self.hear(Status("connected", welcome=welcome(**options)))

    def hear(self, event):
        self.link._heard.emit(event)
        self.settle()

    def settle(self):
        """Until what changed is shown."""
        app.processEvents()
        wait_until(lambda: not self.studio._telling.isActive())
        app.processEvents()

    def run(self, *pairs):
        """Starts an edit and returns the order."""
        for pair in pairs:
            self.studio.work.points.add(*pair)
        self.panel.row(RunRow).run.click()
        self.settle()
        return self.post.of("edit")[-1]

    def finish(self, order, box=(10, 10, 20, 10)):
        patch = Patch(wire.Box(*box), raster(box[2:], 200))
        self.hear(Finished(order.job, (patch,), wire.Report(seconds=2.0)))

    def fail(self, order, code):
        self.hear(Ended(order.job, code, "details"))

    def preview(self, order, number=0):
        self.hear(Shown(order.job, raster((8, 8), 250), wire.Box(0, 0, 32, 32), number))
