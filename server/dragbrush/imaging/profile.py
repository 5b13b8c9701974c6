"""Colour spaces of pictures: their own values, float32 in [0, 1], to sRGB and back.

Profiles of primaries and curves (nearly all that pictures carry) are computed here in float, which keeps 16
bits; profiles of tables go through libvips and Little CMS, which keeps about 8 to 11. Relative colorimetric
both ways.
"""

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from dragbrush.errors import BadImage

Colours = NDArray[np.float32]

_REC709_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_SRGB_PRIMARIES = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
"""Columns red, green, blue in XYZ adapted to D50, as the ICC's own sRGB profiles have them."""
_CURVE_NODES = 65536
"""One node for each 16-bit sample, so that a 16-bit value and its inverse meet exactly."""
_SAME_PRIMARIES, _SAME_CURVE = 2e-3, 1.5e-3
"""Largest differences at which a profile is sRGB: under half an 8-bit step, above what writers round."""
_DAMAGED = "The picture's colour profile cannot be used; convert the picture to sRGB and save it again."


@dataclass(frozen=True, slots=True)
class Srgb:
    """sRGB, or grey with the curve of sRGB: values are taken as they are."""

    channels: int

    def to_srgb(self, colour: Colours) -> Colours:
        """(..., 1 or 3) in this space to (..., 3) sRGB."""
        return colour if self.channels == 3 else np.repeat(colour, 3, axis=-1)

    def from_srgb(self, rgb: Colours) -> Colours:
        """(..., 3) sRGB to (..., 1 or 3) in this space; grey takes the Rec. 709 luma."""
        return rgb if self.channels == 3 else (rgb * _REC709_LUMA).sum(axis=-1, keepdims=True, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Shaper:
    """A curve for each channel, then primaries (ICC.1:2022, annex F.3); grey has only a curve."""

    curves: tuple[NDArray[np.float64], ...]
    """Linear light at evenly spaced values, rising."""
    primaries: NDArray[np.float64] | None
    """Own linear light to linear sRGB, (3, 3)."""
    nodes: NDArray[np.float64] = field(default_factory=lambda: np.linspace(0, 1, _CURVE_NODES))

    def to_srgb(self, colour: Colours) -> Colours:
        linear = np.empty(colour.shape, np.float64)
        for channel, curve in enumerate(self.curves):
            linear[..., channel] = np.interp(colour[..., channel], self.nodes, curve)
        linear = np.repeat(linear, 3, axis=-1) if self.primaries is None else linear @ self.primaries.T
        return _encode(np.clip(linear, 0, 1)).astype(np.float32)

    def from_srgb(self, rgb: Colours) -> Colours:
        linear = _linearise(rgb.astype(np.float64))
        if self.primaries is None:
            linear = linear @ (_SRGB_PRIMARIES[1:2] / _SRGB_PRIMARIES[1].sum()).T
        else:
            linear = linear @ np.linalg.inv(self.primaries).T
        colour = np.empty(linear.shape, np.float32)
        for channel, curve in enumerate(self.curves):
            colour[..., channel] = np.interp(linear[..., channel], curve, self.nodes)
        return colour


@dataclass(frozen=True, slots=True)
class Tabled:
    """Any other profile, by libvips."""

    icc: bytes
    channels: int

    def to_srgb(self, colour: Colours) -> Colours:
        image = _as_vips(colour, "rgb16" if self.channels == 3 else "grey16")
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", self.icc)
        try:
            light = image.icc_import(embedded=True, intent="relative", black_point_compensation=True)
            encoded = light.icc_export(output_profile="srgb", depth=16, intent="relative")
            return _from_vips(encoded, colour.shape[:-1])
        except pyvips.Error as error:
            raise BadImage(_DAMAGED) from error

    def from_srgb(self, rgb: Colours) -> Colours:
        image = _as_vips(rgb, "rgb16")
        try:
            light = image.icc_import(input_profile="srgb", intent="relative").copy()
            light.set_type(pyvips.GValue.blob_type, "icc-profile-data", self.icc)
            encoded = light.icc_export(depth=16, intent="relative", black_point_compensation=True)
            return _from_vips(encoded, rgb.shape[:-1])
        except pyvips.Error as error:
            raise BadImage(_DAMAGED) from error


ColourSpace = Srgb | Shaper | Tabled


def colour_space(icc: bytes | None, channels: int) -> ColourSpace:
    """The space of an embedded profile for 1 or 3 colour channels; sRGB when there is none."""
    if icc is None:
        return Srgb(channels)
    try:
        shaper = _read_shaper(icc, channels)
    except (struct.error, IndexError, ValueError) as error:
        raise BadImage(_DAMAGED) from error
    if shaper is None:
        return Tabled(icc, channels)
    nodes = _linearise(shaper.nodes)
    is_srgb_curve = all(np.abs(_encode(curve) - _encode(nodes)).max() < _SAME_CURVE for curve in shaper.curves)
    is_srgb = shaper.primaries is None or bool(np.abs(shaper.primaries - np.eye(3)).max() < _SAME_PRIMARIES)
    return Srgb(channels) if is_srgb and is_srgb_curve else shaper


def _read_shaper(icc: bytes, channels: int) -> Shaper | None:
    tags: dict[bytes, bytes] = {}
    for index in range(struct.unpack_from(">I", icc, 128)[0]):
        tag, offset, length = struct.unpack_from(">4sII", icc, 132 + 12 * index)
        tags[tag] = icc[offset : offset + length]
    names = (b"kTRC",) if channels == 1 else (b"rTRC", b"gTRC", b"bTRC")
    if b"A2B0" in tags or b"A2B1" in tags:
        return None
    if any(name not in tags for name in names):
        raise ValueError("neither tables nor curves")
    curves = tuple(_read_curve(tags[name]) for name in names)
    if channels == 1:
        return Shaper(curves, None)
    columns = [struct.unpack_from(">3i", tags[name], 8) for name in (b"rXYZ", b"gXYZ", b"bXYZ") if name in tags]
    if len(columns) != 3 or icc[20:24] != b"XYZ ":
        raise ValueError("no primaries")
    to_linear_srgb = np.linalg.inv(_SRGB_PRIMARIES) @ (np.array(columns).T / 65536)
    primaries = to_linear_srgb / to_linear_srgb.sum(axis=1, keepdims=True)  # white stays white exactly
    if not np.isfinite(primaries).all() or abs(np.linalg.det(primaries)) < 1e-6:
        raise ValueError("primaries without an inverse")
    return Shaper(curves, primaries)


def _read_curve(tag: bytes) -> NDArray[np.float64]:
    """`curv` and `para` (ICC.1:2022, 10.6 and 10.18) as linear light at the nodes."""
    x = np.linspace(0, 1, _CURVE_NODES)
    if tag[:4] == b"curv":
        count = struct.unpack_from(">I", tag, 8)[0]
        if count == 0:
            return x
        if count == 1:
            return x ** (struct.unpack_from(">H", tag, 12)[0] / 256)
        table = np.frombuffer(tag, ">u2", count, 12) / 65535
        curve = np.interp(x, np.linspace(0, 1, count), table)
    elif tag[:4] == b"para":
        kind = struct.unpack_from(">H", tag, 8)[0]
        count = (1, 3, 4, 5, 7)[kind]
        g, a, b, c, d, e, f = (
            *(v / 65536 for v in struct.unpack_from(f">{count}i", tag, 12)),
            *[0.0] * (7 - count),
        )
        if kind == 0:
            return x**g
        if kind in (1, 2):
            curve = np.where(x >= -b / a, np.maximum(a * x + b, 0) ** g, 0) + c
        else:
            curve = np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f)
    else:
        raise ValueError("a curve of an unknown type")
    return np.maximum.accumulate(np.clip(curve, 0, 1))


def _linearise(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sRGB curve, IEC 61966-2-1."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((np.maximum(encoded, 0) + 0.055) / 1.055) ** 2.4)


def _encode(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)


def _as_vips(colour: Colours, interpretation: str) -> Any:
    flat = np.rint(np.clip(colour, 0, 1) * 65535).astype(np.uint16).reshape(1, -1, colour.shape[-1])
    image = pyvips.Image.new_from_memory(flat.data, flat.shape[1], 1, flat.shape[2], "ushort")
    return image.copy(interpretation=interpretation)


def _from_vips(image: Any, shape: tuple[int, ...]) -> Colours:
    flat = np.frombuffer(image.write_to_memory(), np.uint16).astype(np.float32)
    return (flat / np.float32(65535)).reshape(*shape, image.bands)
