"""`dragbrush status`, `stop` and `pair`: words with the running server."""

import argparse
import json
from typing import Any


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the commands to the parser."""
    parsers = []
    for name, text, work in (
        ("status", "how the running server is", status),
        ("stop", "stop the running server", stop),
        ("pair", "show a code that lets a Photoshop panel in", pair),
    ):
        parser = commands.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
        parser.add_argument("--json", action="store_true", help="print JSON instead of text")
        parser.set_defaults(run=work)
        parsers.append(parser)
    parsers[-1].add_argument("--list", action="store_true", help="list the clients that were let in")
    parsers[-1].add_argument("--revoke", metavar="ID", help="let a client of that list in no more")
    return tuple(parsers)


def status(args: argparse.Namespace) -> None:
    """Print what the server says of itself."""
    from dragbrush.net import control
    from dragbrush.net.runtime import data_folder

    runtime = control.running(data_folder())
    found = {"port": runtime.port, "process": runtime.process, **control.status(runtime)}
    if args.json:
        print(json.dumps(found, indent=2))
        return
    print(f"Dragbrush {found['version']} runs on port {found['port']} (process {found['process']}).")
    print(f"Model {found['model']} on {found['device']}; the engine's process is {found['worker']}.")
    print(f"{found['queued']} jobs wait, {found['sockets']} clients are connected.")


def stop(args: argparse.Namespace) -> None:
    """Stop it and wait until it has."""
    from dragbrush.net import control
    from dragbrush.net.runtime import data_folder

    folder = data_folder()
    runtime = control.running(folder)
    control.stop(folder, runtime)
    if args.json:
        print(json.dumps({"stopped": runtime.process}))
    else:
        print(f"The server (process {runtime.process}) has stopped.")


def pair(args: argparse.Namespace) -> None:
    """Show a code, or who was let in."""
    from dragbrush.net import control
    from dragbrush.net.runtime import data_folder

    runtime = control.running(data_folder())
    if args.revoke:
        control.revoke(runtime, args.revoke)
        print(json.dumps({"revoked": args.revoke}) if args.json else f"The client {args.revoke} is let in no more.")
    elif args.list:
        paired = control.status(runtime)["paired"]
        if args.json:
            print(json.dumps(paired, indent=2))
        else:
            print("\n".join(f"{client['id']}  {client['name']}" for client in paired) or "No client was let in yet.")
    else:
        code, seconds = control.begin_pairing(runtime)
        if args.json:
            print(json.dumps({"code": code, "seconds": seconds}))
        else:
            print(f"Type this code into the panel within {seconds:.0f} seconds:  {code[:3]} {code[3:]}")
