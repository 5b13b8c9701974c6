"""`dragbrush serve`: the server that Krita, Photoshop and scripts talk to."""

import argparse
import asyncio
import logging
import sys
from functools import partial
from pathlib import Path
from typing import Any

from dragbrush.cli.arguments import add_model_options, check_model, model_options

LEVELS = ("debug", "info", "warning", "error")


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    from dragbrush.net.runtime import DEFAULT_PORT

    parser = commands.add_parser(
        "serve",
        help="run the server",
        description="Run the server that Krita, Photoshop and scripts talk to, on this machine, until Ctrl-C.",
    )
    add_model_options(parser)
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help=f"default {DEFAULT_PORT}; 0 takes any free one"
    )
    parser.add_argument("--listen", default="127.0.0.1", metavar="ADDRESS", help="default this machine alone")
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="HOST",
        help="a name or address by which clients call the server, where --listen does not say it; may be repeated",
    )
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="needed for an address that others reach")
    parser.add_argument("--tls-key", type=Path, metavar="FILE")
    parser.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let pages of exactly this origin connect; none by default; may be repeated",
    )
    parser.add_argument("--log-level", default="warning", choices=LEVELS)
    parser.add_argument("--echo", action="store_true", help="no engine: gives pictures back inverted, to test clients")
    parser.set_defaults(run=run)
    return (parser,)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port; give a number from 0 to 65535")
    return int(text)


def run(args: argparse.Namespace) -> None:
    """Serve until stopped."""
    from dragbrush.models import DEFAULT, default_model
    from dragbrush.net.runtime import Runtime, data_folder
    from dragbrush.net.serve import Address, serve
    from dragbrush.protocol.messages import Model
    from dragbrush.worker import make

    logging.basicConfig(level=args.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if not args.echo:
        check_model(args.model)
    folder = data_folder()
    model = default_model() if args.model == DEFAULT else args.model
    name = "echo" if args.echo else Path(model).name
    address = Address(
        args.listen, args.port, frozenset(args.allow_origin), args.tls_cert, args.tls_key, frozenset(args.name)
    )

    def on_ready(runtime: Runtime) -> None:
        print(f"Dragbrush serves the model {name} on {runtime.host}, port {runtime.port} (process {runtime.process}).")
        print("Krita and scripts of this user find it by themselves; for Photoshop run 'dragbrush pair'.")
        print("Ctrl-C or 'dragbrush stop' ends it; waiting jobs are kept.", flush=True)

    make_work = make.echo if args.echo else partial(make.engine, model, **model_options(args))
    asyncio.run(serve(folder, make_work, address, model=Model(name, name), on_ready=on_ready))
    print("Dragbrush has stopped.", file=sys.stderr)
