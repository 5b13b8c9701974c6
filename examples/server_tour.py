"""A client of a running server, and what it survives. In another terminal first: dragbrush serve

Drags a drawn scene with progress and previews, cancels a second edit mid-way, kills the engine's process during a
third, and loses its connection during a fourth.
"""

import asyncio
import os
import signal

from dragbrush.bench.demo_scene import demo_scene
from dragbrush.client import Client, Job
from dragbrush.client.client import PreviewImage
from dragbrush.errors import Cancelled
from dragbrush.net.control import running, status
from dragbrush.net.runtime import data_folder
from dragbrush.protocol.messages import Progress, State

SCENE = demo_scene()


async def submit(client: Client, seed: int) -> Job:
    return await client.submit(
        SCENE.picture, SCENE.drags, mask=SCENE.mask, prompt=SCENE.prompt, seed=seed, preview_px=64
    )


async def until_phase(job: Job, phase: str) -> None:
    """Reads the job's events up to its first step of a phase."""
    async for event in job:
        if isinstance(event, Progress) and event.phase == phase:
            return


async def to_the_end(job: Job) -> None:
    """Prints what the job says, one line for each state and phase."""
    phase, previews = "", 0
    async for event in job:
        if isinstance(event, State):
            print(f"   {event.state}, attempt {event.attempt}")
        elif isinstance(event, PreviewImage):
            previews += 1
        elif event.phase != phase:
            phase = event.phase
            print(f"   {phase}: {event.fraction:.0%} done")
    result = await job.result()
    print(f"   result of {result.report['seconds']:.1f} s, {previews} previews, warm: {result.report['warm']}")
    await job.release()


async def main() -> None:
    async with Client.connect(name="server tour") as client:
        print("1. A drag, watched")
        await to_the_end(await submit(client, seed=1))

        print("2. A drag, cancelled mid-way")
        job = await submit(client, seed=2)
        await until_phase(job, "inversion")
        await job.cancel()
        try:
            await job.done()
        except Cancelled as error:
            print(f"   {error}")

        print("3. A drag during which the engine's process is killed: it is done again")
        job = await submit(client, seed=3)
        await until_phase(job, "inversion")
        os.kill(status(running(data_folder()))["worker_process"], signal.SIGTERM)
        await to_the_end(job)

        print("4. A drag during which the connection is lost: nothing is missed")
        job = await submit(client, seed=4)
        await until_phase(job, "inversion")
        client.drop()
        await to_the_end(job)


asyncio.run(main())
