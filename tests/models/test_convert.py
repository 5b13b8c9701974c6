"""Single-file checkpoints of every family made into folders: the same numbers, settings and results."""

import contextlib
import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline
from full_size import UNETS, full_size
from headers import data_bytes, entries, write
from hypothesis import given, settings
from hypothesis import strategies as st
from original import TEXT_ENCODERS, read_model, save_original, small_model
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import CLIPTokenizer

from dragbrush.engine.loading import load_components
from dragbrush.errors import BadModel
from dragbrush.models import check_folder
from dragbrush.models.convert import checked_settings, convert
from dragbrush.models.families import INPAINTING, SD1, SD2, SDXL, family_of_checkpoint
from dragbrush.models.folder_settings import EPSILON, VELOCITY, Settings
from dragbrush.models.header import Place, read_header
from dragbrush.models.original_names import parts_of
from dragbrush.models.original_text import Part, towers_of
from dragbrush.models.vocabulary import tokenizer_files
from tiny_families import tiny_inpainting, tiny_lcm, tiny_sd21_velocity, tiny_sdxl

TINY = {
    "sd1": None,
    "sd2": tiny_sd21_velocity,
    "sdxl": tiny_sdxl,
    "inpainting": tiny_inpainting,
    "lcm": tiny_lcm,
}
PARTS = ("unet", "vae", *TEXT_ENCODERS)
WEIGHTS = "unet/diffusion_pytorch_model.safetensors"
CONFIG = {
    "unet": (
        "block_out_channels", "down_block_types", "up_block_types", "attention_head_dim", "norm_num_groups",
        "cross_attention_dim", "layers_per_block", "use_linear_projection", "in_channels", "out_channels",
        "time_cond_proj_dim", "addition_embed_type", "addition_time_embed_dim",
        "projection_class_embeddings_input_dim",
    ),
    "vae": ("block_out_channels", "layers_per_block", "norm_num_groups", "scaling_factor", "latent_channels"),
    "text_encoder": ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "hidden_act"),
}  # fmt: skip
CONFIG["text_encoder_2"] = (*CONFIG["text_encoder"], "projection_dim")


class Converted(NamedTuple):
    model: DiffusionPipeline
    file: Path
    folder: Path


@pytest.fixture(scope="module", params=TINY)
def converted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Converted:
    """A model, its single file, and the folder made of that; no test changes them."""
    place = tmp_path_factory.mktemp("convert")
    make = TINY[request.param]
    model = read_model(make(place / "tiny")) if make else small_model()
    file = save_original(model, place / "single.safetensors")
    folder = place / "made"
    folder.mkdir()
    convert(file, folder, model.scheduler.config["prediction_type"], lambda done, total: None)
    return Converted(model, file, folder)


def tensors_of(part: Any) -> dict[str, Tensor]:
    return {name: value.half() for name, value in part.state_dict().items()}


def holds_parts_of(found: Any, expected: DiffusionPipeline) -> bool:
    parts = [part for part in PARTS if hasattr(expected, part)]
    for part in parts:
        tensors, others = tensors_of(getattr(expected, part)), tensors_of(getattr(found, part))
        assert tensors.keys() == others.keys()
        assert all(torch.equal(value, others[name]) for name, value in tensors.items())
    return len(parts) >= 3


def test_single_file_holds_what_diffusers_reads_from_it(converted: Converted, tmp_path: Path) -> None:
    """That `original` writes such files as the rest of the world has: diffusers' own reader is the witness."""
    if converted.model.unet.config["time_cond_proj_dim"]:
        pytest.skip("diffusers reads no single file of an LCM")
    converted.model.save_pretrained(tmp_path / "config")

    read = type(converted.model).from_single_file(
        str(converted.file), config=str(tmp_path / "config"), local_files_only=True, torch_dtype=torch.float16
    )

    assert holds_parts_of(read, converted.model)


def test_folder_is_loaded_with_the_same_numbers(converted: Converted) -> None:
    check_folder(converted.folder)

    loaded = load_components(converted.folder, device=torch.device("cpu"), dtype=torch.float16)

    encoders = {part: reader.encoder for part, reader in zip(TEXT_ENCODERS, loaded.readers, strict=False)}
    assert holds_parts_of(SimpleNamespace(unet=loaded.unet, vae=loaded.vae, **encoders), converted.model)


def test_folder_has_the_settings_of_the_model(converted: Converted) -> None:
    for part, keys in CONFIG.items():
        if not hasattr(converted.model, part):
            continue
        found = json.loads((converted.folder / part / "config.json").read_text())
        config = getattr(converted.model, part).config
        for key in keys:
            expected = config[key] if part in ("unet", "vae") else getattr(config, key)
            assert (key, np.ravel(found.get(key)).tolist()) == (key, np.ravel(expected).tolist())
    scheduler = json.loads((converted.folder / "scheduler" / "scheduler_config.json").read_text())
    for key in ("beta_start", "beta_end", "beta_schedule", "num_train_timesteps", "prediction_type"):
        assert scheduler[key] == converted.model.scheduler.config[key]


def test_folder_loads_as_its_pipeline_and_computes_the_same(converted: Converted) -> None:
    """Groups, heads and activations are not in a file's shapes; only the results tell that they are right."""
    loaded = DiffusionPipeline.from_pretrained(converted.folder, local_files_only=True, torch_dtype=torch.float32)
    model = converted.model
    draw = torch.Generator().manual_seed(1)
    config = model.unet.config
    latent = torch.randn(1, config["in_channels"], 8, 8, generator=draw)
    text = torch.randn(1, 77, config["cross_attention_dim"], generator=draw)
    canvas = torch.rand(1, 3, 64, 64, generator=draw)
    told: dict[str, Any] = {}
    if config["time_cond_proj_dim"]:
        told["timestep_cond"] = torch.randn(1, config["time_cond_proj_dim"], generator=draw)
    if "text_encoder_2" in model.components:
        pooled = torch.randn(1, model.text_encoder_2.config.projection_dim, generator=draw)
        told["added_cond_kwargs"] = {"text_embeds": pooled, "time_ids": torch.tensor([[64, 64, 0, 0, 64, 64]])}
    tokens = torch.tensor([[49406, 320, 1125, 539, 320, 2368, 49407] + 70 * [0]])

    assert type(loaded) is type(model)
    with torch.no_grad():
        for pipeline in (loaded, model):
            parts = [deepcopy(getattr(pipeline, part)).float() for part in PARTS if hasattr(pipeline, part)]
            noise = parts[0](latent, 500, encoder_hidden_states=text, **told).sample
            mean = parts[1].encode(canvas).latent_dist.mean
            read = [value for part in parts[2:] for value in part(tokens, output_hidden_states=True).to_tuple()]
            results = [noise, mean, *(value for value in read if isinstance(value, Tensor))]
            if pipeline is loaded:
                expected = results
    assert len(results) == len(expected) >= 4
    assert all(torch.equal(*pair) for pair in zip(results, expected, strict=True))


def test_tokenizers_fill_short_texts_up_as_their_text_encoder_learned(converted: Converted) -> None:
    for part in TEXT_ENCODERS:
        if not hasattr(converted.model, part):
            continue
        encoder = json.loads((converted.folder / part / "config.json").read_text())
        tokenizer = CLIPTokenizer.from_pretrained(converted.folder / part.replace("text_encoder", "tokenizer"))
        tokens = tokenizer("a cat", padding="max_length").input_ids
        assert tokens == [49406, 320, 2368, 49407] + 73 * [49407 if encoder["hidden_act"] == "quick_gelu" else 0]


def test_made_tokenizer_knows_the_words(tmp_path: Path) -> None:
    for name, text in tokenizer_files(pads_with_end=True).items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    tokens = CLIPTokenizer.from_pretrained(tmp_path, local_files_only=True)("a photo of a cat", padding="max_length")

    # The numbers of Stable Diffusion 1's own tokenizer.
    assert tokens.input_ids[:7] == [49406, 320, 1125, 539, 320, 2368, 49407]


def test_older_text_encoder_names_and_mixed_precision_are_read(tmp_path: Path) -> None:
    file = save_original(small_model(), tmp_path / "mixed.safetensors", text_prefix="")
    save_file({name: value.float() if "norm" in name else value for name, value in load_file(file).items()}, file)

    convert(file, tmp_path, EPSILON, lambda done, total: None)

    check_folder(tmp_path)
    for place in read_header(tmp_path / WEIGHTS).values():
        assert place.start % {"F32": 4, "F16": 2}[place.dtype] == 0


FULL_SIZE = {
    "sd1": (SD1, EPSILON, 64, {"attention_head_dim": 8}),
    "sd1 inpainting": (INPAINTING, EPSILON, 64, {"in_channels": 9}),
    "sd2": (SD2, VELOCITY, 96, {"attention_head_dim": [5, 10, 20, 20]}),
    "sd2 inpainting": (INPAINTING, EPSILON, 64, {"attention_head_dim": [5, 10, 20, 20], "in_channels": 9}),
    "sdxl": (
        SDXL, EPSILON, 128,
        {"attention_head_dim": [5, 10, 20], "addition_time_embed_dim": 256, "transformer_layers_per_block": [1, 2, 10]},
    ),
}  # fmt: skip
"""Family, prediction, side of the latent and settings that only this one has."""
_full_size = cache(full_size)


@pytest.mark.parametrize("model", FULL_SIZE)
def test_released_model_of_full_size_is_told_whole(tmp_path: Path, model: str) -> None:
    original, folder = _full_size(model)
    header = entries(original)
    file = write(tmp_path / "model.safetensors", header, data=0)
    with file.open("ab") as stream:
        stream.truncate(stream.tell() + data_bytes(header))  # a hole, which takes no space
    family, prediction, side, unet = FULL_SIZE[model]

    tensors = read_header(file)
    parts = parts_of(tensors, file)
    found = checked_settings(parts, towers_of(tensors), prediction, file)

    assert family_of_checkpoint(tensors, file) == family
    assert {part: {name: place.shape for name, place in places.items()} for part, places in parts.items()} == folder
    assert {**unet, "sample_size": side}.items() <= found["unet/config.json"].items()
    for key, value in UNETS[model].items():
        assert (key, np.ravel(found["unet/config.json"][key]).tolist()) == (key, np.ravel(value).tolist())
    assert found["vae/config.json"]["block_out_channels"] == [128, 256, 512, 512]


def test_tiny_model_has_the_layers_of_the_released_one(converted: Converted) -> None:
    config = converted.model.unet.config
    released = "sd2" if config["use_linear_projection"] else "sd1"
    _, folder = _full_size("sdxl" if config["addition_embed_type"] else released)
    guidance = {"time_embedding.cond_proj.weight"} if config["time_cond_proj_dim"] else set()

    assert set(converted.model.unet.state_dict()) == set(folder["unet"]) | guidance
    assert set(converted.model.vae.state_dict()) == set(folder["vae"])


def test_stable_diffusion_xl_has_as_many_tensors_as_its_release() -> None:
    """2515 in `sd_xl_base_1.0.safetensors`, of which one counts the text encoder's positions."""
    original, folder = _full_size("sdxl")

    assert len(original) == 2514
    assert [len(shapes) for shapes in folder.values()] == [1680, 248, 196, 517]


def checked(tensors: Mapping[str, tuple[int, ...]]) -> dict[str, Settings]:
    places: Part = {name: Place("F16", shape, 0, 0) for name, shape in tensors.items()}
    return checked_settings(parts_of(places, Path("file")), towers_of(places), EPSILON, Path("file"))


LAST_OF_SD2 = "cond_stage_model.model.transformer.resblocks.23."


@given(data=st.data(), model=st.sampled_from(sorted(UNETS)))
@settings(max_examples=40)
def test_any_missing_tensor_of_the_full_size_is_named(data: st.DataObject, model: str) -> None:
    shapes, _ = _full_size(model)
    unused = (LAST_OF_SD2, "cond_stage_model.model.text_projection")
    needed = [name for name in shapes if not name.startswith(unused) and not name.endswith("logit_scale")]
    gone = data.draw(st.sampled_from(needed))

    with pytest.raises(BadModel, match="incomplete"):
        checked({name: shape for name, shape in shapes.items() if name != gone})


def test_text_encoder_without_its_unused_last_layer_is_taken_as_it_is() -> None:
    shapes, _ = _full_size("sd2")

    short = checked({name: shape for name, shape in shapes.items() if not name.startswith(LAST_OF_SD2)})

    assert short["text_encoder/config.json"] == checked(shapes)["text_encoder/config.json"]
    assert short["text_encoder/config.json"]["num_hidden_layers"] == 23


@pytest.mark.parametrize("number", ["99999999999", "x", "-1"])
@pytest.mark.parametrize(
    ("model", "layer"),
    [
        ("sd1", "cond_stage_model.transformer.text_model.encoder.layers.{}.mlp.fc1.bias"),
        ("sdxl", "conditioner.embedders.1.model.transformer.resblocks.{}.ln_1.bias"),
        ("sdxl", "model.diffusion_model.middle_block.1.transformer_blocks.{}.norm1.bias"),
    ],
)
def test_layer_of_an_absurd_number_is_refused(model: str, layer: str, number: str) -> None:
    with pytest.raises(BadModel):
        checked({**_full_size(model)[0], layer.format(number): (1,)})


@given(data=st.data(), model=st.sampled_from(sorted(UNETS)))
@settings(max_examples=60)
def test_tensor_of_an_impossible_shape_is_refused_or_kept(data: st.DataObject, model: str) -> None:
    """The loader compares shapes; here they must do no harm."""
    shapes, _ = _full_size(model)
    told = [
        name
        for name in shapes
        if name.endswith(
            (
                "embedding.weight",
                "embedding",
                "conv1.weight",
                "in_layers.2.weight",
                "to_k.weight",
                "proj_in.weight",
                "label_emb.0.0.weight",
                "text_projection",
                "fc1.weight",
                "in_proj_bias",
            )
        )
    ]
    name = data.draw(st.sampled_from(told))

    with contextlib.suppress(BadModel):
        checked({**shapes, name: data.draw(st.lists(st.integers(0, 5), max_size=5).map(tuple))})
