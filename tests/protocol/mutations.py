"""Messages that are almost right."""

import json
from typing import Any

from conformance import vectors
from hypothesis import strategies as st

VALID = {direction: vectors("messages", direction=direction, valid=True) for direction in ("request", "from_server")}

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.integers(10**15, 10**40)
    | st.just("\ud800")
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a JSON value with each of its keys."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid message with one to three parts replaced, taken out, added or cut."""
    direction = draw(st.sampled_from(sorted(VALID)))
    said = json.loads(draw(st.sampled_from(VALID[direction]))["text"])
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(_places(said) or [(said, "type")]))
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "remove":
                container.pop(key, None) if isinstance(container, dict) else container.pop(key)
            case "add" if isinstance(container, dict):
                container[draw(st.text())] = draw(values)
            case _:
                container[key] = draw(values)
    text = json.dumps(said, ensure_ascii=draw(st.booleans()))
    start, end = draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))))
    return text if draw(st.booleans()) else text[:start] + draw(st.text(max_size=3)) + text[end:]
