"""Dragbrush: drag a part of a picture to where it should be."""

__version__ = "0.1.0"
