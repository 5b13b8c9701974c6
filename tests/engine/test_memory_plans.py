"""Plans that take less memory give the same picture."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dragbrush.bench.demo_scene import demo_scene
from dragbrush.engine.components import Components
from dragbrush.engine.devices import choose_device
from dragbrush.engine.field import Field
from dragbrush.engine.loading import load_components
from dragbrush.engine.memory import attention
from dragbrush.engine.memory.attention import SlicedAttention
from dragbrush.engine.memory.offload import parts_of
from dragbrush.engine.memory.plan import Plan, applied, plans_for
from dragbrush.engine.methods.dragdiffusion import Instruction, dragdiffusion
from dragbrush.engine.prepare import Prepared, encode_source, invert_source, learn_identity
from dragbrush.models import TOYBOX
from dragbrush.presets import QUALITY
from running import run

SETTINGS = replace(QUALITY, lora_step=2, lora_rank=2, lora_batch_size=2, n_pix_step=2, n_inference_step=5)
SIDE = 128
TILED = 0.03
"""Mean over the canvas, of tiles of 4 x 4 cells: as much as the embedded model's VAE loses by itself."""


def _drawn(components: Components, plan: Plan) -> Tensor:
    """All that a drag does, by a plan."""
    coarse = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(4))
    canvas = F.interpolate(coarse, size=(SIDE, SIDE), mode="bilinear")
    cells = SIDE // components.factor
    moved = torch.zeros(2, cells, cells)
    moved[0, 4:12, 4:12] = 2.0
    field = Field(moved, (moved[0] > 0).float(), torch.zeros(cells, cells).bool())
    with applied(components, plan):
        source = encode_source(components, canvas, "a cat", SETTINGS)
        identity = run(learn_identity(components, source, SETTINGS, seed=1))[1]
        prepared = Prepared(source, identity, run(invert_source(components, source, identity, SETTINGS))[1])
        drag = Instruction(
            torch.tensor([[40.0, 64.0]]),
            torch.tensor([[56.0, 64.0]]),
            mask=torch.ones(1, 1, cells, cells),
            field=field,
            warped=source.latent,
        )
        return run(dragdiffusion(components, prepared, drag, SETTINGS, seed=2))[1]


@pytest.mark.parametrize("measure", ["checkpointed", "offloaded"])
def test_same_arithmetic_gives_the_very_same_picture(components: Components, usual: Tensor, measure: str) -> None:
    assert torch.equal(_drawn(components, Plan(**{measure: True})), usual)


@pytest.fixture(scope="module")
def usual(components: Components) -> Tensor:
    return _drawn(components, Plan())


@pytest.mark.parametrize("has_mask", [False, True])
def test_attention_in_slices_differs_by_rounding(has_mask: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "SLICE_WEIGHTS", 2 * 3 * 10 * 4)
    generator = torch.Generator().manual_seed(6)
    given = [torch.randn(2, 3, tokens, 8, generator=generator, requires_grad=True) for tokens in (17, 10, 10)]
    mask = torch.rand(17, 10, generator=generator) < 0.7 if has_mask else None

    whole = F.scaled_dot_product_attention(*given, attn_mask=mask)
    with SlicedAttention():
        sliced = F.scaled_dot_product_attention(*given, attn_mask=mask)

    torch.testing.assert_close(sliced, whole)
    weights = torch.randn(whole.shape, generator=generator)
    for found, expected in zip(*(torch.autograd.grad(x, given, weights) for x in (sliced, whole)), strict=True):
        torch.testing.assert_close(found, expected)


def test_tiles_are_blended_and_shift_tones_a_little() -> None:
    toybox = load_components(TOYBOX.folder, device=torch.device("cpu"))
    canvas = torch.from_numpy(demo_scene(64, 64).picture).permute(2, 0, 1)[None] / 255
    whole = toybox.decode(toybox.encode(canvas)[0])

    with applied(toybox, Plan(tiled=True)):
        tiled = toybox.decode(toybox.encode(canvas)[0])

    assert not torch.equal(tiled, whole)
    assert (tiled - whole).abs().mean() < TILED


def test_all_measures_together_work_and_nothing_of_them_is_left(components: Components, usual: Tensor) -> None:
    found = _drawn(components, Plan(checkpointed=True, sliced=True, offloaded=True, tiled=True))
    again = _drawn(components, Plan())

    assert found.isfinite().all()
    assert torch.equal(again, usual)
    assert not any(part._forward_pre_hooks for whole in parts_of(components) for part in whole.modules())


def test_each_device_has_the_measures_that_help_it() -> None:
    cpu = choose_device("cpu")

    measures = {kind: plans_for(replace(cpu, place=torch.device(kind)))[-1].measures for kind in ("cpu", "cuda", "mps")}

    assert measures == {
        "cpu": ("checkpointed", "tiled"),
        "cuda": ("checkpointed", "offloaded", "tiled"),
        "mps": ("checkpointed", "sliced", "tiled"),
    }
