"""Families, told from headers and from folders."""

import json
import re
import shutil
from pathlib import Path

import pytest
from headers import FIRST, TEXT_KEYS, UNET, entries, write

from dragbrush.errors import BadModel
from dragbrush.models.families import FAMILIES, check_editable, family_of_checkpoint, family_of_folder
from dragbrush.models.header import read_header

TIME = f"{UNET}time_embed.0.weight"
CHECKPOINTS = {
    "sd1": {FIRST: (320, 4, 3, 3), TEXT_KEYS: (320, 768)},
    "sd2": {FIRST: (320, 4, 3, 3), TEXT_KEYS: (320, 1024)},
    "other": {FIRST: (32, 4, 3, 3), TEXT_KEYS: (32, 64)},
    "sdxl": {FIRST: (320, 4, 3, 3), f"{UNET}label_emb.0.0.weight": (1280, 2816)},
    "inpainting": {FIRST: (320, 9, 3, 3), TEXT_KEYS: (320, 768)},
    "distilled": {FIRST: (320, 4, 3, 3), TEXT_KEYS: (320, 768), f"{UNET}time_embed.cond_proj.weight": (320, 256)},
    "v-prediction": {FIRST: (320, 4, 3, 3), TEXT_KEYS: (320, 1024), "v_pred": (0,)},
    "sdxl-inpainting": {FIRST: (320, 9, 3, 3), f"{UNET}label_emb.0.0.weight": (1280, 2816)},
    "sdxl-refiner": {
        FIRST: (384, 4, 3, 3),
        f"{UNET}label_emb.0.0.weight": (1536, 2560),
        "conditioner.embedders.0.model.ln_final.bias": (1280,),
    },
    "no-signal": {FIRST: (320, 4, 3, 3), "v_pred": (0,), "ztsnr": (0,)},
    "other-noise": {FIRST: (320, 4, 3, 3), f"{UNET}label_emb.0.0.weight": (1280, 2816), "edm_mean": (1, 4, 1, 1)},
    "other-task": {FIRST: (320, 5, 3, 3), TEXT_KEYS: (320, 1024)},
}
OTHERS = {
    "LoRA": {"lora_unet_down_blocks_0_attentions_0_proj_in.lora_up.weight": (320, 8)},
    "LoRA of diffusers": {"unet.down_blocks.0.attentions.0.to_q.lora_A.weight": (8, 320)},
    "LoRA (LoHa)": {"lora_unet_mid_block_attentions_0_proj_in.hada_w1_a": (8, 8)},
    "ControlNet": {"control_model.input_blocks.0.0.weight": (320, 4, 3, 3)},
    "VAE": {"encoder.conv_in.weight": (128, 3, 3, 3)},
    "diffusers": {"down_blocks.0.resnets.0.conv1.weight": (320, 320, 3, 3)},
    "Flux": {"double_blocks.0.img_attn.qkv.weight": (9, 9)},
    "UNet": {"text_encoders.t5xxl.shared.weight": (9, 9)},
    "UNet only": {"input_blocks.0.0.weight": (320, 4, 3, 3)},
}


@pytest.mark.parametrize("family", CHECKPOINTS)
def test_checkpoint_is_recognised_by_its_header(tmp_path: Path, family: str) -> None:
    file = write(tmp_path / "model.safetensors", entries(CHECKPOINTS[family]))

    assert family_of_checkpoint(read_header(file), file).id == family


@pytest.mark.parametrize("what", OTHERS)
def test_what_is_no_whole_model_is_named(tmp_path: Path, what: str) -> None:
    file = write(tmp_path / "model.safetensors", entries(OTHERS[what]))

    with pytest.raises(BadModel, match=what.split()[0]):
        family_of_checkpoint(read_header(file), file)


@pytest.mark.parametrize(
    ("family", "file", "change"),
    [
        ("other", "unet/config.json", {}),
        ("sd1", "unet/config.json", {"cross_attention_dim": 768}),
        ("sd2", "unet/config.json", {"cross_attention_dim": 1024}),
        ("inpainting", "unet/config.json", {"in_channels": 9}),
        ("distilled", "unet/config.json", {"time_cond_proj_dim": 256}),
        ("sdxl", "unet/config.json", {"addition_embed_type": "text_time"}),
        ("sdxl-inpainting", "unet/config.json", {"addition_embed_type": "text_time", "in_channels": 9}),
        ("v-prediction", "scheduler/scheduler_config.json", {"prediction_type": "v_prediction"}),
        ("no-signal", "scheduler/scheduler_config.json", {"rescale_betas_zero_snr": True}),
        ("other-noise", "scheduler/scheduler_config.json", {"_class_name": "EDMEulerScheduler"}),
        ("other-task", "unet/config.json", {"in_channels": 5}),
        ("other-task", "unet/config.json", {"class_embed_type": "projection"}),
    ],
)
def test_folder_is_recognised_by_its_settings(
    tiny_sd15_folder: Path, tmp_path: Path, family: str, file: str, change: dict
) -> None:
    folder = Path(shutil.copytree(tiny_sd15_folder, tmp_path / "model"))
    (folder / file).write_text(json.dumps({**json.loads((folder / file).read_text()), **change}))

    assert family_of_folder(folder).id == family


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b""])
def test_unreadable_settings_are_refused(tiny_sd15_folder: Path, tmp_path: Path, content: bytes) -> None:
    folder = Path(shutil.copytree(tiny_sd15_folder, tmp_path / "model"))
    (folder / "unet" / "config.json").write_bytes(content)

    with pytest.raises(BadModel, match=r"config\.json"):
        family_of_folder(folder)


def test_family_with_an_obstacle_is_refused_with_it() -> None:
    for family in FAMILIES.values():
        if family.obstacle:
            with pytest.raises(BadModel, match=re.escape(family.obstacle)):
                check_editable(family, "'x'")
        else:
            check_editable(family, "'x'")
