"""Distances inside a picture that are long across edges: what belongs to a handle is near it.

A distance transform by sweeps (Toivanen 1996), used for selections by Criminisi et al. 2008 (GeoS). Along one
line of cells the shortest way is a running minimum, so each sweep is one array operation.
"""

import numpy as np

EDGE_COST = 30.0
"""Length that a change of one full colour step adds, in picture sides: an outline costs more than a way round."""
SHADING = 0.01
"""Change of colour between neighbouring cells that counts as shading or grain, not as an edge."""
ROUNDS = 6
"""Rounds of sweeps in all eight directions; each lets a shortest way turn twice more."""


def geodesic_distances(guide: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Distance of every cell to each seed set.

    `guide`: (h, w, 3) float colours in [0, 1]. `seeds`: (n, h, w) bool. Returns (n, h, w) float32 in units of
    the guide's longer side, edges crossed included; infinite where a seed set is empty.
    """
    height, width = guide.shape[:2]
    unit = 1 / max(height, width)
    across = np.cumsum(_costs(guide[:, 1:], guide[:, :-1], unit, before=(0, 1)), axis=1)
    down = np.cumsum(_costs(guide[1:], guide[:-1], unit, before=(1, 0)), axis=0)
    diagonal = _Shear(height, width)
    mirrored = guide[:, ::-1]
    falling = np.cumsum(diagonal.apply(_diagonal_costs(guide, unit), 0), axis=0)
    rising = np.cumsum(diagonal.apply(_diagonal_costs(mirrored, unit), 0), axis=0)

    far = 1e6
    distance = np.where(seeds, 0, far).astype(np.float32)
    for _ in range(ROUNDS):
        before = distance
        distance = _sweep(distance, across, axis=2)
        distance = _sweep(distance, down, axis=1)
        distance = diagonal.undo(_sweep(diagonal.apply(distance, far), falling, axis=1))
        flipped = diagonal.apply(distance[:, :, ::-1], far)
        distance = diagonal.undo(_sweep(flipped, rising, axis=1))[:, :, ::-1]
        if np.array_equal(before, distance):
            break
    return np.where(distance >= far / 2, np.inf, distance).astype(np.float32)


def _sweep(distance: np.ndarray, way: np.ndarray, *, axis: int) -> np.ndarray:
    """The shortest ways along one axis, both directions; `way` is the summed cost from the first cell."""
    forth = np.minimum.accumulate(distance - way, axis=axis) + way
    back = np.flip(np.minimum.accumulate(np.flip(distance + way, axis), axis=axis), axis) - way
    return np.minimum(np.minimum(forth, back), distance)


def _costs(a: np.ndarray, b: np.ndarray, length: float, *, before: tuple[int, int]) -> np.ndarray:
    change = np.maximum(np.linalg.norm(a - b, axis=-1) - SHADING, 0)
    cost = (length + EDGE_COST * change).astype(np.float32)
    return np.pad(cost, [(before[0], 0), (before[1], 0)])


def _diagonal_costs(guide: np.ndarray, unit: float) -> np.ndarray:
    return _costs(guide[1:, 1:], guide[:-1, :-1], unit * 2**0.5, before=(1, 1))


class _Shear:
    """Lays falling diagonals upright, so that a sweep down a column runs along a diagonal."""

    def __init__(self, height: int, width: int) -> None:
        rows = np.arange(height)[:, None]
        columns = np.arange(width)[None, :]
        self._rows, self._at = rows, columns - rows + height - 1
        self._width = width + height - 1

    def apply(self, values: np.ndarray, outside: float) -> np.ndarray:
        sheared = np.full((*values.shape[:-1], self._width), outside, values.dtype)
        sheared[..., self._rows, self._at] = values
        return sheared

    def undo(self, sheared: np.ndarray) -> np.ndarray:
        return sheared[..., self._rows, self._at]
