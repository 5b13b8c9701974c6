"""What the plugin asks of the program that it lives in.

Krita answers in `krita_desk` and `krita_picture`, tests with pictures in memory.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..core.crop import Rect, Size
from ..core.inputs import Inputs
from ..core.jobs import Placed, Source
from ..core.orders import Kind
from ..core.pixels import Raster, Selection
from ..core.settings import Origin, Placement
from .overlay import Overlay


class Refused(Exception):
    """What is asked for cannot be done; the text is for the person."""


class Picture(Protocol):
    """One open document."""

    @property
    def is_open(self) -> bool: ...

    @property
    def is_kept(self) -> bool:
        """Whether its file keeps what the plugin gives it, so that it is the same document when it is opened again."""
        ...

    @property
    def size(self) -> Size: ...

    def source(
        self, id_: str, inputs: Inputs, origin: Origin, *, purpose: Kind, marked: Selection | None = None
    ) -> Source:
        """Reads what an edit needs; `marked` says what the object is in the inputs' reference. Raises: Refused."""
        ...

    def object_box(self, inputs: Inputs, marked: Selection | None = None) -> Rect | None:
        """Round the object that is to be moved or pasted. Raises: Refused."""
        ...

    def layers(self) -> tuple[tuple[str, str], ...]:
        """Ids and names of those that a look or an object can come from, the uppermost first."""
        ...

    def signature(self) -> object:
        """Another value whenever layer or selection are others; cheap."""
        ...

    def selection(self) -> Selection | None:
        """What is selected of the picture, where anything is."""
        ...

    def insert(self, node: str, placed: tuple[Placed, ...], name: str, placement: Placement) -> str:
        """Makes a layer of a result; returns what to say about it, if anything. Raises: Refused."""
        ...

    def before(self, node: str, rect: Rect) -> Raster | None:
        """The source of an edit as it is now; None where it is gone."""
        ...

    def icc(self, node: str) -> bytes | None:
        """The profile that the layer's values are meant in; None for sRGB."""
        ...

    def load(self) -> bytes:
        """What the file kept of the plugin."""
        ...

    def keep(self, data: bytes) -> None:
        """Has the file keep it, when it is saved."""
        ...


class Desk(Protocol):
    """All open documents, and the canvases that show them."""

    def pictures(self) -> Sequence[Picture]: ...

    def active(self) -> Picture | None: ...

    def overlays(self, picture: Any) -> list[Overlay]:
        """Of the views of a picture; they are made where there are none yet."""
        ...

    def tell(self, text: str) -> None:
        """A short notice on the canvas."""
        ...

    def later(self, milliseconds: int, do: Callable[[], None]) -> None: ...

    def icon(self, name: str) -> Any:
        """One of the program's own icons; an empty one where it has none of that name."""
        ...

    def versions(self) -> dict[str, str]: ...
