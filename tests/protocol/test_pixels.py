"""How many bytes a picture has: the vectors."""

from typing import Any

import msgspec
import pytest
from conformance import each

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.messages import Pixels
from dragbrush.protocol.pixels import byte_length


@pytest.mark.parametrize("vector", each("pixels"))
def test_byte_length(vector: dict[str, Any]) -> None:
    pixels = msgspec.convert(vector["pixels"], Pixels)

    if "bytes" in vector:
        assert byte_length(pixels) == vector["bytes"]
    else:
        with pytest.raises(ProtocolError) as caught:
            byte_length(pixels)
        assert caught.value.code == vector["code"]
