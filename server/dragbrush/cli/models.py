"""`dragbrush models list`: the models that can be named."""

import argparse
import json
from dataclasses import asdict
from typing import Any


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    models = commands.add_parser("models", help="the models there are", description="The models there are.")
    actions = models.add_subparsers(metavar="ACTION", required=True)
    parser = actions.add_parser("list", help="list them", description="List the models that --model can name.")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.set_defaults(run=run)
    return (models, parser)


def run(args: argparse.Namespace) -> None:
    """Print name, purpose and place of each model."""
    from dragbrush.models import registry

    models = registry.list_models()
    if args.json:
        print(json.dumps([{**asdict(model), "folder": str(model.folder)} for model in models], indent=2))
        return
    for model in models:
        print(f"{model.name}: {model.purpose}\n  {model.folder}")
    print("A folder that a Stable Diffusion pipeline of diffusers was saved to works too: --model FOLDER")
