"""The one way from the plugin's sentences to the person's language."""

from .qt import QtCore

CONTEXT = "dragbrush"


def tr(text: str, **values: object) -> str:
    """The sentence as Krita's language has it, its braces filled in; without a translation as it is."""
    translated = QtCore.QCoreApplication.translate(CONTEXT, text) or text
    return translated.format(**values) if values else translated
