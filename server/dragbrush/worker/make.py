"""How a worker process makes its work. Importing this is cheap: the engine comes in only where it is made."""

from typing import Any

from dragbrush.worker.child import Work


def engine(model: str, **options: Any) -> Work:
    """`options`: the editor's."""
    from dragbrush.worker.engine_work import EngineWork

    return EngineWork(model, **options)


def echo() -> Work:
    from dragbrush.worker.echo_work import EchoWork

    return EchoWork()
