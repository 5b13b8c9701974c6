"""The drawn picture of `dragbrush demo`: a ball rolls away from a creature. Its true result is known."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from dragbrush.bench.cases import Pixels, as_pixels, change_mask
from dragbrush.bench.paint import render, to_pixels, visible_alpha
from dragbrush.bench.shapes import BODY, KINDS, PART, SECOND_PART, SHADOW, TEXTURES
from dragbrush.bench.world import COLOURS, GROUNDS, SKIES, Scene, captions, draw_scenes, moved
from dragbrush.edit import Drag

WIDTH_PX, HEIGHT_PX = 768, 512
_BALL = 2
"""Its slot; it is in front."""
_ROLL = (0.27, -0.03)
"""The ball's way, scene units: to the right and a little back."""
_GRIPS = ((0.0, 0.0), (-0.45, -0.35), (0.45, 0.35))
"""Handles on the ball, in radii from its middle."""
_ALONG = (0.0, 0.25, 0.5, 0.75, 1.0)
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
    way = [moved(scene, _BALL, torch.tensor(_ROLL) * f) for f in _ALONG]
    edited = way[-1]
    handles, targets = (to_pixels(_grips(s), height, width).tolist() for s in (scene, edited))
    return DemoScene(
        picture=_drawn(scene, height, width),
        truth=_drawn(edited, height, width),
        mask=_mask(way, height, width),
        drags=tuple(Drag((hx, hy), (tx, ty)) for (hx, hy), (tx, ty) in zip(handles, targets, strict=True)),
        prompt=captions(scene)[0],
    )


def _grips(scene: Scene) -> Tensor:
    """(3, 2) scene units; a ball rests on the ground, so its middle is a radius above."""
    radius = scene.size[0, _BALL]
    return scene.xy[0, _BALL] + radius * (torch.tensor(_GRIPS) - torch.tensor([0.0, 1.0]))


def _drawn(scene: Scene, height: int, width: int) -> Pixels:
    return as_pixels(render(scene, height, width))[0]


def _scene() -> Scene:
    """Three objects put by hand: a tree behind, the creature, the ball in front."""
    drawn = draw_scenes(1, torch.Generator().manual_seed(_SEED), aspect=WIDTH_PX / HEIGHT_PX)
    colours = torch.tensor([list(COLOURS).index(name) for name in ("green", "orange", "red")])
    seconds = torch.tensor([list(COLOURS).index(name) for name in ("yellow", "blue", "white")])
    palette = torch.tensor(list(COLOURS.values()))
    ground = torch.tensor([c * 0.96 for c in GROUNDS["green"]])
    sky = torch.tensor(SKIES[0])
    return replace(
        drawn,
        kind=torch.tensor([[KINDS.index(name) for name in ("tree", "creature", "ball")]]),
        xy=torch.tensor([[[-0.5, 0.15], [-0.16, 0.36], [0.2, 0.4]]]),
        size=torch.tensor([[0.25, 0.27, 0.15]]),
        facing=torch.ones(1, 3),
        pose=torch.tensor([[[0.06, -0.05, 0, 0], [-0.05, -0.45, 0.02, 0.3], [0, 0, 0, 0]]]),
        style=torch.tensor([[[0.8, 0.3, 0.5], [0.5, 0.6, 0.5], [0.5, 0.62, 0.5]]]),
        texture=torch.tensor([[TEXTURES.index(name) for name in ("plain", "striped", "striped")]]),
        colour=colours[None],
        rgb=torch.stack([palette[colours], palette[seconds]], 1)[None],
        ground_colour=torch.tensor([list(GROUNDS).index("green")]),
        ground=torch.stack([ground * 0.82, ground * 1.06 + 0.04])[None],
        sky=torch.stack([sky, sky * 0.55 + 0.44])[None],
        horizon=torch.tensor([0.02]),
        hills=torch.tensor([[0.025, 3.4, 0.6]]),
    )


def _mask(way: list[Scene], height: int, width: int) -> Pixels:
    """All that the ball and its shadow sweep over, drawn coarsely, with a soft edge."""
    small = (height // _MASK_SCALE, width // _MASK_SCALE)
    groups = (SHADOW, BODY, PART, SECOND_PART)
    swept = np.maximum.reduce([visible_alpha(scene, *small, _BALL, groups)[0].numpy() for scene in way])
    before, after = _drawn(way[0], *small), _drawn(way[-1], *small)
    mask = change_mask(before, after, swept, reach_px=_MASK_GROWTH_PX)
    soft = Image.fromarray(mask).filter(ImageFilter.GaussianBlur(_FEATHER_PX))
    return np.asarray(soft.resize((width, height), Image.Resampling.BILINEAR))
