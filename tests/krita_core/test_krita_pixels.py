"""Between Krita's bytes and the wire's."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from krita_dragbrush.core import pixels
from krita_dragbrush.core.crop import Rect
from krita_dragbrush.core.pixels import Raster, UnsupportedLayer, from_wire, kind_of, selected, shown, to_wire

from krita_dragbrush import wire

TYPES = {"u8": "<u1", "u16": "<u2"}


def random_raster(channels: str, depth: str, *, width: int = 5, height: int = 3) -> Raster:
    count = wire.CHANNELS[channels]
    samples = np.random.default_rng(7).integers(0, 256, width * height * count * wire.SAMPLE_BYTES[depth], np.uint8)
    return Raster(width, height, channels, depth, samples.tobytes())


def samples_of(data: bytes, raster: Raster) -> np.ndarray:
    return np.frombuffer(data, TYPES[raster.depth]).reshape(raster.height, raster.width, -1)


@pytest.mark.parametrize("depth", ["u8", "u16"])
def test_colours_are_turned_round_and_alpha_stays(depth: str) -> None:
    raster = random_raster("rgba", depth)

    layout, data = to_wire(raster)

    assert layout == wire.Pixels(5, 3, "rgba", depth)
    assert (samples_of(data, raster) == samples_of(raster.data, raster)[:, :, [2, 1, 0, 3]]).all()


@pytest.mark.parametrize("channels", ["gray", "graya", "rgb", "rgba"])
@pytest.mark.parametrize("depth", ["u8", "u16"])
def test_what_is_sent_and_given_back_is_the_same(channels: str, depth: str) -> None:
    raster = random_raster(channels, depth)
    layout, data = to_wire(raster, "f" * 64)

    back = from_wire(wire.Layout(layout.width, layout.height, layout.channels, layout.depth), data)

    assert layout.icc == "f" * 64
    assert back.is_like(raster)


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    raster = random_raster("rgba", "u16", width=31, height=17)
    whole = to_wire(raster)[1]
    monkeypatch.setattr(pixels, "BLOCK_BYTES", 100)

    assert to_wire(raster)[1] == whole


def test_too_few_bytes_are_an_error() -> None:
    with pytest.raises(ValueError, match="not 2 x 2"):
        Raster(2, 2, "rgba", "u8", bytes(15))
    with pytest.raises(ValueError, match="not 2 x 2"):
        from_wire(wire.Layout(2, 2, "rgba"), bytes(17))


@pytest.mark.parametrize(
    ("model", "depth", "expected"), [("RGBA", "U8", ("rgba", "u8")), ("GRAYA", "U16", ("graya", "u16"))]
)
def test_layers_that_are_sent(model: str, depth: str, expected: tuple[str, str]) -> None:
    assert kind_of(model, depth) == expected


@pytest.mark.parametrize(("model", "depth"), [("RGBA", "F16"), ("RGBA", "F32"), ("CMYKA", "U8"), ("A", "U8")])
def test_layers_that_are_not_sent(model: str, depth: str) -> None:
    with pytest.raises(UnsupportedLayer):
        kind_of(model, depth)


def test_a_part_is_the_pixels_of_its_rectangle() -> None:
    raster = random_raster("rgba", "u16", width=9, height=8)
    part = raster.part(Rect(2, 3, 5, 4))

    assert (samples_of(part.data, part) == samples_of(raster.data, raster)[3:7, 2:7]).all()


@pytest.mark.parametrize("channels", ["gray", "graya", "rgb", "rgba"])
@pytest.mark.parametrize("depth", ["u8", "u16"])
def test_a_preview_of_any_layout_is_shown_as_argb(channels: str, depth: str) -> None:
    raster = random_raster(channels, depth)
    layout = wire.Layout(5, 3, channels, depth)

    picture = shown(layout, raster.data)

    given = samples_of(raster.data, raster) >> (8 if depth == "u16" else 0)
    colours = given[:, :, [0, 0, 0]] if channels.startswith("gray") else given[:, :, [2, 1, 0]]
    found = np.frombuffer(picture.data, np.uint8).reshape(3, 5, 4)
    assert (found[:, :, :3] == colours).all()
    assert (found[:, :, 3] == (given[:, :, -1] if channels.endswith("a") else 255)).all()


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_the_box_of_a_selection_is_tight(width: int, height: int, data: st.DataObject) -> None:
    samples = bytes(
        data.draw(st.lists(st.sampled_from([0, 0, 0, 1, 255]), min_size=width * height, max_size=width * height))
    )

    box = selected(Raster(width, height, "gray", "u8", samples))

    rows, columns = np.nonzero(np.frombuffer(samples, np.uint8).reshape(height, width))
    if not rows.size:
        assert box is None
    else:
        assert box == Rect.of_edges(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


@pytest.mark.parametrize(("depth", "most_s"), [("u8", 8.0), ("u16", 8.0)])
def test_a_layer_of_4096_px_is_turned_round_in_a_moment(depth: str, most_s: float) -> None:
    raster = Raster(4096, 4096, "rgba", depth, bytes(4096 * 4096 * 4 * wire.SAMPLE_BYTES[depth]))

    began = time.monotonic()
    to_wire(raster)

    assert time.monotonic() - began < most_s  # measured: 0.2 and 0.4 s; a loop over pixels would take longer
