"""The wire's words of an edit in the editor's vocabulary."""

from dragbrush.edit import Drag, Transform
from dragbrush.protocol.messages import Drag as WireDrag
from dragbrush.protocol.messages import Transform as WireTransform


def drags_of(drags: list[WireDrag]) -> list[Drag]:
    return [Drag(drag.handle, drag.target) for drag in drags]


def transform_of(transform: WireTransform | None) -> Transform:
    """None: the object stays as it is."""
    if transform is None:
        return Transform()
    return Transform(transform.dx, transform.dy, transform.scale, transform.degrees, transform.mirror)
