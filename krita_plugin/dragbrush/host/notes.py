"""What was said to the person, each about one document or about all. Knows neither Qt nor Krita."""


class Notes:
    def __init__(self) -> None:
        self._said: dict[str, str] = {}
        """By the document's id; without one, about all."""

    def say(self, text: str, about: str) -> None:
        self._said[about] = text

    def hush(self, about: str) -> None:
        """What was said of the document, and of all."""
        self._said.pop(about, None)
        self._said.pop("", None)

    def of(self, about: str) -> str:
        return self._said.get(about) or self._said.get("") or ""
