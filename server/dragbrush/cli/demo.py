"""`dragbrush demo`: one drag of a drawn scene, at `instant` and at `quality`, with everything to look at."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragbrush.cli.arguments import add_engine_options, add_output_options, check_model, model_options
from dragbrush.cli.editing import print_summary
from dragbrush.cli.outputs import check_folder, make_folder, replacing, write_json
from dragbrush.cli.progress import Progress, cancelling

if TYPE_CHECKING:
    from dragbrush.bench.demo_scene import DemoScene
    from dragbrush.edit import EditResult

DEFAULT_FOLDER = Path("out/demo")
SPEEDS = ("instant", "quality")
FILES = (
    "source.png",
    *(f"{speed}{kind}.png" for speed in SPEEDS for kind in ("", "-compared")),
    "truth.png",
    "report.json",
)


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    parser = commands.add_parser(
        "demo",
        help="drag a drawn scene and show what comes out",
        description="Draw a scene, drag a part of it at the speeds instant and quality, and write the source, "
        "the results, comparisons, the true result and a report.",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help=f"where to write; default {DEFAULT_FOLDER}, whose files are replaced",
    )
    add_engine_options(parser)
    add_output_options(parser)
    parser.set_defaults(run=run)
    return (parser,)


def run(args: argparse.Namespace) -> None:
    """Drag at every speed, then write everything and print the names."""
    folder = args.output or DEFAULT_FOLDER
    force = args.force or args.output is None
    check_folder(folder, FILES, option="-o", force=force)
    check_model(args.model)

    with cancelling() as cancel:
        results: dict[str, EditResult] = {}
        with Progress(quiet=args.quiet) as progress:
            from dragbrush.bench.demo_scene import demo_scene
            from dragbrush.editor import Editor

            scene = demo_scene()
            editor = Editor(args.model, **model_options(args))
            for speed in SPEEDS:
                results[speed] = editor.drag(
                    scene.picture,
                    scene.drags,
                    mask=scene.mask,
                    speed=speed,
                    prompt=scene.prompt,
                    seed=args.seed,
                    on_step=progress,
                    cancel=cancel,
                )
        cancel.raise_if_cancelled()
        for path in _write(folder, scene, results, force=force):
            if not (args.quiet or args.json):
                print(f"wrote {path}", flush=True)
        if args.json:
            print(json.dumps({speed: result.report for speed, result in results.items()}, indent=2))
        elif not args.quiet:
            for speed, result in results.items():
                print(f"{speed}:", end=" ")
                print_summary(result.report, seconds=result.report["seconds"])


def _write(folder: Path, scene: "DemoScene", results: "dict[str, EditResult]", *, force: bool) -> Iterator[Path]:
    """Write the files and yield each once it is whole."""
    from dragbrush import imaging
    from dragbrush.imaging import Picture

    make_folder(folder)
    source = Picture.from_array(scene.picture)
    pictures = {"source": source} | {name: Picture.from_array(r.picture) for name, r in results.items()}
    for name, picture in (pictures | {"truth": Picture.from_array(scene.truth)}).items():
        imaging.write_picture(picture, folder / f"{name}.png", force=force)
        yield folder / f"{name}.png"
    for name, result in results.items():
        path = folder / f"{name}-compared.png"
        with replacing(path, force=force) as draft:
            imaging.comparison(source, result.mask, scene.drags, pictures[name]).save(draft, "PNG")
        yield path
    reports = {name: result.report for name, result in results.items()}
    write_json(reports, folder / "report.json", force=force)
    yield folder / "report.json"
