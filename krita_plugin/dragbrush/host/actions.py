"""What has a name and a shortcut in Krita's settings. Ids and texts are those of `actions/dragbrush.action`."""

from collections.abc import Callable

from .studio import Studio
from .translate import tr

MENU = "tools/scripts"


def actions(studio: Studio) -> list[tuple[str, str, Callable[[], None]]]:
    """Id, text, and what it does."""

    def on_work(do: Callable[..., None]) -> Callable[[], None]:
        def act() -> None:
            if studio.work is not None:
                do(studio.work)

        return act

    def show_points(work: object) -> None:
        if studio.work is not None:
            studio.work.points.is_visible = not studio.work.points.is_visible

    return [
        ("dragbrush_tool", tr("Dragbrush: take up or put away the tool"), lambda: studio.set_on(not studio.is_on)),
        ("dragbrush_run", tr("Dragbrush: run the edit"), studio.run),
        ("dragbrush_cancel", tr("Dragbrush: cancel the edit"), studio.cancel),
        ("dragbrush_again", tr("Dragbrush: run with the next seed"), studio.run_again),
        ("dragbrush_clear", tr("Dragbrush: clear all points"), on_work(lambda work: work.points.clear())),
        ("dragbrush_hide", tr("Dragbrush: show or hide the points"), on_work(show_points)),
        ("dragbrush_compare", tr("Dragbrush: show before or after"), on_work(studio.results.compare)),
        (
            "dragbrush_uncover",
            tr("Dragbrush: stop showing a result"),
            on_work(lambda work: studio.results.show(work, None)),
        ),
    ]
