"""Dragbrush in Krita. Needs nothing of Krita by itself, so that tests and tools can import it."""

__version__ = "0.1.0"

try:
    from krita import Krita as _Krita  # pyright: ignore[reportMissingImports]  # inside Krita alone
except ImportError:  # tests and tools
    pass
else:
    if _Krita.instance() is not None:
        from .host.extension import register

        register()
