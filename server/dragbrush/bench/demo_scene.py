"""The drawn picture of `dragbrush demo`: a ball rolls away from a creature. Its true result is known."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from dragbrush.bench.case import Pixels, as_pixels, change_mask
from dragbrush.bench.edits import moved, repeated
from dragbrush.bench.kinds import KIND_NAMES
from dragbrush.bench.paint import render, to_pixels
from dragbrush.bench.primitives import TEXTURES
from dragbrush.bench.words import captions
from dragbrush.bench.world import COLOURS, EMPTY, GROUNDS, LOOKS, MATERIALS, SKIES, Scene, draw_scenes
from dragbrush.edit import Drag

WIDTH_PX, HEIGHT_PX = 768, 512


@dataclass(frozen=True, slots=True)
class _Thing:
    kind: str
    colours: tuple[str, str]
    texture: str
    xy: tuple[float, float]
    size: float
    pose: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    style: tuple[float, ...] = (0.5, 0.5, 0.5)


_THINGS = (
    _Thing("house", ("orange", "brown"), "plain", (0.4, 0.06), 0.16),
    _Thing("tree", ("green", "yellow"), "plain", (-0.5, 0.15), 0.25, (0.06, -0.05, 0.0, 0.0), (0.8, 0.3, 0.5)),
    _Thing("creature", ("blue", "orange"), "striped", (-0.18, 0.36), 0.27, (-0.05, -0.45, 0.02, 0.3), (0.5, 0.6, 0.5)),
    _Thing("ball", ("red", "white"), "striped", (0.2, 0.39), 0.15),
)
"""Back to front, by hand."""
_BALL = len(_THINGS) - 1
_LIGHT = (-0.22, -0.9, -0.05)
"""From the upper left and nearly above, so that no shadow lies where the ball goes."""
_TILES = (0.1, 0.27, 0.12, 0.5)
_ROLL = (0.28, -0.015)
"""The ball's way, scene units: to the right and a little back."""
_GRIPS = ((0.0, 0.0), (-0.45, -0.35), (0.45, 0.35), (-0.5, 0.4), (0.4, -0.4))
"""Handles on the ball, in radii from its middle."""
_STEPS = 5
"""Places along the way that the mask is made of."""
_MASK_SCALE = 4
_MASK_GROWTH_PX = 4.0
"""Of the coarse mask; the feather takes back about half."""
_FEATHER_PX = 2.0
_SEED = 11


@dataclass(frozen=True, slots=True)
class DemoScene:
    picture: Pixels
    truth: Pixels
    mask: Pixels
    """(height, width) with a soft edge"""
    drags: tuple[Drag, ...]
    prompt: str


def demo_scene(width: int = WIDTH_PX, height: int = HEIGHT_PX) -> DemoScene:
    """The same picture at any size; an aspect of about 3:2 shows all of it."""
    scene = _scene()
    way = moved(repeated(scene, _STEPS), _BALL, torch.linspace(0, 1, _STEPS)[:, None] * torch.tensor(_ROLL))
    picture, truth = as_pixels(render(way[:: _STEPS - 1], height, width))
    handles, targets = to_pixels(_grips(way[:: _STEPS - 1]), height, width).tolist()
    return DemoScene(
        picture=picture,
        truth=truth,
        mask=_mask(way, height, width),
        drags=tuple(Drag((hx, hy), (tx, ty)) for (hx, hy), (tx, ty) in zip(handles, targets, strict=True)),
        prompt=captions(scene)[0],
    )


def _grips(scene: Scene) -> Tensor:
    """(batch, 3, 2) scene units; a ball rests on the ground, so its middle is a radius above."""
    radius = scene.size[:, _BALL, None, None]
    return scene.xy[:, _BALL, None] + radius * (torch.tensor(_GRIPS) - torch.tensor([0.0, 1.0]))


def _scene() -> Scene:
    """The things put by hand in a drawn scene."""
    drawn = draw_scenes(1, torch.Generator().manual_seed(_SEED), aspect=WIDTH_PX / HEIGHT_PX)
    colours = torch.tensor([[list(COLOURS).index(name) for name in thing.colours] for thing in _THINGS])
    ground, sky = torch.tensor(GROUNDS["yellow"]), torch.tensor(SKIES[0])
    return replace(
        drawn,
        kind=torch.tensor([[KIND_NAMES.index(thing.kind) for thing in _THINGS]]),
        xy=torch.tensor([[thing.xy for thing in _THINGS]]),
        size=torch.tensor([[thing.size for thing in _THINGS]]),
        facing=torch.ones(1, len(_THINGS)),
        turn=torch.zeros(1, len(_THINGS)),
        pose=torch.tensor([[thing.pose for thing in _THINGS]]),
        style=torch.tensor([[thing.style for thing in _THINGS]]),
        texture=torch.tensor([[TEXTURES.index(thing.texture) for thing in _THINGS]]),
        colour=colours[None, :, 0],
        rgb=torch.tensor(list(COLOURS.values()))[colours][None],
        look=torch.tensor([LOOKS.index("shaded")]),
        light=torch.nn.functional.normalize(torch.tensor([_LIGHT]), dim=1),
        tint=torch.ones(1, 3),
        shadow=torch.tensor([0.4]),
        material=torch.tensor([MATERIALS.index("ground")]),
        ground_colour=torch.tensor([list(GROUNDS).index("yellow")]),
        ground=torch.stack([ground * 0.9, ground * 1.04 + 0.04, ground * 0.76])[None],
        sky=torch.stack([sky, sky * 0.55 + 0.44])[None],
        horizon=torch.tensor([0.02]),
        hills=torch.tensor([[0.025, 3.4, 0.6]]),
        tiles=torch.tensor([_TILES]),
    )


def _mask(way: Scene, height: int, width: int) -> Pixels:
    """All that the ball and its shadow sweep over, drawn coarsely, with a soft edge."""
    small = (height // _MASK_SCALE, width // _MASK_SCALE)
    is_ball = torch.arange(len(_THINGS)) == _BALL
    bare = replace(way, kind=torch.where(is_ball, EMPTY, way.kind))
    pictures = render(way, *small)
    touched = (pictures - render(bare[:1], *small)).abs().amax((0, 1)).numpy()
    before, after = as_pixels(pictures[:: _STEPS - 1])
    mask = change_mask(before, after, touched, reach_px=_MASK_GROWTH_PX)
    soft = Image.fromarray(mask).filter(ImageFilter.GaussianBlur(_FEATHER_PX))
    return np.asarray(soft.resize((width, height), Image.Resampling.BILINEAR))
