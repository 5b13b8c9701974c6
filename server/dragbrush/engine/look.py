"""The look of an object put on another, its own light and shade kept: pure functions of colours, without a model.

Colours are sRGB in [0, 1]; pixels of an object are (n, 3), places (n, 2) lie in the box round it, both axes in [0, 1].
"""

from dataclasses import dataclass

import torch
from torch import Tensor

BRIGHTNESS = (0.299, 0.587, 0.114)
PARTS = 4
"""Colours that an object is taken to be painted in."""
PEAK = 0.8
"""Share of a part's pixels that are darker than its colour in full light: the brightest are highlights."""
DARK = 0.27
"""Brightness below which a pixel shows no colour worth wearing: ink, pupils, tyres. It stays as it is."""
REACH = 0.06
"""Of the object's box: how far from the corresponding place colours are taken."""
SAME = 0.08
"""Distance of chroma up to which two parts are one in different light."""
_ROUNDS = 15
_GREY = 0.05
"""Added to the sum of the channels that chroma is measured by, which near black would be noise."""
_HISTOGRAM = 10
_MEAN_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Painted:
    """An object's pixels as paint and light."""

    rgb: Tensor
    """(n, 3)"""
    places: Tensor
    """(n, 2): x and y in the box."""
    part: Tensor
    """(n,) number of the part; -1 for dark pixels."""
    paint: Tensor
    """(PARTS, 3): each part's colour in full light."""

    @property
    def light(self) -> Tensor:
        """(n,) brightness as a share of that of the part in full light; of dark pixels 1."""
        full = (self.paint @ self.rgb.new_tensor(BRIGHTNESS)).clamp_min(1 / 255)
        lit = self.rgb @ self.rgb.new_tensor(BRIGHTNESS) / full[self.part.clamp_min(0)]
        return torch.where(self.part >= 0, lit, 1.0)

    @property
    def level(self) -> Tensor:
        """The object's mean brightness as a share of that in full light: how its scene lights it."""
        weights = self.rgb.new_tensor(BRIGHTNESS)
        full = (self.paint @ weights)[self.part[self.part >= 0]]
        return (self.rgb @ weights).mean() / full.mean().clamp_min(1 / 255)


def painted(picture: Tensor, mask: Tensor) -> Painted:
    """The object of a picture (3, h, w) that a mask (h, w) bool selects; it selects something.

    Of a convex thing the brightest places face the light, so that a part's brightest colour is nearly the same in any
    light from the front, and brightness beside it is shading.
    """
    rows, cols = mask.nonzero(as_tuple=True)
    rgb = picture[:, rows, cols].T
    places = torch.stack([_unit(cols), _unit(rows)], dim=1)
    brightness = rgb @ rgb.new_tensor(BRIGHTNESS)
    is_dark = brightness < DARK
    if is_dark.float().mean() > PEAK:
        is_dark = torch.zeros_like(is_dark)
    part = torch.full_like(rows, -1)
    part[~is_dark] = clusters(rgb[~is_dark] / (rgb[~is_dark].sum(1, keepdim=True) + _GREY))
    paint = rgb.new_zeros(PARTS, 3)
    for number in part.unique()[part.unique() >= 0].tolist():
        own = part == number
        mean = rgb[own].mean(0)
        paint[number] = mean / (mean @ rgb.new_tensor(BRIGHTNESS)).clamp_min(1 / 255) * brightness[own].quantile(PEAK)
    return Painted(rgb, places, part, paint)


def clusters(values: Tensor) -> Tensor:
    """(n,) which of at most PARTS clusters each of (n, c) is in: k-means from the farthest points, always the same.

    Clusters nearer than SAME are one.
    """
    centres = [values[((values - values.mean(0)) ** 2).sum(1).argmin()]]
    while len(centres) < PARTS:
        distance = torch.stack([((values - centre) ** 2).sum(1) for centre in centres]).amin(0)
        centres.append(values[distance.argmax()])
    middle = torch.stack(centres)
    nearest = torch.zeros(len(values), dtype=torch.long)
    for _ in range(_ROUNDS):
        nearest = ((values[:, None] - middle) ** 2).sum(2).argmin(1)
        middle = torch.stack(
            [values[nearest == i].mean(0) if (nearest == i).any() else middle[i] for i in range(PARTS)]
        )
    first = (torch.cdist(middle, middle) < SAME).float().argmax(1)
    return first[nearest]


def worn(own: Painted, other: Painted) -> Tensor:
    """(n, 3): the pixels of `own` in the paint of `other`, in their own light.

    Each place wears what the other object has at the corresponding place of its box, mirrored where that fits its
    outline better. The mean is the other's, as much lighter or darker as the own scene lights its objects.
    """
    coloured = own.part >= 0
    result = own.rgb.clone()
    result[coloured] = _paint_at(own.places[coloured], own.places, other) * own.light[coloured, None]
    wanted = other.rgb.mean(0) * own.level / other.level
    for _ in range(_MEAN_ROUNDS):  # what is clipped is made up for by the rest
        result = (result * (wanted / result.mean(0).clamp_min(1 / 255))).clamp(0, 1)
    return result


def _paint_at(places: Tensor, outline: Tensor, other: Painted) -> Tensor:
    """(m, 3): the other's paint round the corresponding places."""
    mirrored = torch.stack([1 - other.places[:, 0], other.places[:, 1]], dim=1)
    straight, flipped = ((_density(outline) - _density(there)).abs().sum() for there in (other.places, mirrored))
    there = mirrored if flipped < straight else other.places
    shown = other.part >= 0
    distance = torch.cdist(places, there[shown]) ** 2
    # Far from everything coloured the nearest still counts.
    weights = torch.softmax(-distance / (2 * REACH**2), dim=1)
    return weights @ other.paint[other.part[shown]]


def _density(places: Tensor) -> Tensor:
    cells = (places * _HISTOGRAM).long().clamp(0, _HISTOGRAM - 1)
    counts = torch.bincount(cells[:, 1] * _HISTOGRAM + cells[:, 0], minlength=_HISTOGRAM**2)
    return counts / len(places)


def _unit(values: Tensor) -> Tensor:
    """Whole numbers brought to [0, 1]."""
    low = values.min()
    return (values - low) / (values.max() - low).clamp_min(1)
