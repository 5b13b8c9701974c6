"""How a worker process makes its work. Importing this is cheap: the engine comes in only where it is made."""

from pathlib import Path

from dragbrush.worker.child import Work


def engine(model: str, device: str, cache_dir: Path | None) -> Work:
    from dragbrush.worker.engine_work import EngineWork

    return EngineWork(model, device, cache_dir)


def echo() -> Work:
    from dragbrush.worker.echo_work import EchoWork

    return EchoWork()
