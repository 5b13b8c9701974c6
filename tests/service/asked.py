"""What each tool is asked with, and pictures for tests of it."""

from typing import Any

from dragbrush.protocol.messages import Pixels, Transform
from serving import DRAGS, Client

MASK, OTHER_MASK = Pixels(4, 3, "gray"), Pixels(6, 5, "gray")
OTHER, OTHER_ALPHA = Pixels(6, 5, "rgb"), Pixels(6, 5, "rgba", "u16")
BY = Transform(dx=1.5, scale=2.0)


async def inputs(client: Client, tool: str) -> dict[str, Any]:
    """All that a tool needs."""
    mask = await client.picture(seed=90, pixels=MASK)
    reference = await client.picture(seed=91, pixels=OTHER)
    reference_mask = await client.picture(seed=92, pixels=OTHER_MASK)
    needed: dict[str, dict[str, Any]] = {
        "drag": {"drags": DRAGS},
        "move": {"mask": mask, "transform": BY},
        "appearance": {"mask": mask, "reference": reference, "reference_mask": reference_mask},
        "paste": {"reference": reference, "reference_mask": reference_mask, "at": (2.0, 1.0)},
    }
    return {"tool": tool, "drags": [], **needed[tool]}


async def sent(client: Client, fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of a request, with another picture for each layout that stands for one."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        found[name] = await client.picture(seed=93, pixels=value) if isinstance(value, Pixels) else value
    return found
