"""Dragbrush: drag a part of a picture to where it should be.

    from dragbrush import Drag, Editor

    result = Editor().drag(picture, [Drag(handle=(120, 80), target=(150, 60))])

Importing this is cheap; torch comes in with `Editor`.
"""

from typing import TYPE_CHECKING, Any

from dragbrush.edit import CancelToken, Drag, EditResult, Step, Transform

if TYPE_CHECKING:
    from dragbrush.editor import Editor

__version__ = "0.1.0"
__all__ = ["CancelToken", "Drag", "EditResult", "Editor", "Step", "Transform"]


def __getattr__(name: str) -> Any:
    if name == "Editor":
        from dragbrush.editor import Editor

        return Editor
    raise AttributeError(f"module 'dragbrush' has no attribute {name!r}")
