"""The drawn picture of `dragbrush demo`: a creature raises its arm. Its true result is known."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image, ImageFilter

from dragbrush.bench.cases import Pixels, as_pixels, change_mask
from dragbrush.bench.paint import render, to_pixels, visible_alpha
from dragbrush.bench.shapes import KINDS, PART, TEXTURES
from dragbrush.bench.world import COLOURS, GROUNDS, SKIES, Scene, anchors, captions, draw_scenes, part_moved
from dragbrush.edit import Drag

WIDTH_PX, HEIGHT_PX = 768, 512
_RAISE = (-0.06, -0.25)
"""The hand's way, scene units: up and a little inwards."""
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
    way = [part_moved(scene, 2, PART, torch.tensor(_RAISE) * f) for f in _ALONG]
    edited = way[-1]
    handles, targets = (to_pixels(anchors(s, 2, PART), height, width).tolist() for s in (scene, edited))
    return DemoScene(
        picture=_drawn(scene, height, width),
        truth=_drawn(edited, height, width),
        mask=_mask(way, height, width),
        drags=tuple(Drag((hx, hy), (tx, ty)) for (hx, hy), (tx, ty) in zip(handles, targets, strict=True)),
        prompt=captions(scene)[0],
    )


def _drawn(scene: Scene, height: int, width: int) -> Pixels:
    return as_pixels(render(scene, height, width))[0]


def _scene() -> Scene:
    """Three objects put by hand: a tree and a flower behind, the creature in front."""
    drawn = draw_scenes(1, torch.Generator().manual_seed(_SEED), aspect=WIDTH_PX / HEIGHT_PX)
    colours = torch.tensor([list(COLOURS).index(name) for name in ("green", "red", "orange")])
    seconds = torch.tensor([list(COLOURS).index(name) for name in ("yellow", "yellow", "blue")])
    palette = torch.tensor(list(COLOURS.values()))
    ground = torch.tensor([c * 0.96 for c in GROUNDS["green"]])
    sky = torch.tensor(SKIES[0])
    return replace(
        drawn,
        kind=torch.tensor([[KINDS.index(name) for name in ("tree", "flower", "creature")]]),
        xy=torch.tensor([[[-0.47, 0.17], [0.54, 0.24], [0.03, 0.4]]]),
        size=torch.tensor([[0.25, 0.18, 0.29]]),
        facing=torch.ones(1, 3),
        pose=torch.tensor([[[0.06, -0.05, 0, 0], [0.1, 0, 0, 0], [0.12, 0.1, 0.02, 0.34]]]),
        style=torch.tensor([[[0.8, 0.3, 0.5], [0.5, 0.6, 0.5], [0.5, 0.62, 0.5]]]),
        texture=torch.tensor([[TEXTURES.index(name) for name in ("plain", "plain", "striped")]]),
        colour=colours[None],
        rgb=torch.stack([palette[colours], palette[seconds]], 1)[None],
        ground_colour=torch.tensor([list(GROUNDS).index("green")]),
        ground=torch.stack([ground * 0.82, ground * 1.06 + 0.04])[None],
        sky=torch.stack([sky, sky * 0.55 + 0.44])[None],
        horizon=torch.tensor([0.02]),
        hills=torch.tensor([[0.025, 3.4, 0.6]]),
    )


def _mask(way: list[Scene], height: int, width: int) -> Pixels:
    """All that the arm sweeps over, drawn coarsely, with a soft edge."""
    small = (height // _MASK_SCALE, width // _MASK_SCALE)
    swept = np.maximum.reduce([visible_alpha(scene, *small, 2, (PART,))[0].numpy() for scene in way])
    before, after = _drawn(way[0], *small), _drawn(way[-1], *small)
    mask = change_mask(before, after, swept, reach_px=_MASK_GROWTH_PX)
    soft = Image.fromarray(mask).filter(ImageFilter.GaussianBlur(_FEATHER_PX))
    return np.asarray(soft.resize((width, height), Image.Resampling.BILINEAR))
