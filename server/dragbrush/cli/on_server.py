"""An edit of the command line, done by the running server."""

import argparse
import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dragbrush.edit import CancelToken, EditResult, MovedLayers, Phase, Step
from dragbrush.errors import BadRequest, Cancelled, DragbrushError

if TYPE_CHECKING:
    from dragbrush.cli.editing import Asked
    from dragbrush.client.job import Job
    from dragbrush.imaging import Picture

_ASK_S = 0.1
"""Between looks at whether the person has cancelled."""


def check_for_server(args: argparse.Namespace) -> None:
    """Raises `BadRequest` for what the server decided when it was started."""
    given = {
        "--model": args.model != "default",
        "--device": args.device != "auto",
        "--precision": args.precision != "auto",
        "--style": bool(args.styles),
        "--canvas": args.canvas is not None,
    }
    for option, is_given in given.items():
        if is_given:
            raise BadRequest(f"The server's own {option} was given to 'dragbrush serve'; leave it out with --server.")


async def edit_on_server(
    args: argparse.Namespace,
    picture: "Picture",
    asked: "Asked",
    *,
    on_step: Callable[[Step], None],
    cancel: CancelToken,
) -> EditResult:
    """Raises as the editor's methods, and `NoServer`."""
    from dragbrush.client.client import Client, PreviewImage
    from dragbrush.protocol.messages import Progress

    async with Client.connect(name="command line") as client:
        uploading = client.submit(
            picture.samples, tool=asked.tool, **asked.on_server, speed=args.speed, prompt=args.prompt,
            seed=args.seed, params=asked.settings, icc=picture.icc, on_disconnect="cancel",
        )  # fmt: skip
        job = await _unless_cancelled(uploading, cancel)
        cancelling = asyncio.create_task(_cancel_when_asked(job, cancel))
        try:
            last = Step("load", 0, 1)
            async for event in job:
                if isinstance(event, Progress):
                    phase: Phase = event.phase  # type: ignore[assignment]  the server's engine has these phases
                    last = Step(phase, event.step, event.of)
                    on_step(last)
                elif isinstance(event, PreviewImage):
                    on_step(replace(last, preview=event.samples[:, :, :3]))
        finally:
            cancelling.cancel()
        try:
            result = await job.result()
        except Cancelled:
            cancel.raise_if_cancelled()
            raise
        await job.release()
    layers = result.layers
    if layers is not None:
        layers = MovedLayers(*(replace(picture, samples=samples) for samples in (layers.background, layers.object)))
    if asked.tool == "drag":
        changed = asked.on_server["mask"]
    else:
        changed = ((result.samples != picture.samples).any(axis=2) * 255).astype("uint8")
    return EditResult(replace(picture, samples=result.samples), changed, result.report, layers)


async def _unless_cancelled(uploading: Coroutine[Any, Any, "Job"], cancel: CancelToken) -> "Job":
    """Raises `Cancelled`; nothing was submitted then."""
    task = asyncio.create_task(uploading)
    while not task.done():
        await asyncio.wait({task}, timeout=_ASK_S)
        if cancel.is_cancelled and not task.done():
            task.cancel()
            await asyncio.wait({task})
            cancel.raise_if_cancelled()
    return task.result()


async def _cancel_when_asked(job: "Job", cancel: CancelToken) -> None:
    while not cancel.is_cancelled:
        await asyncio.sleep(_ASK_S)
    with contextlib.suppress(DragbrushError):  # of a connection that is gone, which ends the job's events too
        await job.cancel()
