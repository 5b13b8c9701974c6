"""Models of other programs in their usual places."""

import shutil
from pathlib import Path

import pytest
from headers import FIRST, TEXT_KEYS, UNET, entries, write

from dragbrush.models import find_model
from dragbrush.models.adopt import adopt
from dragbrush.models.found import find_found, look_around
from dragbrush.models.pull import pull

COMMIT = "7b" * 20
SD1_SHAPES = {FIRST: (320, 4, 3, 3), TEXT_KEYS: (320, 768), "first_stage_model.x": (1000, 500_000)}


def checkpoint(file: Path, shapes: dict[str, tuple[int, ...]]) -> Path:
    """A file that is large by its size only: the tensors are holes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    header = entries({**shapes, "filling": (1000, 600_000)})
    write(file, header, data=0)
    with file.open("ab") as stream:
        stream.truncate(stream.tell() + max(entry["data_offsets"][1] for entry in header.values()))
    return file


@pytest.fixture
def snapshot(tiny_sd15_folder: Path, cache_folder: Path) -> Path:
    """The tiny model in the Hugging Face cache, as another program left it."""
    folder = cache_folder / "models--someone--cached"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(COMMIT)
    return Path(shutil.copytree(tiny_sd15_folder, folder / "snapshots" / COMMIT))


def test_nothing_is_found_where_nothing_is() -> None:
    assert look_around() == []


@pytest.mark.parametrize(
    ("place", "program"),
    [
        ("ComfyUI/models/checkpoints", "ComfyUI"),
        ("Documents/ComfyUI/models/checkpoints/sorted/sd15", "ComfyUI"),
        ("stable-diffusion-webui/models/Stable-diffusion", "A1111"),
        ("stable-diffusion-webui-forge/models/Stable-diffusion", "A1111"),
        (".local/share/krita/ai_diffusion/server/models/checkpoints", "krita-ai-diffusion"),
        (".local/share/krita/ai_diffusion/server/ComfyUI/models/checkpoints", "krita-ai-diffusion"),
    ],
)
@pytest.mark.skipif("sys.platform != 'linux'", reason="the places of Krita's data differ")
def test_checkpoints_of_other_programs_are_found(home: Path, place: str, program: str) -> None:
    file = checkpoint(home / place / "Some Model.safetensors", SD1_SHAPES)

    (found,) = look_around()

    assert (found.name, found.program, found.path, found.obstacle) == ("some-model", program, file, "")
    assert find_found("some-model") == found


def test_what_cannot_be_used_is_found_with_the_reason_and_last(home: Path) -> None:
    folder = home / "ComfyUI" / "models" / "checkpoints"
    checkpoint(folder / "a-xl.safetensors", {FIRST: (320, 9, 3, 3), f"{UNET}label_emb.0.0.weight": (1280, 2816)})
    checkpoint(folder / "b-good.safetensors", SD1_SHAPES)
    with (folder / "old.ckpt").open("wb") as stream:
        stream.write(b"PK\x03\x04")
        stream.truncate(2 * 10**9)

    found = look_around()

    assert [model.name for model in found] == ["b-good", "a-xl", "old"]
    assert "XL" in found[1].obstacle
    assert "pickle" in found[2].obstacle


def test_small_files_beside_checkpoints_are_no_models(home: Path) -> None:
    folder = home / "ComfyUI" / "models" / "checkpoints"
    folder.mkdir(parents=True)
    write(folder / "vae.safetensors", entries({"decoder.conv_in.weight": (4, 4)}))
    (folder / "notes.txt").write_text("x")

    assert look_around() == []


def test_diffusers_folder_of_another_program_is_found_and_imported(home: Path, tiny_sd15_folder: Path) -> None:
    place = home / "ComfyUI" / "models" / "diffusers" / "tiny"
    shutil.copytree(tiny_sd15_folder, place)

    (found,) = look_around()
    adopt(found.path)

    assert find_model("tiny") == place


def test_repository_in_the_cache_is_found_and_used_from_there(snapshot: Path) -> None:
    found = find_found("someone/cached")

    assert found is not None
    assert found.is_cached_repository
    note = pull(found.name, offline=True).note
    weights = "unet/diffusion_pytorch_model.safetensors"
    assert (find_model("cached") / weights).samefile(snapshot / weights)
    assert not any(file.is_ours for file in note.files)


def test_repository_that_is_not_whole_is_found_with_the_reason(snapshot: Path) -> None:
    (snapshot / "vae" / "diffusion_pytorch_model.safetensors").unlink()

    (found,) = look_around()

    assert "'vae'" in found.obstacle


def test_links_in_circles_end(home: Path) -> None:
    folder = home / "ComfyUI" / "models" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "round").symlink_to(folder)

    assert look_around() == []
