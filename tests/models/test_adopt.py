"""Models that are on this machine already: folders used where they lie, single files converted."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline
from headers import FIRST, UNET, entries, write
from original import save_original, small_model
from safetensors.torch import load_file, save_file

from dragbrush.engine.loading import load_components
from dragbrush.errors import BadModel, BadRequest, Conflict, DragbrushError, StorageFailed
from dragbrush.models import find_model, notes
from dragbrush.models.adopt import adopt

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


@pytest.mark.parametrize(
    ("shapes", "word"),
    [
        ({FIRST: (320, 9, 3, 3), f"{UNET}label_emb.0.0.weight": (1280, 2816)}, "XL inpainting"),
        ({FIRST: (320, 5, 3, 3)}, "another task"),
        ({"joint_blocks.0.context_block.attn.qkv.weight": (8, 8)}, "Stable Diffusion 3"),
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
    file.write_text(json.dumps({**json.loads(file.read_text()), "in_channels": 5}))

    assert "another task" in refusal(folder)


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
