"""Dragbrush in Krita. Needs nothing of Krita by itself, so that tests and tools can import it."""

__version__ = "0.1.0"
