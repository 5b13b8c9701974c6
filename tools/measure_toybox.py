"""Measures an exported embedded model on scenes it was not trained on; the figures of its model card.

python tools/measure_toybox.py server/dragbrush/models/toybox --samples out/samples.png
"""

import argparse
import math
from collections.abc import Generator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from dragbrush.bench.paint import render
from dragbrush.bench.world import captions, draw_scenes
from dragbrush.edit import Step
from dragbrush.engine.components import Components, load_components
from dragbrush.engine.features import predict_noise
from dragbrush.engine.inversion import invert

HELD_OUT_SEED = 800_000_000
GUIDANCE = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument(
        "--samples", type=Path, help="write pictures drawn from noise, above the scenes of their captions"
    )
    args = parser.parse_args()
    components = load_components(args.model, device=torch.device("cpu"))
    scenes = draw_scenes(64, torch.Generator().manual_seed(HELD_OUT_SEED))
    pictures, texts = render(scenes, components.canvas_side, components.canvas_side), captions(scenes)
    latents = components.encode(pictures)[0]
    decoded = components.decode(latents)
    print(f"autoencoder, 64 scenes: {mean_psnr(decoded, pictures):.1f} dB; latent deviation {latents.std():.3f}")
    print("noise error by fifth of t:", " ".join(f"{e:.4f}" for e in noise_errors(components, latents, texts)))
    for strength in (0.5, 0.7, 1.0):
        trips = [round_trip(components, latents[i : i + 1], texts[i], strength) for i in range(8)]
        values = [psnr(components.decode(z), decoded[i : i + 1]) for i, (z, _) in enumerate(trips)]
        end = torch.cat([noisy for _, noisy in trips])
        print(
            f"inversion and back at strength {strength}: mean {sum(values) / 8:.1f} dB, worst {min(values):.1f} dB "
            f"against the autoencoder; inverted deviation {end.std():.3f}, kurtosis {kurtosis(end):.2f}"
        )
    if args.samples:
        grid = torch.cat([torch.cat(list(rows), 2) for rows in (pictures[:8], draw(components, texts[:8]))], 1)
        args.samples.parent.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray((grid * 255).round().to(torch.uint8).permute(1, 2, 0).numpy())
        image.resize((image.width * 3, image.height * 3), Image.Resampling.NEAREST).save(args.samples)
        print(f"wrote {args.samples}")


@torch.no_grad()
def noise_errors(components: Components, latents: Tensor, texts: list[str]) -> list[float]:
    """Mean squared error of the predicted noise over each fifth of the timesteps."""
    schedule, generator = components.schedule(50), torch.Generator().manual_seed(0)
    text = torch.cat([components.encode_prompt(t) for t in texts])
    errors = []
    for fifth in range(5):
        t = torch.randint(fifth * 200, fifth * 200 + 200, (len(latents),), generator=generator)
        a = torch.tensor([schedule.alpha(int(x)) for x in t]).reshape(-1, 1, 1, 1)
        noise = torch.randn(latents.shape, generator=generator)
        predicted = components.unet(a.sqrt() * latents + (1 - a).sqrt() * noise, t, text).sample
        errors.append(F.mse_loss(predicted, noise).item())
    return errors


@torch.no_grad()
def round_trip(components: Components, latent: Tensor, caption: str, strength: float) -> tuple[Tensor, Tensor]:
    """The latent inverted and denoised with nothing shared, and the inverted latent."""
    schedule, text = components.schedule(50), components.encode_prompt(caption)
    inversion = finished(invert(components.unet, schedule, latent, text, strength=strength, first_layer=10**6))
    z = inversion.latents[-1]
    for t in reversed(inversion.timesteps):
        z = schedule.move(z, predict_noise(components.unet, z, t, text), t, t - schedule.stride)
    return z, inversion.latents[-1]


@torch.no_grad()
def draw(components: Components, texts: list[str]) -> Tensor:
    """Pictures of captions from noise, with classifier-free guidance."""
    schedule = components.schedule(50)
    text = torch.cat([components.encode_prompt(t) for t in texts])
    nothing = components.encode_prompt("").expand_as(text)
    side = components.canvas_side // components.factor
    z = torch.randn(len(texts), 4, side, side, generator=torch.Generator().manual_seed(0))
    for t in reversed(schedule.timesteps):
        guided, free = (components.unet(z, t, x).sample for x in (text, nothing))
        z = schedule.move(z, free + GUIDANCE * (guided - free), t, t - schedule.stride)
    return components.decode(z)


def finished(steps: Generator[Step, None, Any]) -> Any:
    """The value of a generator of steps, run to its end."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def psnr(a: Tensor, b: Tensor) -> float:
    return -10 * math.log10(F.mse_loss(a, b).item())


def mean_psnr(a: Tensor, b: Tensor) -> float:
    return sum(psnr(x, y) for x, y in zip(a, b, strict=True)) / len(a)


def kurtosis(x: Tensor) -> float:
    centred = x - x.mean()
    return float(centred.pow(4).mean() / centred.square().mean() ** 2)


if __name__ == "__main__":
    main()
