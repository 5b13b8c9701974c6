"""Models that are on this machine already: folders used where they lie, single files converted."""

import json
import shutil
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from headers import FIRST, TEXT_KEYS, UNET, data_bytes, entries, write
from hypothesis import given, settings
from hypothesis import strategies as st
from original import full_size_shapes, save_original, small_model
from safetensors.torch import load_file, save_file
from transformers import CLIPTokenizer

from dragbrush.engine.components import load_components
from dragbrush.errors import BadModel, BadRequest, Conflict, DragbrushError, StorageFailed
from dragbrush.models import find_model, notes
from dragbrush.models.adopt import adopt
from dragbrush.models.families import SD1, family_of_checkpoint
from dragbrush.models.folder_settings import settings_of
from dragbrush.models.header import Place, read_header
from dragbrush.models.original_names import parts_of
from dragbrush.models.vocabulary import tokenizer_files
from dragbrush.models.whole import check_whole

FULL_SIZE = full_size_shapes()
HALF = "diffusion_pytorch_model.fp16.safetensors"
FULL = "diffusion_pytorch_model.safetensors"


@pytest.fixture(scope="module")
def model() -> StableDiffusionPipeline:
    return small_model()


@pytest.fixture(scope="module")
def checkpoint(model: StableDiffusionPipeline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The single file that people have; no test changes it."""
    return save_original(model, tmp_path_factory.mktemp("checkpoint") / "My Model v2.safetensors")


@pytest.fixture
def folder(tiny_sd15_folder: Path, tmp_path: Path) -> Path:
    """A diffusers folder of the test's own to spoil."""
    return Path(shutil.copytree(tiny_sd15_folder, tmp_path / "A Folder"))


def refusal(path: Path, kind: type[DragbrushError] = BadModel, **options: object) -> str:
    before = notes.installed()
    with pytest.raises(kind) as error:
        adopt(path, **options)  # type: ignore[arg-type]  # the tests' own names
    text = str(error.value)
    assert type(error.value) is kind
    assert text.endswith(".")
    assert "\n" not in text
    assert notes.installed() == before
    return text


def test_single_file_holds_what_diffusers_reads_from_it(
    model: StableDiffusionPipeline, checkpoint: Path, tmp_path: Path
) -> None:
    """That `original` writes such files as the rest of the world has: diffusers' own reader is the witness."""
    model.save_pretrained(tmp_path / "config")

    read = StableDiffusionPipeline.from_single_file(
        str(checkpoint), config=str(tmp_path / "config"), local_files_only=True, torch_dtype=torch.float16
    )

    for part in ("unet", "vae", "text_encoder"):
        expected, found = getattr(model, part).state_dict(), getattr(read, part).state_dict()
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_converted_file_has_the_same_numbers(model: StableDiffusionPipeline, checkpoint: Path) -> None:
    note = adopt(checkpoint)

    loaded = load_components(find_model(note.name), device=torch.device("cpu"), dtype=torch.float16)
    for part in ("unet", "vae", "text_encoder"):
        expected, found = getattr(model, part).state_dict(), getattr(loaded, part).state_dict()
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_converted_file_has_the_settings_it_was_made_with(model: StableDiffusionPipeline, checkpoint: Path) -> None:
    adopt(checkpoint, name="mine")

    loaded = load_components(find_model("mine"), device=torch.device("cpu"))
    for part, keys in {
        "unet": ("block_out_channels", "down_block_types", "up_block_types", "attention_head_dim", "norm_num_groups",
                 "cross_attention_dim", "layers_per_block", "use_linear_projection", "sample_size", "in_channels"),
        "vae": ("block_out_channels", "layers_per_block", "norm_num_groups", "scaling_factor", "latent_channels"),
    }.items():  # fmt: skip
        for key in keys:
            expected, found = getattr(model, part).config[key], getattr(loaded, part).config[key]
            assert (key, np.ravel(found).tolist()) == (key, np.ravel(expected).tolist())
    expected, found = model.text_encoder.config, loaded.text_encoder.config
    for key in ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "hidden_act"):
        assert getattr(found, key) == getattr(expected, key)
    betas = {key: model.scheduler.config[key] for key in ("beta_start", "beta_end", "beta_schedule", "steps_offset")}
    assert betas.items() <= loaded.scheduler_config.items()


def test_stable_diffusion_15_of_full_size_is_told_whole(tmp_path: Path) -> None:
    shapes, names = FULL_SIZE
    header = entries(shapes)
    file = tmp_path / "v1-5-pruned-emaonly.safetensors"
    write(file, header, data=0)
    with file.open("ab") as stream:
        stream.truncate(stream.tell() + data_bytes(header))  # a hole, which takes no space

    tensors = read_header(file)
    parts = parts_of(tensors, file)
    check_whole(parts, file)
    folder_settings = settings_of(parts)

    assert family_of_checkpoint(tensors, file) == SD1
    assert {part: set(places) for part, places in parts.items()} == names
    assert {part: len(places) for part, places in parts.items()} == {"unet": 686, "vae": 248, "text_encoder": 196}
    assert folder_settings["unet/config.json"]["block_out_channels"] == [320, 640, 1280, 1280]
    assert folder_settings["vae/config.json"]["block_out_channels"] == [128, 256, 512, 512]
    assert folder_settings["text_encoder/config.json"]["num_attention_heads"] == 12


def test_converted_file_computes_the_same(model: StableDiffusionPipeline, checkpoint: Path) -> None:
    """Groups and heads are not in a file's shapes; only the results tell that they are right."""
    adopt(checkpoint, name="mine")
    loaded = load_components(find_model("mine"), device=torch.device("cpu"))
    draw = torch.Generator().manual_seed(1)
    latent, canvas = torch.randn(1, 4, 16, 16, generator=draw), torch.rand(1, 3, 64, 64, generator=draw)
    tokens = loaded.tokenizer("a cat", padding="max_length", return_tensors="pt").input_ids
    unet, vae, text_encoder = (deepcopy(part).float().eval() for part in (model.unet, model.vae, model.text_encoder))

    with torch.no_grad():
        text = text_encoder(tokens)[0]
        noise = unet(latent, 500, encoder_hidden_states=text).sample
        mean = vae.encode(canvas * 2 - 1).latent_dist.mean * vae.config["scaling_factor"]
        found = loaded.unet(latent, 500, encoder_hidden_states=loaded.encode_prompt("a cat")).sample

    assert torch.equal(loaded.encode_prompt("a cat"), text)
    assert torch.equal(found, noise)
    assert torch.equal(loaded.encode(canvas)[0], mean)


def test_file_of_the_user_is_untouched(checkpoint: Path) -> None:
    before = (checkpoint.stat().st_mtime_ns, checkpoint.stat().st_size)
    note = adopt(checkpoint)

    notes.remove(note.name)

    assert (checkpoint.stat().st_mtime_ns, checkpoint.stat().st_size) == before
    assert not note.folder.exists()


def test_note_of_a_file_tells_where_it_is_from(checkpoint: Path) -> None:
    note = adopt(checkpoint)

    assert note.name == "my-model-v2"
    assert (note.kind, note.source, note.family) == ("file", str(checkpoint), "other")
    assert (note.files[0].size_bytes, len(note.files[0].sha256)) == (checkpoint.stat().st_size, 64)


def test_older_text_encoder_names_are_read(model: StableDiffusionPipeline, tmp_path: Path) -> None:
    file = save_original(model, tmp_path / "old.safetensors", text_prefix="")

    adopt(file)

    weights = load_file(find_model("old") / "text_encoder" / "model.safetensors")
    assert all(name.startswith("text_model.") for name in weights)


def test_every_tensor_begins_at_a_multiple_of_its_size(model: StableDiffusionPipeline, tmp_path: Path) -> None:
    file = save_original(model, tmp_path / "mixed.safetensors")
    mixed = {name: value.float() if "norm" in name else value for name, value in load_file(file).items()}
    save_file(mixed, file)

    adopt(file)

    for place in read_header(find_model("mixed") / "unet" / FULL).values():
        assert place.start % {"F32": 4, "F16": 2}[place.dtype] == 0


def test_made_tokenizer_knows_the_words(tmp_path: Path) -> None:
    for name, text in tokenizer_files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    tokens = CLIPTokenizer.from_pretrained(tmp_path, local_files_only=True)("a photo of a cat", padding="max_length")

    # The numbers of Stable Diffusion 1's own tokenizer.
    assert tokens.input_ids[:7] == [49406, 320, 1125, 539, 320, 2368, 49407]
    assert tokens.input_ids[7:] == [49407] * 70


@pytest.mark.parametrize(
    ("prefix", "what"),
    [("first_stage_model.", "VAE"), ("cond_stage_model.", "text encoder")],
)
def test_file_without_a_part_is_refused(checkpoint: Path, tmp_path: Path, prefix: str, what: str) -> None:
    rest = {name: value for name, value in load_file(checkpoint).items() if not name.startswith(prefix)}
    save_file(rest, tmp_path / "part.safetensors")

    assert what in refusal(tmp_path / "part.safetensors")


@pytest.mark.parametrize(
    "name",
    [f"{UNET}mid.attn.weight", "first_stage_model.encoder.new.weight", "cond_stage_model.transformer.head.weight"],
)
def test_file_with_a_foreign_tensor_is_refused(checkpoint: Path, tmp_path: Path, name: str) -> None:
    save_file({**load_file(checkpoint), name: torch.zeros(1)}, tmp_path / "foreign.safetensors")

    text = refusal(tmp_path / "foreign.safetensors")

    if not name.startswith("cond"):
        assert name in text


@pytest.mark.parametrize(
    ("name", "new_name"),
    [
        (f"{UNET}input_blocks.4.0.in_layers.2.weight", "down_blocks.1.resnets.0.conv1.weight"),
        (f"{UNET}output_blocks.5.2.conv.bias", "up_blocks.1.upsamplers.0.conv.bias"),
        ("first_stage_model.decoder.mid.attn_1.q.bias", "decoder.mid_block.attentions.0.to_q.bias"),
        (
            "cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc2.bias",
            "text_model.encoder.layers.0.mlp.fc2.bias",
        ),
    ],
)
def test_missing_tensor_is_named(checkpoint: Path, tmp_path: Path, name: str, new_name: str) -> None:
    tensors = load_file(checkpoint)
    del tensors[name]
    save_file(tensors, tmp_path / "holes.safetensors")

    assert new_name in refusal(tmp_path / "holes.safetensors")


@given(gone=st.data())
@settings(max_examples=50)
def test_any_missing_tensor_of_the_full_size_is_named(gone: st.DataObject) -> None:
    shapes, _ = FULL_SIZE
    name = gone.draw(st.sampled_from(sorted(shapes)))
    places = {other: Place("F16", shape, 0, 0) for other, shape in shapes.items() if other != name}

    with pytest.raises(BadModel, match="incomplete"):
        check_whole(parts_of(places, Path("file")), Path("file"))


@pytest.mark.parametrize("number", ["99999999999", "x", "-1"])
def test_layer_of_an_absurd_number_is_refused(number: str) -> None:
    shapes, _ = FULL_SIZE
    odd = f"cond_stage_model.transformer.text_model.encoder.layers.{number}.mlp.fc1.bias"
    places = {name: Place("F16", shape, 0, 0) for name, shape in {**shapes, odd: (1,)}.items()}

    with pytest.raises(BadModel):
        check_whole(parts_of(places, Path("file")), Path("file"))


@pytest.mark.parametrize(
    ("shapes", "word"),
    [
        ({FIRST: (320, 4, 3, 3), f"{UNET}label_emb.0.0.weight": (1280, 2816)}, "XL"),
        ({FIRST: (320, 9, 3, 3), TEXT_KEYS: (320, 768)}, "inpainting"),
        ({FIRST: (320, 4, 3, 3), TEXT_KEYS: (320, 1024)}, "2.x"),
        ({"lora_unet_mid.lora_up.weight": (8, 8)}, "LoRA"),
    ],
)
def test_other_families_are_named(tmp_path: Path, shapes: dict[str, tuple[int, ...]], word: str) -> None:
    assert word in refusal(write(tmp_path / "model.safetensors", entries(shapes)))


def test_truncated_file_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.safetensors").write_bytes(checkpoint.read_bytes()[:-1000])

    assert "1000 of its" in refusal(tmp_path / "cut.safetensors")


@pytest.mark.parametrize("name", ["model.ckpt", "model.safetensors"])
def test_pickle_is_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04" + bytes(100))

    text = refusal(tmp_path / name)

    assert "pickle" in text
    assert "convert" in text


def test_full_disk_is_told_before_converting(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 10**6})())

    assert "DRAGBRUSH_MODELS" in refusal(checkpoint, StorageFailed)


def test_folder_is_used_where_it_lies(folder: Path, models_folder: Path) -> None:
    note = adopt(folder)

    assert note.name == "a-folder"
    assert find_model("a-folder") == folder
    assert [path.name for path in (models_folder / "a-folder").iterdir()] == ["dragbrush.json"]
    assert len(note.files) >= 9


def test_removed_folder_of_the_user_stays(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    adopt(folder)

    notes.remove("a-folder")

    assert sorted(folder.rglob("*")) == before
    with pytest.raises(BadModel):
        find_model("a-folder")


def test_folder_of_half_precision_weights_is_used_without_copying(folder: Path) -> None:
    (folder / "unet" / FULL).rename(folder / "unet" / HALF)

    adopt(folder, name="half")

    found = find_model("half")
    assert (found / "unet" / FULL).samefile(folder / "unet" / HALF)
    assert load_components(found, device=torch.device("cpu")).unet.config["in_channels"] == 4
    notes.remove("half")
    assert (folder / "unet" / HALF).is_file()


def test_broken_links_beside_the_model_are_of_no_matter(folder: Path) -> None:
    (folder / "old").symlink_to(folder / "nothing")
    adopt(folder)

    assert find_model("a-folder") == folder


def test_stopped_conversion_leaves_nothing(checkpoint: Path, models_folder: Path) -> None:
    def stop(phase: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adopt(checkpoint, on_progress=stop)

    assert list(models_folder.iterdir()) == []


def test_moved_folder_is_told_when_it_is_used(folder: Path) -> None:
    adopt(folder)
    folder.rename(folder.with_name("elsewhere"))

    with pytest.raises(BadModel, match="again"):
        find_model("a-folder")


def test_folder_that_cannot_be_edited_with_is_refused(folder: Path) -> None:
    file = folder / "unet" / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "in_channels": 9}))

    assert "9 channels" in refusal(folder)


def test_folder_of_pickles_is_refused(folder: Path) -> None:
    (folder / "unet" / FULL).rename(folder / "unet" / "diffusion_pytorch_model.bin")

    assert "pickle" in refusal(folder)


def test_folder_that_is_no_model_and_missing_path_are_refused(tmp_path: Path) -> None:
    assert "model_index.json" in refusal(tmp_path)
    assert "does not exist" in refusal(tmp_path / "nothing")


def test_taken_and_unusable_names_are_refused(folder: Path, checkpoint: Path) -> None:
    adopt(folder, name="mine")

    assert "mine" in refusal(checkpoint, Conflict, name="mine")
    assert "toybox" in refusal(checkpoint, BadRequest, name="toybox")
