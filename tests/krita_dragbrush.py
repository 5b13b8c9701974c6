"""The Krita plugin under a name of its own: in Krita it is `dragbrush`, which here is the server's package."""

from pathlib import Path

__path__ = [str(Path(__file__).parents[1] / "krita_plugin" / "dragbrush")]
