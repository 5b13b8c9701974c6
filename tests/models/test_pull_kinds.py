"""Repositories of every kind on a hub: those that are pulled, and what is said of the others."""

import json

import pytest
from pulling import HALF_UNET, ID, UNET, refusal

from dragbrush.errors import BadModel
from dragbrush.models import find_model
from dragbrush.models.pull import pull
from fake_hub import COMMIT, FakeHub, FakeRepository


def test_pickles_only_are_refused_unopened(hub: FakeHub, repository: FakeRepository) -> None:
    del repository.files[UNET], repository.files[HALF_UNET]

    text = refusal(BadModel)

    assert "pickle" in text
    assert "diffusion_pytorch_model.bin" in text
    assert hub.downloads(".bin") == []


def test_repository_of_single_files_names_the_way(hub: FakeHub) -> None:
    hub.repositories[ID] = FakeRepository({"model_v1.safetensors": b"x"})

    text = refusal(BadModel)

    assert "model_v1.safetensors" in text
    assert "models import" in text


@pytest.mark.parametrize(
    ("file", "change", "word"),
    [
        ("model_index.json", {"_class_name": "FluxPipeline"}, "FluxPipeline"),
        ("model_index.json", {"_class_name": "StableDiffusionXLInpaintPipeline"}, "XL inpainting"),
        ("unet/config.json", {"in_channels": 5}, "another task"),
        ("scheduler/scheduler_config.json", {"rescale_betas_zero_snr": True}, "terminal SNR"),
    ],
)
def test_family_that_cannot_be_edited_with_costs_no_gigabytes(
    hub: FakeHub, repository: FakeRepository, file: str, change: dict, word: str
) -> None:
    repository.files[file] = json.dumps({**json.loads(repository.files[file]), **change}).encode()

    text = refusal(BadModel)

    assert word in text
    assert "this version" in text
    assert hub.downloads(".safetensors") == []


def test_model_of_two_text_encoders_is_pulled_with_both(repository: FakeRepository) -> None:
    files = repository.files
    files |= {
        name.replace("/", "_2/", 1): content for name, content in files.items() if name.startswith(("text_", "token"))
    }
    for file, change in {
        "model_index.json": {"_class_name": "StableDiffusionXLPipeline"},
        "unet/config.json": {"addition_embed_type": "text_time"},
    }.items():
        files[file] = json.dumps({**json.loads(files[file]), **change}).encode()

    note = pull(ID).note

    assert note.family == "sdxl"
    assert (note.folder / "text_encoder_2" / "model.safetensors").is_file()
    assert (note.folder / "tokenizer_2" / "tokenizer.json").is_file()


def test_weights_in_several_files_are_pulled_with_their_table(hub: FakeHub, repository: FakeRepository) -> None:
    table, stem = f"{UNET}.index.json", UNET.removesuffix(".safetensors")
    repository.files[table] = b'{"weight_map": {}}'
    repository.files |= {f"{stem}-0000{piece}-of-00002.safetensors": repository.files[UNET] for piece in (1, 2)}
    del repository.files[UNET]

    pull(ID)

    assert len(list((find_model("tiny-model") / "unet").glob("*-of-00002.safetensors"))) == 2
    assert (find_model("tiny-model") / table).is_file()


def test_foreign_model_in_the_cache_is_named_offline(repository: FakeRepository) -> None:
    repository.files["model_index.json"] = b'{"_class_name": "FluxPipeline"}'
    refusal(BadModel)

    assert "FluxPipeline" in refusal(BadModel, offline=True, revision=COMMIT)
