"""Pulling from a hub: what is taken, what is resumed, and what is said when it goes wrong."""

import hashlib
import shutil
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from huggingface_hub import constants
from pulling import HALF_UNET, ID, UNET, refusal

from dragbrush.engine.loading import load_components
from dragbrush.errors import BadModel, BadRequest, Conflict, NoServer, StorageFailed
from dragbrush.models import find_model, notes
from dragbrush.models.pull import pull
from fake_hub import COMMIT, LICENCE, FakeHub, FakeRepository


def test_pulled_model_can_be_loaded_by_its_name(repository: FakeRepository, tiny_sd15_folder: Path) -> None:
    pull(ID)

    loaded = load_components(find_model("tiny-model"), device=torch.device("cpu"))
    original = load_components(tiny_sd15_folder, device=torch.device("cpu"))
    assert torch.equal(loaded.unet.conv_in.weight, original.unet.conv_in.weight)


def test_only_what_an_edit_needs_is_downloaded(hub: FakeHub, repository: FakeRepository, cache_folder: Path) -> None:
    pull(ID)

    taken = {line.split(" ")[1].split(f"{COMMIT}/")[1] for line in hub.asked if f"{COMMIT}/" in line}
    assert UNET in taken
    assert not [name for name in taken if name.endswith((".bin", ".md", ".fp16.safetensors")) or "safety" in name]
    assert not list(cache_folder.rglob("escape.json"))


def test_note_tells_source_commit_licence_and_hashes(repository: FakeRepository) -> None:
    note = pull(ID).note

    assert (note.source, note.revision, note.licence, note.kind) == (ID, COMMIT, LICENCE, "hub")
    assert notes.find_note("tiny-model") == note
    unet = next(file for file in note.files if file.path.endswith(UNET))
    assert unet.sha256 == hashlib.sha256(repository.files[UNET]).hexdigest()
    assert unet.size_bytes == len(repository.files[UNET])


def test_nothing_lies_on_the_disk_twice(repository: FakeRepository, models_folder: Path) -> None:
    note = pull(ID).note

    own = [path for path in note.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert [path.name for path in own] == ["dragbrush.json"]
    assert list(models_folder.iterdir()).count(note.folder) == 1


def test_second_pull_downloads_nothing(hub: FakeHub, repository: FakeRepository) -> None:
    pull(ID)
    hub.asked.clear()

    again = pull(ID)

    assert again.downloaded_bytes == 0
    assert hub.downloads("resolve") == []


def test_file_of_another_revision_in_the_cache_is_used(
    hub: FakeHub, repository: FakeRepository, cache_folder: Path
) -> None:
    content = repository.files[UNET]
    blob = cache_folder / "models--someone--tiny-model" / "blobs" / hashlib.sha256(content).hexdigest()
    blob.parent.mkdir(parents=True)
    blob.write_bytes(content)

    note = pull(ID).note

    assert hub.downloads(UNET) == []
    assert not next(file for file in note.files if file.path.endswith(UNET)).is_ours


def test_half_precision_stands_in_for_missing_full_weights(repository: FakeRepository) -> None:
    repository.files[HALF_UNET] = repository.files.pop(UNET)

    pulled = pull(ID)

    assert pulled.halved == ("unet",)
    assert load_components(find_model("tiny-model"), device=torch.device("cpu")).unet.config["in_channels"] == 4


def test_dropped_connection_is_taken_up_where_it_broke(hub: FakeHub, repository: FakeRepository) -> None:
    repository.drops[UNET] = [100_000, 50_000]

    pull(ID)

    assert [line.split("bytes=")[-1] for line in hub.downloads(UNET)[1:]] == ["100000-", "150000-"]
    assert find_model("tiny-model")


def test_next_pull_goes_on_from_an_interrupted_one(
    hub: FakeHub, repository: FakeRepository, cache_folder: Path
) -> None:
    def interrupt(phase: str, done: int, total: int) -> None:
        if phase == "download" and total > 1_000_000:
            raise KeyboardInterrupt

    repository.drops[UNET] = [300_000]
    with pytest.raises(KeyboardInterrupt):
        pull(ID, on_progress=interrupt)
    hub.asked.clear()
    repository.drops.clear()
    (partial,) = cache_folder.rglob("*.dragbrush.incomplete")
    had_bytes = partial.stat().st_size

    pulled = pull(ID)

    assert had_bytes > 0
    assert [line.split("bytes=")[-1] for line in hub.downloads(UNET)] == [f"{had_bytes}-"]
    assert pulled.note.folder == find_model("tiny-model")


def test_hub_without_ranges_sends_the_whole_file_again(hub: FakeHub, repository: FakeRepository) -> None:
    repository.ignores_ranges = True
    repository.drops[UNET] = [100_000]

    pull(ID)

    assert len(hub.downloads(UNET)) == 2
    assert find_model("tiny-model")


def test_progress_reaches_its_total(repository: FakeRepository) -> None:
    seen: list[tuple[str, int, int]] = []
    repository.drops[UNET] = [100_000]

    pull(ID, on_progress=lambda *step: seen.append(step))

    downloads = [(done, total) for phase, done, total in seen if phase == "download"]
    assert downloads[-1][0] == downloads[-1][1]
    assert all(done <= total for done, total in downloads)


@pytest.mark.parametrize("name", [UNET, "unet/config.json"])
def test_wrong_hash_is_refused_and_the_file_is_gone(
    hub: FakeHub, repository: FakeRepository, cache_folder: Path, name: str
) -> None:
    repository.corrupt.add(name)

    text = refusal(BadModel)

    assert name in text
    assert not list(cache_folder.rglob(Path(name).name if name == UNET else "unet/config.json"))
    assert notes.installed() == []
    repository.corrupt.clear()
    assert pull(ID).note.name == "tiny-model"


def test_damaged_file_in_the_cache_is_downloaded_again(hub: FakeHub, repository: FakeRepository) -> None:
    note = pull(ID).note
    file = next(Path(file.path) for file in note.files if file.path.endswith(UNET)).resolve()
    file.write_bytes(file.read_bytes()[:-1] + b"?")

    assert pull(ID).downloaded_bytes == len(repository.files[UNET])
    assert file.read_bytes() == repository.files[UNET]


def test_too_little_space_is_told_before_the_weights(hub: FakeHub, repository: FakeRepository) -> None:
    repository.claimed_bytes[UNET] = 10**15

    text = refusal(StorageFailed)

    assert "1000000.0 GB" in text
    assert "HF_HOME" in text
    assert hub.downloads(".safetensors") == []


def test_disk_that_fills_up_meanwhile_is_told(repository: FakeRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __init__(self, *args: object) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("dragbrush.models.hub._stream", Full)

    assert "disk is full" in refusal(StorageFailed)


def test_offline_takes_what_the_cache_holds(hub: FakeHub, repository: FakeRepository, models_folder: Path) -> None:
    pull(ID, revision="main")
    (models_folder.parent / "kept").mkdir(exist_ok=True)
    shutil.rmtree(models_folder / "tiny-model")
    reference = Path(constants.HF_HUB_CACHE) / "models--someone--tiny-model" / "refs" / "main"
    reference.parent.mkdir(exist_ok=True)
    reference.write_text(COMMIT)
    hub.asked.clear()

    pulled = pull(ID, offline=True)

    assert hub.asked == []
    assert pulled.note.revision == COMMIT
    assert find_model("tiny-model") == pulled.note.folder


@pytest.mark.parametrize("way", ["option", "HF_HUB_OFFLINE"])
def test_offline_without_the_files_is_told(hub: FakeHub, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", way == "HF_HUB_OFFLINE")

    text = refusal(BadRequest, offline=way == "option")

    assert "offline" in text
    assert hub.asked == []


def test_unknown_id_is_told(hub: FakeHub) -> None:
    assert ID in refusal(BadModel)


def test_gated_model_is_told_with_the_way_to_it(hub: FakeHub, repository: FakeRepository) -> None:
    repository.error_code = "GatedRepo"

    text = refusal(BadModel)

    assert "licence" in text
    assert f"{hub.url}/{ID}" in text


def test_unknown_revision_is_told(repository: FakeRepository) -> None:
    assert "revision" in refusal(BadModel, revision="no-such-branch")


def test_failing_hub_is_told(repository: FakeRepository) -> None:
    repository.error_code = "500"

    assert "500" in refusal(NoServer)


def test_no_network_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")

    assert "network" in refusal(NoServer)


@pytest.mark.parametrize("text", ["no-such-name", "a/b/c", "../x", "a b/c"])
def test_what_is_neither_name_nor_id_is_refused_unasked(hub: FakeHub, text: str) -> None:
    assert text in refusal(BadModel, text)
    assert hub.asked == []


def test_name_of_another_model_is_not_taken_over(hub: FakeHub, repository: FakeRepository) -> None:
    hub.repositories["other/tiny-model"] = repository
    pull(ID)

    assert "--name" in refusal(Conflict, "other/tiny-model")
    assert pull("other/tiny-model", name="second").note.name == "second"


@pytest.mark.parametrize("name", ["toybox", "default", "Upper", "a/b", "..", "", "x" * 65])
def test_name_that_cannot_be_one_is_refused(repository: FakeRepository, name: str) -> None:
    if name:
        assert name in refusal(BadRequest, name=name)


def test_two_pulls_do_not_run_at_once(repository: FakeRepository, models_folder: Path) -> None:
    with FileLock(models_folder / ".pull.lock"):
        assert "running" in refusal(Conflict)


def test_emptied_cache_is_told_when_the_model_is_used(repository: FakeRepository, cache_folder: Path) -> None:
    pull(ID)
    shutil.rmtree(cache_folder / "models--someone--tiny-model")

    with pytest.raises(BadModel, match="again"):
        find_model("tiny-model")


def test_remove_deletes_what_was_downloaded(repository: FakeRepository, cache_folder: Path) -> None:
    pull(ID)

    notes.remove("tiny-model")

    assert notes.installed() == []
    assert not [path for path in cache_folder.rglob("*") if path.is_file() and path.stat().st_size > 100_000]


def test_remove_leaves_what_other_programs_downloaded(repository: FakeRepository, cache_folder: Path) -> None:
    blob = cache_folder / "models--someone--tiny-model" / "blobs"
    blob.mkdir(parents=True)
    blob /= hashlib.sha256(repository.files[UNET]).hexdigest()
    blob.write_bytes(repository.files[UNET])
    pull(ID)

    notes.remove("tiny-model")

    assert blob.is_file()


def test_remove_leaves_what_another_name_uses(repository: FakeRepository) -> None:
    pull(ID)
    pull(ID, name="second")

    notes.remove("tiny-model")

    assert find_model("second")


def test_newer_revision_takes_the_place_of_the_older(repository: FakeRepository, cache_folder: Path) -> None:
    old = pull(ID).note
    repository.commit = "6b" * 20
    repository.files[UNET] = repository.files[UNET] + b"!"

    new = pull(ID).note

    assert new.revision == repository.commit
    old_unet = hashlib.sha256(repository.files[UNET][:-1]).hexdigest()
    assert old_unet in {file.sha256 for file in old.files}
    assert not list(cache_folder.rglob(old_unet))
    assert all(Path(file.path).is_file() for file in new.files)


def test_older_revision_can_be_asked_for(repository: FakeRepository) -> None:
    assert pull(ID, revision=COMMIT).note.revision == COMMIT


@pytest.mark.parametrize("text", ["../../../outside", "x" * 64, "/tmp/outside", ""])
def test_hash_that_is_none_becomes_no_file_name(
    repository: FakeRepository, cache_folder: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    entry = repository.entry

    def hostile(name: str) -> dict:
        found = entry(name)
        if "lfs" in found:
            found["lfs"]["sha256"] = text
        return {**found, "blobId": text}

    monkeypatch.setattr(repository, "entry", hostile)

    assert "hash" in refusal(BadModel)
    assert not list(cache_folder.parent.rglob("outside*"))


def test_token_goes_to_the_hub_and_to_no_other_host(
    hub: FakeHub, repository: FakeRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with FakeHub() as other:
        other.repositories[ID] = FakeRepository(repository.files)
        repository.redirects_to = other.url.replace("127.0.0.1", "localhost")

        pull(ID)

    assert hub.tokens == {"Bearer hf_secret"}
    assert other.downloads(UNET)
    assert other.tokens == set()
