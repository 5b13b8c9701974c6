"""A small network that names the kind of thing in a picture, trained on drawn scenes of one thing.

It judges pictures that a model draws from noise, so it has seen renders only and never that model's pictures.
"""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from dragbrush.bench.kinds import KIND_NAMES
from dragbrush.bench.paint import render
from dragbrush.bench.world import EMPTY, Scene, draw_scenes

TRAINING_SEED = 700_000_000
"""Scenes of the classifier's training are seeded from here on; held-out scenes from 800_000_000."""
BATCH, RATE = 64, 3e-3
FRESH = 2048
"""Scenes drawn at once; drawing costs more than learning, so each picture is seen a few times."""
ROUNDS, PASSES = 5, 4
Drawer = Callable[[int, int], tuple[Tensor, Tensor]]
"""(seed, count) -> pictures (n, 3, side, side) in [0, 1] and the numbers of their kinds (n,)."""


def single_scenes(count: int, seed: int) -> Scene:
    """`count` scenes of one thing."""
    scenes = draw_scenes(4 * count + 16, torch.Generator().manual_seed(seed))
    is_single = (scenes.kind != EMPTY).sum(1) == 1
    return scenes[is_single.nonzero()[:count, 0]]


def kind_of(scenes: Scene) -> Tensor:
    """(n,) the number in KINDS of the one thing of each scene."""
    return scenes.kind.max(1).values


def draw_singles(side: int, device: torch.device) -> Drawer:
    """Draws scenes of one thing, in pieces that fit into memory."""

    def draw(seed: int, count: int) -> tuple[Tensor, Tensor]:
        scenes = single_scenes(count, seed)
        pieces = [scenes[start : start + 256].to(device) for start in range(0, count, 256)]
        return torch.cat([render(piece, side, side) for piece in pieces]), kind_of(scenes).to(device)

    return draw


class Classifier(nn.Module):
    """Pictures (n, 3, side, side) in [0, 1] to scores (n, kinds)."""

    def __init__(self, side: int, kinds: int, widths: tuple[int, ...] = (24, 48, 96)) -> None:
        super().__init__()
        while side // 2 ** len(widths) > 8:
            widths = (widths[0], *widths)
        layers: list[nn.Module] = []
        before = 3
        for width in widths:
            layers += [nn.Conv2d(before, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            layers += [nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            before = width
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(2 * before, kinds)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.body(pictures * 2 - 1)
        # The largest finds the thing wherever it is; the mean tells it from the ground.
        return self.head(torch.cat([x.amax((2, 3)), x.mean((2, 3))], 1))


def train_classifier(
    draw: Drawer,
    classifier: Classifier,
    *,
    rounds: int = ROUNDS,
    fresh: int = FRESH,
    passes: int = PASSES,
    say: Callable[[str], None] = print,
) -> Classifier:
    """Trains in place: `rounds` times, `fresh` new pictures join those drawn before and `passes` * `fresh` are seen."""
    optimiser = torch.optim.AdamW(classifier.parameters(), lr=RATE, weight_decay=0.02)
    per_round = max(1, passes * fresh // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=rounds * per_round, pct_start=0.15)
    generator = torch.Generator().manual_seed(TRAINING_SEED)
    pictures, kinds = draw(TRAINING_SEED, fresh)
    classifier.train()
    began = time.monotonic()
    for number in range(rounds):
        if number:
            more_pictures, more_kinds = draw(TRAINING_SEED + number, fresh)
            pictures, kinds = torch.cat([pictures, more_pictures]), torch.cat([kinds, more_kinds])
        total = 0.0
        for _ in range(per_round):
            picked = torch.randint(len(pictures), (min(BATCH, len(pictures)),), generator=generator)
            batch = _varied(pictures[picked.to(pictures.device)], generator)
            loss = F.cross_entropy(classifier(batch), kinds[picked.to(kinds.device)])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        say(f"classifier round {number + 1}/{rounds}: loss {total / per_round:.3f}, {time.monotonic() - began:.0f} s")
    return classifier.eval()


@torch.no_grad()
def named(classifier: Classifier, pictures: Tensor) -> Tensor:
    """(n,) the numbers of the kinds that the classifier sees."""
    return torch.cat([classifier(piece).argmax(1) for piece in pictures.split(128)])


def accuracy(classifier: Classifier, pictures: Tensor, kinds: Tensor) -> float:
    return float((named(classifier, pictures) == kinds.to(pictures.device)).float().mean())


def kept_or_trained(file: Path, side: int, device: torch.device, say: Callable[[str], None] = print) -> Classifier:
    """The classifier of this world and side from the file, or a trained one, which is then written there."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(TRAINING_SEED)
        classifier = Classifier(side, len(KIND_NAMES)).to(device)
    world = world_digest(side)
    if file.exists():
        with safe_open(file, "pt") as kept:
            if (kept.metadata() or {}).get("world") == world:
                classifier.load_state_dict({name: kept.get_tensor(name) for name in kept.keys()})  # noqa: SIM118
                return classifier.eval()
        say(f"{file} was trained on another world; training anew")
    train_classifier(draw_singles(side, device), classifier, say=say)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in classifier.state_dict().items()}, file, {"world": world})
    return classifier


def world_digest(side: int) -> str:
    """Changes when the scenes of a seed are drawn otherwise than before, or the kinds change."""
    pictures, kinds = draw_singles(32, torch.device("cpu"))(TRAINING_SEED, 16)
    # In coarse steps: the last digits are not the same on every processor.
    seen = (pictures * 8).round().to(torch.uint8).numpy().tobytes()
    return hashlib.sha256(repr((side, KIND_NAMES, kinds.tolist())).encode() + seen).hexdigest()[:16]


def _varied(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Half of the pictures mirrored; some a little soft or grainy, as a decoder's are."""
    count = len(pictures)
    chance = torch.rand(3, count, 1, 1, 1, generator=generator).to(pictures.device)
    pictures = torch.where(chance[0] < 0.5, pictures.flip(3), pictures)
    soft = F.avg_pool2d(pictures, 3, stride=1, padding=1, count_include_pad=False)
    pictures = torch.where(chance[1] < 0.3, torch.lerp(pictures, soft, 0.7), pictures)
    grain = torch.randn(pictures.shape, generator=generator).to(pictures.device)
    return pictures + 0.04 * chance[2] * grain
