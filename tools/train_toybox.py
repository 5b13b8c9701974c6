"""Trains the embedded model on scenes drawn as it goes; resumable, on a CPU or a GPU.

    python tools/train_toybox.py all runs/toybox --size full --minutes 24 --out server/dragbrush/models/toybox
    python tools/train_toybox.py vae    runs/toybox --size small --steps 2500
    python tools/train_toybox.py unet   runs/toybox --size small --steps 6000
    python tools/train_toybox.py export runs/toybox --size small --out server/dragbrush/models/toybox

The rate is a function of the step alone: warm-up, constant, and a linear fall over the last fifth. With `--minutes`
the first minute tells the pace, and the number of steps is chosen from it once. A run that was stopped goes on from
its checkpoint; with a smaller `--steps` it falls at once. Each phase keeps its losses in a table and a plot.
"""

import argparse
import csv
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from diffusers import StableDiffusionPipeline
from torch import Tensor

from dragbrush.bench.paint import render
from dragbrush.bench.words import captions, vocabulary
from dragbrush.bench.world import draw_scenes
from toybox_parts import (
    SIZES,
    Size,
    make_scheduler,
    make_text_encoder,
    make_tokenizer,
    make_unet,
    make_vae,
)

RATE = {"vae": 2e-3, "unet": 6e-4}
WARM_UP = 200
DECAY = 0.2
"""Share of the steps over which the rate falls to nothing."""
EMA = 0.999
CAPTION_DROP = 0.12
MIN_SNR = 5.0
"""Hang et al. 2023: the loss of easy (little noised) steps is capped at this signal-to-noise ratio."""
KL_WEIGHT = 1e-6
VAE_REUSE = 4
"""Steps that crop from the same scenes."""
REUSE = 4
"""Times that a scene is seen by the denoiser, about, before the pool lets go of it."""
RESUMED_DRAWS = 8
"""Draws made up for when a run goes on, so that it does not begin with one draw's scenes alone."""
VAE_SHARE = 0.25
"""Of the minutes of a whole training."""
LOG_EVERY, SAVE_EVERY = 50, 250
PROBE_S = 60.0
TRAINING_SEED = 1
"""Drawn scenes are seeded by this and the step; the benchmark's seeds begin far above."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Pictures at a time, for a kind of device."""

    batch: int
    drawn: int
    """Scenes drawn at once for the denoiser's pool."""
    pool: int


PACES = {"cpu": Pace(batch=32, drawn=512, pool=24_576), "cuda": Pace(batch=256, drawn=8_192, pool=262_144)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phase", choices=("vae", "unet", "export", "all"))
    parser.add_argument("run", type=Path, help="folder of checkpoints, losses and plots")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--out", type=Path, help="folder to export to")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, help="of each phase, those of an earlier run included")
    length.add_argument("--minutes", type=float, help="of the phase, or of both with 'all'")
    args = parser.parse_args()
    if args.phase in ("export", "all") and args.out is None:
        parser.error("say where to with --out")
    if args.phase != "export" and args.steps is None and args.minutes is None:
        parser.error("say how long with --steps or --minutes")
    args.run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(TRAINING_SEED)
    size, device = SIZES[args.size], torch.device("cuda" if torch.cuda.is_available() else "cpu")
    shares = {"vae": VAE_SHARE, "unet": 1 - VAE_SHARE} if args.phase == "all" else {args.phase: 1.0}
    for phase, train in (("vae", train_vae), ("unet", train_unet)):
        if phase in shares:
            minutes = None if args.minutes is None else args.minutes * shares[phase]
            train(args.run, size, device, args.steps, minutes)
    if args.out is not None:
        export(args.run, size, args.out)


def train_vae(run: Path, size: Size, device: torch.device, steps: int | None, minutes: float | None) -> None:
    """L1 and squared error of decoded quarters of scenes, with a little KL. Details, not scenes, are what it learns."""
    vae = make_vae(size).to(device, memory_format=torch.channels_last)
    batch, crop = PACES[device.type].batch, size.side_px // 2
    pictures = torch.empty(0)

    def loss_of(step: int) -> Tensor:
        nonlocal pictures
        if step % VAE_REUSE == 0 or not len(pictures):
            pictures = drawn(step, batch, size, device)[0]
        top, left = torch.randint(crop + 1, (2,), generator=torch.Generator().manual_seed(step)).tolist()
        crops = pictures[:, :, top : top + crop, left : left + crop].contiguous(memory_format=torch.channels_last)
        posterior = vae.encode(crops).latent_dist
        decoded = vae.decode(posterior.sample()).sample
        return F.l1_loss(decoded, crops) + F.mse_loss(decoded, crops) + KL_WEIGHT * posterior.kl().mean()

    _train("vae", {"vae": vae}, loss_of, run, batch, steps, minutes)


def train_unet(run: Path, size: Size, device: torch.device, steps: int | None, minutes: float | None) -> None:
    """Noise prediction of the latents of captioned scenes; the text encoder learns along."""
    vae, scale = trained_vae(run, size, device)
    tokenizer = make_tokenizer(vocabulary())
    unet, text_encoder = make_unet(size).to(device), make_text_encoder(tokenizer, size).to(device)
    alphas = make_scheduler().alphas_cumprod.to(device)
    pace = PACES[device.type]
    refresh = pace.drawn * REUSE // pace.batch
    latents = torch.empty(0, 4, size.latent_side, size.latent_side, dtype=torch.bfloat16, device=device)
    tokens = torch.empty(0, tokenizer.model_max_length, dtype=torch.long, device=device)

    def tokenised(texts: list[str]) -> Tensor:
        return tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt").input_ids.to(device)

    def draw_into_pool(step: int) -> None:
        nonlocal latents, tokens
        pictures, texts = drawn(step, pace.drawn, size, device)
        with torch.no_grad():
            fresh = torch.cat([vae.encode(p).latent_dist.sample() * scale for p in pictures.split(64)])
        latents = torch.cat([latents, fresh.to(latents.dtype)])[-pace.pool :]
        tokens = torch.cat([tokens, tokenised(texts)])[-pace.pool :]

    nothing = tokenised([""])

    def loss_of(step: int) -> Tensor:
        if not len(latents):  # begun anew or resumed: what the last steps would have drawn
            for earlier in range(max(0, step // refresh - RESUMED_DRAWS), step // refresh):
                draw_into_pool(earlier * refresh)
        if step % refresh == 0 or not len(latents):
            draw_into_pool(step)
        generator = torch.Generator().manual_seed(step)
        picked = torch.randint(len(latents), (pace.batch,), generator=generator).to(device)
        is_dropped = (torch.rand(pace.batch, 1, generator=generator) < CAPTION_DROP).to(device)
        t = torch.randint(1000, (pace.batch,), generator=generator).to(device)
        clean = latents[picked].float()
        noise = torch.randn(clean.shape, generator=generator).to(device)
        a = alphas[t].reshape(-1, 1, 1, 1)
        with torch.autocast(device.type, torch.bfloat16):
            text = text_encoder(torch.where(is_dropped, nothing, tokens[picked]))[0]
            predicted = unet(a.sqrt() * clean + (1 - a).sqrt() * noise, t, text).sample.float()
        snr = alphas[t] / (1 - alphas[t])
        error = (predicted - noise).square().mean((1, 2, 3))
        # The weight's mean is brought back to about 1, so that the rate means the same as without it.
        return (error * snr.clamp(max=MIN_SNR) / snr * 1.5).mean()

    _train("unet", {"unet": unet, "text_encoder": text_encoder}, loss_of, run, pace.batch, steps, minutes)


def _train(
    phase: str,
    parts: dict[str, torch.nn.Module],
    loss_of: Callable[[int], Tensor],
    run: Path,
    batch: int,
    steps: int | None,
    minutes: float | None,
) -> None:
    """Steps the parts' weights and keeps their exponential mean, saving both often."""
    weights = [p for part in parts.values() for p in part.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=RATE[phase], weight_decay=1e-4, betas=(0.9, 0.99))
    mean = [p.detach().clone() for p in weights]
    file, step = run / f"{phase}.pt", 0
    if file.exists():
        kept = torch.load(file, weights_only=True, map_location=weights[0].device)
        step, mean = kept["step"], kept["mean"]
        optimiser.load_state_dict(kept["optimiser"])
        with torch.no_grad():
            for p, value in zip(weights, kept["weights"], strict=True):
                p.copy_(value)
    begun, started, total, since = step, time.monotonic(), 0.0, time.monotonic()
    while steps is None or step < steps:
        left = 1.0 if steps is None else (steps - step) / max(DECAY * steps, 1)
        optimiser.param_groups[0]["lr"] = RATE[phase] * min(1.0, (step + 1) / WARM_UP, left)
        loss = loss_of(step)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        keep = min(EMA, (step + 1) / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(mean, [p.detach() for p in weights], 1 - keep)
        total += loss.item()
        step += 1
        gone = time.monotonic() - started
        if steps is None and minutes is not None and gone > min(PROBE_S, 6 * minutes):
            steps = step + max(0, int((step - begun) / gone * (minutes * 60 - gone)))
            print(f"{phase} {(step - begun) * batch / gone:.1f} pictures/s: {steps} steps", flush=True)
        if step % LOG_EVERY == 0 or step == steps:
            count = (step - 1) % LOG_EVERY + 1
            speed = count * batch / (time.monotonic() - since)
            with (run / f"{phase}.csv").open("a", newline="") as log:
                csv.writer(log).writerow([step, f"{total / count:.5f}", f"{speed:.1f}"])
            print(f"{phase} step {step}/{steps} loss {total / count:.4f} {speed:.1f} pictures/s", flush=True)
            total, since = 0.0, time.monotonic()
        if step % SAVE_EVERY == 0 or step == steps:
            state = {
                "step": step,
                "weights": [p.detach() for p in weights],
                "mean": mean,
                "optimiser": optimiser.state_dict(),
            }
            torch.save(state, file.with_suffix(".part"))
            os.replace(file.with_suffix(".part"), file)
            plot_losses(run, phase, batch)


def plot_losses(run: Path, phase: str, batch: int) -> None:
    """The logged losses against the pictures seen, as a picture beside the table."""
    with (run / f"{phase}.csv").open(newline="") as log:
        rows = [(int(step) * batch, float(loss)) for step, loss, _ in csv.reader(log)]
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(*zip(*rows, strict=True), linewidth=1)
    axes.set(xlabel="pictures seen", ylabel="loss", yscale="log", title=phase)
    figure.savefig(run / f"{phase}.png", dpi=100)
    plt.close(figure)


def drawn(step: int, count: int, size: Size, device: torch.device) -> tuple[Tensor, list[str]]:
    """`count` scenes of their own for this step: pictures in [-1, 1] and captions."""
    scenes = draw_scenes(count, torch.Generator().manual_seed(TRAINING_SEED * 1_000_000 + step))
    chunks = [scenes[start : start + 1024].to(device) for start in range(0, count, 1024)]
    return torch.cat([render(chunk, size.side_px, size.side_px) for chunk in chunks]) * 2 - 1, captions(scenes)


def load_mean(run: Path, phase: str, parts: list[torch.nn.Module]) -> int:
    """Puts the mean weights of a phase into its parts; the step they are from."""
    kept = torch.load(run / f"{phase}.pt", weights_only=True, map_location="cpu")
    with torch.no_grad():
        for p, value in zip([p for part in parts for p in part.parameters()], kept["mean"], strict=True):
            p.copy_(value)
    return kept["step"]


def trained_vae(run: Path, size: Size, device: torch.device) -> tuple[torch.nn.Module, float]:
    """The trained autoencoder and the factor that brings its latents to deviation 1."""
    vae = make_vae(size)
    load_mean(run, "vae", [vae])
    vae.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)
    with torch.no_grad():
        latents = vae.encode(drawn(0, 256, size, device)[0]).latent_dist.mean
    return vae, round(1 / float(latents.std()), 5)


def export(run: Path, size: Size, out: Path) -> None:
    """Writes the mean weights as a diffusers folder in half precision."""
    vae, scale = trained_vae(run, size, torch.device("cpu"))
    vae.register_to_config(scaling_factor=scale)
    tokenizer = make_tokenizer(vocabulary())
    unet, text_encoder = make_unet(size), make_text_encoder(tokenizer, size)
    step = load_mean(run, "unet", [unet, text_encoder])
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=make_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.to(torch.float16).save_pretrained(out, safe_serialization=True, max_shard_size="14MB")
    print(f"exported step {step} to {out}, latent scale {scale}")


if __name__ == "__main__":
    main()
