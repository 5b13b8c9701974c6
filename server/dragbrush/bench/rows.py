"""What the benchmark compares: each row is one way to do a case, given its inputs and never its truth.

But for the baselines that say so: they bound what can be reached.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dragbrush.bench.baselines import colour_statistics, cut_and_paste, do_nothing, plain_pixels
from dragbrush.bench.case import Case, Pixels
from dragbrush.bench.cases import DRAG_SUITES, MOVE_SUITES, SUITES
from dragbrush.edit import CancelToken, EditResult, Transform
from dragbrush.editor import Editor
from dragbrush.engine.components import Components
from dragbrush.placing import middle_of

_NO_DRAG_SETTINGS = {"n_pix_step": 0, "warm_start": False, "lora_step": 0, "carry_detail": False}


@dataclass(frozen=True, slots=True)
class Row:
    """One way to do the cases of some suites."""

    title: str
    suites: tuple[str, ...]
    do: Callable[[Editor, Case, int, CancelToken | None], tuple[Pixels, int]]
    """The result, and how many samples went through the denoiser."""
    is_seeded: bool = False
    """Whether the result depends on a seed."""
    is_slow: bool = False


def _simple(baseline: Callable[[Case], Pixels]) -> Callable[..., tuple[Pixels, int]]:
    return lambda editor, case, seed, cancel: (baseline(case), 0)


def _ceiling(editor: Editor, case: Case, seed: int, cancel: CancelToken | None) -> tuple[Pixels, int]:
    return round_trip(editor.components, case.truth), 0


def _dragged(speed: str, **options: Any) -> Callable[..., tuple[Pixels, int]]:  # the options of Editor.drag
    def do(editor: Editor, case: Case, seed: int, cancel: CancelToken | None) -> tuple[Pixels, int]:
        edit = editor.drag(
            case.source,
            case.drags,
            mask=case.mask,
            speed=speed,
            prompt=case.caption,
            seed=seed,
            cancel=cancel,
            **options,
        )
        return _counted(edit)

    return do


def _tool(speed: str) -> Callable[..., tuple[Pixels, int]]:
    """The tool that the suite is of."""

    def do(editor: Editor, case: Case, seed: int, cancel: CancelToken | None) -> tuple[Pixels, int]:
        mask, transform = as_mask(case.source_alpha), transform_of(case)
        if case.reference is None:
            edit = editor.move(case.source, mask, transform, speed=speed, prompt=case.caption, seed=seed, cancel=cancel)
            return _counted(edit)
        look = as_mask(case.reference.alpha)
        if case.suite == "paste":
            edit = editor.paste(
                case.source,
                case.reference.picture,
                middle_of(look),
                object_mask=look,
                transform=transform,
                speed=speed,
                prompt=case.caption,
                seed=seed,
                cancel=cancel,
            )
            return _counted(edit)
        edit = editor.appearance(
            case.source,
            mask,
            case.reference.picture,
            look,
            speed=speed,
            prompt=case.caption,
            seed=seed,
            cancel=cancel,
        )
        return _counted(edit)

    return do


def _by_suite(
    speed: str, drag: Callable[..., tuple[Pixels, int]], suites: tuple[str, ...] = DRAG_SUITES
) -> Callable[..., tuple[Pixels, int]]:
    """A drag where the case is one, the suite's tool elsewhere."""
    return lambda editor, case, seed, cancel: (drag if case.suite in suites else _tool(speed))(
        editor, case, seed, cancel
    )


def _counted(edit: EditResult) -> tuple[Pixels, int]:
    return edit.picture, sum(edit.report["unet_evaluations"].values())


def as_mask(alpha: NDArray[np.float32]) -> Pixels:
    """The selection (h, w) of what an object covers (h, w) in [0, 1]."""
    return np.rint(alpha * 255).astype(np.uint8)


def transform_of(case: Case) -> Transform:
    """What the case does to its object, or to the reference's, about the middle of its mask."""
    alpha = case.source_alpha if case.reference is None else case.reference.alpha
    if case.suite == "appearance":
        return Transform()
    middle = np.array(middle_of(as_mask(alpha)))
    linear = case.transform[:, :2]
    dx, dy = (linear @ middle + case.transform[:, 2] - middle).tolist()
    return Transform(
        dx=dx,
        dy=dy,
        scale=math.sqrt(np.linalg.det(linear)),
        degrees=math.degrees(math.atan2(linear[1, 0], linear[0, 0])),
    )


def round_trip(components: Components, picture: Pixels) -> Pixels:
    """The picture (h, w, 3) encoded and decoded: what no edit in the latent can surpass."""
    canvas = torch.from_numpy(picture.transpose(2, 0, 1).astype(np.float32) / 255)[None].to(components.device)
    decoded = components.decode(components.encode(canvas)[0])[0].permute(1, 2, 0).float().cpu().numpy()
    return np.rint(decoded * 255).astype(np.uint8)


_POINTS = (*DRAG_SUITES, *MOVE_SUITES)
_PAIRS = ("paste", "appearance")
_DRAGON = "dragondiffusion"
ALL_ROWS: Mapping[str, Row] = {
    "do-nothing": Row("do nothing", SUITES, _simple(do_nothing)),
    "cut-and-paste": Row("cut-and-paste with fill (exact mask and motion)", _POINTS, _simple(cut_and_paste)),
    "plain-pixels": Row("plain pixels", ("paste",), _simple(plain_pixels)),
    "colour-statistics": Row("plain colour statistics", ("appearance",), _simple(colour_statistics)),
    "no-drag": Row("invert and denoise, no drag", _POINTS, _dragged("quality", settings=_NO_DRAG_SETTINGS)),
    "instant": Row("instant", (*_POINTS, *_PAIRS), _by_suite("instant", _dragged("instant"), _POINTS)),
    "quality": Row("quality", (*_POINTS, *_PAIRS), _by_suite("quality", _dragged("quality"), _POINTS), is_seeded=True),
    "reference": Row(
        "reference (DragDiffusion as released)", _POINTS, _dragged("reference"), is_seeded=True, is_slow=True
    ),
    "paper": Row("paper (DragDiffusion as published)", _POINTS, _dragged("paper"), is_seeded=True, is_slow=True),
    "move-instant": Row("Move, instant", MOVE_SUITES, _tool("instant")),
    "move-quality": Row("Move, quality", MOVE_SUITES, _tool("quality"), is_seeded=True),
    "dragon-quality": Row(
        "quality by DragonDiffusion's energies", DRAG_SUITES, _dragged("quality", method=_DRAGON), is_seeded=True
    ),
    "reference-dragon": Row(
        "reference-dragon (DragonDiffusion as released)",
        SUITES,
        _by_suite("reference-dragon", _dragged("reference-dragon", method=_DRAGON)),
        is_seeded=True,
        is_slow=True,
    ),
    "reference-diffeditor": Row(
        "reference-diffeditor (DiffEditor without image prompt)",
        SUITES,
        _by_suite("reference-diffeditor", _dragged("reference-diffeditor", method=_DRAGON)),
        is_seeded=True,
        is_slow=True,
    ),
    "ceiling": Row("VAE round trip of the truth", SUITES, _ceiling),
}
"""By the name that a command line takes, in the order of the tables."""
