"""Whether a block's features find a thing again where it has moved to, at a given noise level."""

import torch
import torch.nn.functional as F
from torch import Tensor

from dragbrush.bench.cases import Case
from dragbrush.engine.components import Components
from dragbrush.engine.features import features_of
from dragbrush.engine.supervision import sample
from gates.trips import as_canvas

BLOCK = 3
"""The block that DragDiffusion supervises."""
NOISES = 2
POINTS = 12
SOLID = 0.9
"""Coverage from which a pixel shows nothing but the thing."""


def point_errors(components: Components, case: Case, t: int) -> Tensor:
    """(n,) how far from the truth each point of the thing is found in the edited picture, shares of the width."""
    sources, truths = points_of(case)
    latents = torch.cat([components.encode(as_canvas(p))[0] for p in (case.source, case.truth)])
    schedule, condition = components.schedule(50), components.encode_prompt(case.caption)
    a = schedule.alpha(t)
    features: Tensor | None = None
    for seed in range(NOISES):
        # The same noise in both pictures: what differs is what they show.
        noise = torch.randn(latents[:1].shape, generator=torch.Generator().manual_seed(seed)).to(latents)
        with torch.no_grad():
            (seen,) = features_of(
                components.unet, a**0.5 * latents + (1 - a) ** 0.5 * noise, t, condition, blocks=(BLOCK,)
            )
        features = seen / NOISES if features is None else features + seen / NOISES
    assert features is not None
    found = nearest(features[:1], features[1:], sources, width=case.source.shape[1])
    return (found - truths.to(found)).norm(dim=1) / case.source.shape[1]


def nearest(first: Tensor, second: Tensor, points: Tensor, *, width: int) -> Tensor:
    """Where in the second map the features of the first are found again, by cosine, over all of it.

    `first`, `second` (1, c, h, w); `points` (n, 2) pixels (x, y) of a picture of `width`. Returns (n, 2) pixels.
    """
    cell = width / first.shape[-1]
    wanted = sample(first, ((points.to(first) + 0.5) / cell - 0.5).flip(1))
    likeness = F.normalize(wanted.T, dim=1) @ F.normalize(second[0].flatten(1), dim=0)
    best = likeness.argmax(1)
    cells = torch.stack([best % second.shape[-1], best // second.shape[-1]], 1)
    return (cells + 0.5) * cell - 0.5


def points_of(case: Case) -> tuple[Tensor, Tensor]:
    """Pixels (x, y), (n, 2), spread over what of the thing is seen before and after, and where they are after."""
    solid, solid_after = (_inner(torch.from_numpy(a) > SOLID) for a in (case.source_alpha, case.truth_alpha))
    rows, columns = solid.nonzero().unbind(1)
    points = torch.stack([columns, rows], 1).double()
    transform = torch.from_numpy(case.transform).double()
    after = points @ transform[:, :2].T + transform[:, 2]
    height, width = solid.shape
    column, row = after[:, 0].round().long(), after[:, 1].round().long()
    is_inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    is_seen = is_inside & solid_after[row.clamp(0, height - 1), column.clamp(0, width - 1)]
    chosen = is_seen.nonzero()[:, 0]
    chosen = chosen[torch.linspace(0, len(chosen) - 1, min(POINTS, len(chosen))).round().long()]
    return points[chosen], after[chosen]


def _inner(solid: Tensor) -> Tensor:
    """(h, w) bool without its outermost pixels, unless it is so thin that little would be left."""
    inner = F.max_pool2d((~solid).float()[None], 3, stride=1, padding=1)[0] == 0
    return inner if inner.sum() >= POINTS else solid
