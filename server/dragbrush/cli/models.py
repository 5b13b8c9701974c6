"""`dragbrush models`: which models there are, and how they come and go."""

import argparse
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dragbrush.cli.progress import Progress
from dragbrush.errors import BadModel, BadRequest, Cancelled

_MEGABYTE, _GIGABYTE = 10**6, 10**9


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    models = commands.add_parser("models", help="list, get and remove models", description="The models there are.")
    actions = models.add_subparsers(metavar="ACTION", required=True)
    return (models, *(add(actions) for add in (_list, _pull, _import, _info, _default, _remove)))


def _list(actions: Any) -> argparse.ArgumentParser:
    parser = actions.add_parser("list", help="list them", description="List the models that --model can name.")
    parser.add_argument("--found", action="store_true", help="list models that other programs have on this machine")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.set_defaults(run=list_models)
    return parser


def _pull(actions: Any) -> argparse.ArgumentParser:
    parser = actions.add_parser(
        "pull",
        help="download one",
        description="Download a model into the Hugging Face cache and give it a name. What is there is not "
        "downloaded again; an interrupted download goes on where it stopped.",
    )
    parser.add_argument("model", metavar="NAME|HUB_ID", help="a name of 'models list' or OWNER/NAME of the hub")
    parser.add_argument("--revision", metavar="R", help="branch, tag or commit; default the newest")
    parser.add_argument("--name", help="what to call it here")
    parser.add_argument("--offline", action="store_true", help="use what the cache holds, and no network")
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    parser.set_defaults(run=pull)
    return parser


def _import(actions: Any) -> argparse.ArgumentParser:
    parser = actions.add_parser(
        "import",
        help="use one that is on this machine",
        description="Give a name to a diffusers folder, which stays where it is, or to a .safetensors checkpoint of "
        "Stable Diffusion 1, 2 or XL, which is converted into a folder of this program; neither is changed.",
    )
    parser.add_argument("model", metavar="FILE|FOLDER|NAME", help="a path, or a name of 'models list --found'")
    parser.add_argument("--name", help="what to call it here")
    parser.add_argument(
        "--prediction",
        choices=("epsilon", "velocity"),
        help="what a checkpoint predicts that does not tell: epsilon (noise; Stable Diffusion 2 for 512 px) or "
        "velocity (Stable Diffusion 2 for 768 px)",
    )
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    parser.set_defaults(run=import_)
    return parser


def _info(actions: Any) -> argparse.ArgumentParser:
    parser = actions.add_parser("info", help="show all of one", description="Show what is known of an installed model.")
    parser.add_argument("model", metavar="NAME", help="an installed model")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.set_defaults(run=info)
    return parser


def _default(actions: Any) -> argparse.ArgumentParser:
    parser = actions.add_parser(
        "default",
        help="choose the one that is used",
        description="Show or choose the model that is used where none is named.",
    )
    parser.add_argument("model", metavar="NAME", nargs="?", help="an installed model")
    parser.set_defaults(run=default)
    return parser


def _remove(actions: Any) -> argparse.ArgumentParser:
    parser = actions.add_parser(
        "remove",
        help="remove one",
        description="Remove a model and what this program downloaded or converted for it; files of your own stay.",
    )
    parser.add_argument("model", metavar="NAME", help="an installed model")
    parser.set_defaults(run=remove)
    return parser


def list_models(args: argparse.Namespace) -> None:
    """Print the installed and the well-known models, or those of other programs."""
    from dragbrush.models import listing

    entries = listing.found() if args.found else listing.installed_and_known()
    if args.json:
        print(json.dumps(entries, indent=2))
    elif args.found:
        _print_found(entries)
    else:
        _print_table(entries)


def pull(args: argparse.Namespace) -> None:
    """Download a model."""
    from dragbrush.models.pull import pull

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # its words would cut through the bar
    with _ByteBar(quiet=args.quiet) as on_progress:
        try:
            pulled = pull(
                args.model,
                revision=args.revision,
                name=args.name,
                offline=args.offline,
                on_progress=on_progress,
            )
        except KeyboardInterrupt as error:
            raise Cancelled("Stopped; what was downloaded is kept, and the same command goes on from there.") from error
    if args.quiet:
        return
    note = pulled.note
    print(f"{note.name} is installed: {note.source} at {note.revision}, {_size(note.size_bytes)}.")
    here = note.size_bytes - pulled.downloaded_bytes
    print(f"Downloaded {_size(pulled.downloaded_bytes)}; {_size(here)} were in the Hugging Face cache already.")
    if pulled.halved:
        print(f"Half precision weights (fp16) of {', '.join(pulled.halved)}: there are no full ones.")
    print(f"Licence: {note.licence or 'not stated'}. Use it with --model {note.name}")


def import_(args: argparse.Namespace) -> None:
    """Use a model that is on this machine."""
    from dragbrush.models.adopt import adopt
    from dragbrush.models.found import find_found
    from dragbrush.models.pull import pull

    path = Path(args.model).expanduser()
    found = None if path.exists() else find_found(args.model)
    if found and found.obstacle:
        raise BadModel(found.obstacle)
    path = found.path if found else path
    if args.prediction and path.is_dir():
        raise BadRequest(f"'{path}' is a folder, which says itself what its model predicts; leave --prediction out.")
    with _ByteBar(quiet=args.quiet) as on_progress:
        if found and found.is_cached_repository:
            note = pull(found.name, name=args.name, offline=True, on_progress=on_progress).note
        else:
            note = adopt(path, name=args.name, prediction=args.prediction, on_progress=on_progress)
    if not args.quiet:
        how = {"file": "converted from", "folder": "used from", "hub": "used from the cache:"}[note.kind]
        print(f"{note.name} is installed, {how} {note.source}. Use it with --model {note.name}")


def info(args: argparse.Namespace) -> None:
    """Print what is known of a model."""
    from dragbrush.models import listing

    entry = listing.info(args.model)
    if args.json:
        print(json.dumps(entry, indent=2))
        return
    for key in ("name", "purpose", "family", "source", "revision", "licence", "folder"):
        print(f"{key:<9} {entry[key] or '-'}")
    print(f"{'size':<9} {_size(entry['size_bytes'])}")
    for file in entry["files"]:
        print(f"{'file':<9} {file['path']}\n{'':<9} {file['size_bytes']} bytes, sha256 {file['sha256']}")


def default(args: argparse.Namespace) -> None:
    """Show or choose the default model."""
    from dragbrush.models import notes, registry

    if args.model is not None:
        registry.find_installed(args.model)
        notes.set_default(args.model)
    print(registry.default_model())


def remove(args: argparse.Namespace) -> None:
    """Remove a model."""
    from dragbrush.models import notes

    note = notes.remove(args.model)
    kept = f" '{note.source}' itself is as it was." if note and note.kind != "hub" else ""
    print(f"{args.model} is removed.{kept}")


def _print_table(entries: list[dict[str, Any]]) -> None:
    ready = [entry for entry in entries if entry["is_installed"]]
    rest = [entry for entry in entries if not entry["is_installed"]]
    _print_group("Installed (* is used where none is named)", ready)
    _print_group("To be had with 'dragbrush models pull NAME'", rest)
    print("Any diffusers folder of Stable Diffusion 1, 2 or XL works too: --model FOLDER")
    print("'dragbrush models list --found' looks for models of other programs.")


def _print_group(title: str, entries: list[dict[str, Any]]) -> None:
    if not entries:
        return
    print(title)
    for entry in entries:
        mark = "*" if entry["is_default"] else " "
        facts = [entry["purpose"], _size(entry["size_bytes"]), entry["licence"]]
        print(f" {mark} {entry['name']:<31} {'; '.join(fact for fact in facts if fact)}")
    print()


def _print_found(entries: list[dict[str, Any]]) -> None:
    if not entries:
        print("No models of ComfyUI, A1111, krita-ai-diffusion or the Hugging Face cache are in their usual places.")
        print("'dragbrush models import FILE|FOLDER' takes one from anywhere.")
    for entry in entries:
        print(f"{entry['name']}: {entry['program']}, {_size(entry['size_bytes'])}, {entry['path']}")
        print(f"  {entry['obstacle'] or entry['family'] + '; dragbrush models import ' + entry['name']}")


class _ByteBar:
    """Shows bytes as a bar on a terminal, and as a line for each phase elsewhere."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar = Progress(quiet=quiet or not sys.stderr.isatty())
        self._phase = ""

    def __enter__(self) -> Callable[[str, int, int], None]:
        self._bar.__enter__()
        return self._show

    def __exit__(self, *error: Any) -> None:
        self._bar.__exit__(*error)

    def _show(self, phase: str, done: int, total: int) -> None:
        if phase != self._phase and not self._quiet and not sys.stderr.isatty():
            print(f"dragbrush: {phase} {_size(total)}", file=sys.stderr, flush=True)
        self._phase = phase
        self._bar.show(phase, done // _MEGABYTE, max(1, total // _MEGABYTE), note="MB")


def _size(count: int) -> str:
    """A number of bytes for people."""
    return f"{count / _GIGABYTE:.1f} GB" if count >= _GIGABYTE / 10 else f"{count / _MEGABYTE:.1f} MB"
