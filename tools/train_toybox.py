"""Trains the embedded model on scenes drawn as it goes; resumable, on a CPU or a GPU.

    python tools/train_toybox.py vae  runs/toybox --steps 2500
    python tools/train_toybox.py unet runs/toybox --steps 6000 --decay 1500
    python tools/train_toybox.py export runs/toybox server/dragbrush/models/toybox

The rate is a function of the step alone: warm-up, constant, and a linear fall over the last `--decay` steps. A
run that was stopped goes on from its checkpoint; with a smaller `--steps` it falls at once.
"""

import argparse
import csv
import os
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import StableDiffusionPipeline
from torch import Tensor

from dragbrush.bench.paint import render
from dragbrush.bench.world import captions, draw_scenes, vocabulary
from toybox_parts import (
    LATENT_SIDE,
    SIDE_PX,
    make_scheduler,
    make_text_encoder,
    make_tokenizer,
    make_unet,
    make_vae,
)

BATCH = {"vae": 32, "unet": 32}
RATE = {"vae": 2e-3, "unet": 6e-4}
WARM_UP = 200
EMA = 0.999
CAPTION_DROP = 0.12
MIN_SNR = 5.0
"""Hang et al. 2023: the loss of easy (little noised) steps is capped at this signal-to-noise ratio."""
KL_WEIGHT = 1e-6
CROP_PX = 32
"""What the autoencoder trains on: details, not scenes; four times as many for the same work."""
FRESH = 512
"""Scenes drawn at once; each is seen about `REUSE` times before the pool lets go of it."""
REUSE = 4
POOL = 24_576
RESUMED_DRAWS = 8
"""Draws made up for when a run goes on, so that it does not begin with one draw's scenes alone."""
SAVE_EVERY = 250
TRAINING_SEED = 1
"""Drawn scenes are seeded by this and the step; the benchmark's seeds begin far above."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phase", choices=("vae", "unet", "export"))
    parser.add_argument("run", type=Path, help="folder of checkpoints and logs")
    parser.add_argument("out", type=Path, nargs="?", help="folder to export to")
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--decay", type=int, default=500)
    args = parser.parse_args()
    args.run.mkdir(parents=True, exist_ok=True)
    if args.phase == "export":
        export(args.run, args.out)
    else:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        {"vae": train_vae, "unet": train_unet}[args.phase](args.run, args.steps, args.decay, device)


def train_vae(run: Path, steps: int, decay: int, device: torch.device) -> None:
    """L1 and squared error of decoded corners of scenes, with a little KL."""
    vae = make_vae().to(device, memory_format=torch.channels_last)

    def loss_of(step: int) -> Tensor:
        pictures = drawn(step, BATCH["vae"], device)[0]
        top, left = torch.randint(SIDE_PX - CROP_PX + 1, (2,), generator=torch.Generator().manual_seed(step)).tolist()
        pictures = pictures[:, :, top : top + CROP_PX, left : left + CROP_PX]
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        posterior = vae.encode(pictures).latent_dist
        decoded = vae.decode(posterior.sample()).sample
        return F.l1_loss(decoded, pictures) + F.mse_loss(decoded, pictures) + KL_WEIGHT * posterior.kl().mean()

    _train("vae", {"vae": vae}, loss_of, run, steps, decay)


def train_unet(run: Path, steps: int, decay: int, device: torch.device) -> None:
    """Noise prediction of the latents of captioned scenes; the text encoder learns along."""
    vae, scale = trained_vae(run, device)
    tokenizer = make_tokenizer(vocabulary())
    unet, text_encoder = make_unet().to(device), make_text_encoder(tokenizer).to(device)
    alphas = make_scheduler().alphas_cumprod.to(device)
    pool: list[tuple[Tensor, str]] = []

    refresh = FRESH * REUSE // BATCH["unet"]

    def draw_into_pool(step: int) -> None:
        pictures, texts = drawn(step, FRESH, device)
        with torch.no_grad():
            latents = torch.cat([vae.encode(p).latent_dist.sample() * scale for p in pictures.split(64)])
        pool.extend(zip(latents.cpu(), texts, strict=True))
        del pool[:-POOL]

    def loss_of(step: int) -> Tensor:
        if not pool:  # begun anew or resumed: what the last steps would have drawn
            for earlier in range(max(0, step // refresh - RESUMED_DRAWS), step // refresh):
                draw_into_pool(earlier * refresh)
        if step % refresh == 0 or not pool:
            draw_into_pool(step)
        generator = torch.Generator().manual_seed(step)
        picked = torch.randint(len(pool), (BATCH["unet"],), generator=generator).tolist()
        dropped = torch.rand(BATCH["unet"], generator=generator) < CAPTION_DROP
        latents = torch.stack([pool[i][0] for i in picked]).to(device)
        texts = ["" if drop else pool[i][1] for i, drop in zip(picked, dropped.tolist(), strict=True)]
        tokens = tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt").input_ids
        t = torch.randint(1000, (BATCH["unet"],), generator=generator).to(device)
        noise = torch.randn(latents.shape, generator=generator).to(device)
        a = alphas[t].reshape(-1, 1, 1, 1)
        with torch.autocast(device.type, torch.bfloat16):
            text = text_encoder(tokens.to(device))[0]
            predicted = unet(a.sqrt() * latents + (1 - a).sqrt() * noise, t, text).sample.float()
        snr = alphas[t] / (1 - alphas[t])
        error = (predicted - noise).square().mean((1, 2, 3))
        # The weight's mean is brought back to about 1, so that the rate means the same as without it.
        return (error * snr.clamp(max=MIN_SNR) / snr * 1.5).mean()

    _train("unet", {"unet": unet, "text_encoder": text_encoder}, loss_of, run, steps, decay)


def _train(phase: str, parts: dict[str, torch.nn.Module], loss_of, run: Path, steps: int, decay: int) -> None:
    """Steps the parts' weights and keeps their exponential mean, saving both often."""
    weights = [p for part in parts.values() for p in part.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=RATE[phase], weight_decay=1e-4, betas=(0.9, 0.99))
    mean = [p.detach().clone() for p in weights]
    file, begun = run / f"{phase}.pt", 0
    if file.exists():
        kept = torch.load(file, weights_only=True)
        begun, mean = kept["step"], kept["mean"]
        optimiser.load_state_dict(kept["optimiser"])
        with torch.no_grad():
            for p, value in zip(weights, kept["weights"], strict=True):
                p.copy_(value)
    log, total, since = (run / f"{phase}.csv").open("a", newline=""), 0.0, time.monotonic()
    for step in range(begun, steps):
        share = min(1.0, (step + 1) / WARM_UP, (steps - step) / max(decay, 1))
        optimiser.param_groups[0]["lr"] = RATE[phase] * share
        loss = loss_of(step)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        keep = min(EMA, (step + 1) / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(mean, [p.detach() for p in weights], 1 - keep)
        total += loss.item()
        if (step + 1) % 50 == 0 or step + 1 == steps:
            speed = 50 * BATCH[phase] / (time.monotonic() - since)
            csv.writer(log).writerow([step + 1, f"{total / 50:.5f}", f"{speed:.1f}"])
            log.flush()
            print(f"{phase} step {step + 1}/{steps} loss {total / 50:.4f} {speed:.1f} pictures/s", flush=True)
            total, since = 0.0, time.monotonic()
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == steps:
            state = {
                "step": step + 1,
                "weights": [p.detach() for p in weights],
                "mean": mean,
                "optimiser": optimiser.state_dict(),
            }
            torch.save(state, file.with_suffix(".part"))
            os.replace(file.with_suffix(".part"), file)


def drawn(step: int, count: int, device: torch.device) -> tuple[Tensor, list[str]]:
    """`count` scenes of their own for this step: pictures in [-1, 1] and captions."""
    scenes = draw_scenes(count, torch.Generator().manual_seed(TRAINING_SEED * 1_000_000 + step))
    return render(scenes, SIDE_PX, SIDE_PX).to(device) * 2 - 1, captions(scenes)


def load_mean(run: Path, phase: str, parts: list[torch.nn.Module]) -> int:
    """Puts the mean weights of a phase into its parts; the step they are from."""
    kept = torch.load(run / f"{phase}.pt", weights_only=True)
    with torch.no_grad():
        for p, value in zip([p for part in parts for p in part.parameters()], kept["mean"], strict=True):
            p.copy_(value)
    return kept["step"]


def trained_vae(run: Path, device: torch.device) -> tuple[torch.nn.Module, float]:
    """The trained autoencoder and the factor that brings its latents to deviation 1."""
    vae = make_vae()
    load_mean(run, "vae", [vae])
    vae.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)
    with torch.no_grad():
        latents = vae.encode(drawn(0, 256, device)[0]).latent_dist.mean
    return vae, round(1 / float(latents.std()), 5)


def export(run: Path, out: Path) -> None:
    """Writes the mean weights as a diffusers folder in half precision."""
    vae, scale = trained_vae(run, torch.device("cpu"))
    vae.register_to_config(scaling_factor=scale)
    tokenizer = make_tokenizer(vocabulary())
    unet, text_encoder = make_unet(), make_text_encoder(tokenizer)
    step = load_mean(run, "unet", [unet, text_encoder])
    assert unet.config.sample_size == LATENT_SIDE
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
    print(f"exported step {step} ({step * BATCH['unet']} pictures seen) to {out}, latent scale {scale}")


if __name__ == "__main__":
    main()
