"""The Hugging Face hub: what a repository holds, and its files brought into the Hugging Face cache, checked.

Weights are downloaded here and not by `hf_hub_download`, which begins a file anew after every interruption. They
enter the cache only once their hash is right, in the place where every program that uses the cache finds them.
"""

import errno
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from huggingface_hub import HfApi, constants, get_session, hf_hub_download, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

from dragbrush.errors import BadModel, BadRequest, NoServer, StorageFailed
from dragbrush.models.hashes import git_sha1_of, sha256_of

OnBytes = Callable[[int], None]
"""Called with how many bytes more are done."""

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ANSWER_S = 20.0
_ATTEMPTS = 5
"""In a row without a byte; a dropped connection is taken up again where it broke."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a repository."""

    name: str
    size_bytes: int
    sha256: str | None
    """Of files in large file storage, which all weights are."""
    git_sha1: str | None


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository at one commit."""

    hub_id: str
    revision: str
    licence: str | None
    files: dict[str, HubFile]


def cache_folder() -> Path:
    """The Hugging Face cache, which other programs share."""
    return Path(constants.HF_HUB_CACHE)


def is_offline() -> bool:
    """Whether HF_HUB_OFFLINE forbids the network."""
    return constants.is_offline_mode()


def repository_folder(hub_id: str) -> Path:
    """Where the cache keeps a repository."""
    return cache_folder() / f"models--{hub_id.replace('/', '--')}"


def look_up(hub_id: str, revision: str | None) -> Repository:
    """What the hub has under a name. Raises `BadModel`, `BadRequest` or `NoServer`."""
    with _plain_errors(hub_id):
        found = HfApi(endpoint=constants.ENDPOINT).model_info(
            hub_id, revision=revision, files_metadata=True, timeout=_ANSWER_S
        )
    files = {
        entry.rfilename: HubFile(
            entry.rfilename, entry.size or 0, _hash(entry.lfs.sha256 if entry.lfs else None), _hash(entry.blob_id)
        )
        for entry in found.siblings or ()
    }
    if not _hash(found.sha):
        raise NoServer(f"The model hub at {constants.ENDPOINT} did not say which revision of '{hub_id}' it has.")
    licence = next((tag.removeprefix("license:") for tag in found.tags or () if tag.startswith("license:")), None)
    return Repository(hub_id, str(found.sha), licence, files)


def _hash(text: str | None) -> str | None:
    """A hash that the hub said; it becomes a file name, so that nothing else may pass."""
    return text if text and _HASH.fullmatch(text) else None


def cached(repository: Repository, file: HubFile) -> Path | None:
    """The file in the cache, from whichever program and revision; None where it has to be downloaded."""
    path = try_to_load_from_cache(repository.hub_id, file.name, cache_dir=cache_folder(), revision=repository.revision)
    if isinstance(path, str):
        return Path(path)
    blob = repository_folder(repository.hub_id) / "blobs" / (file.sha256 or file.git_sha1 or "none")
    return blob if blob.is_file() else None


def bytes_to_come(repository: Repository, file: HubFile) -> int:
    """What a download still has to bring, after an interrupted one."""
    partial = _partial(repository, file)
    return file.size_bytes - min(file.size_bytes, partial.stat().st_size if partial.is_file() else 0)


def fetch(repository: Repository, file: HubFile, on_bytes: OnBytes) -> Path:
    """The file in the cache, downloaded where it is not there yet; its hash is checked.

    Raises `BadModel` for a wrong hash, whose file is deleted, `NoServer` where the hub cannot be reached and
    `StorageFailed` for a full disk.
    """
    with _plain_errors(repository.hub_id):
        if file.sha256 and cached(repository, file) is None:
            _download(repository, file, on_bytes)
        path = Path(
            hf_hub_download(
                repository.hub_id,
                file.name,
                revision=repository.revision,
                cache_dir=cache_folder(),
                endpoint=constants.ENDPOINT,
            )
        )
        blob = repository_folder(repository.hub_id) / "blobs" / (file.sha256 or "none")
        if blob.is_file() and not path.is_symlink():
            blob.unlink()  # without symbolic links the cache copies, which would take the space twice
    return path


def is_intact(path: Path, file: HubFile) -> bool:
    """Whether a file of the cache is what the hub said it is."""
    if file.sha256:
        return sha256_of(path) == file.sha256
    return file.git_sha1 in (None, git_sha1_of(path))


def discard(path: Path) -> None:
    """Take a damaged file out of the cache."""
    path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def damaged(repository: Repository, file: HubFile) -> BadModel:
    """The error of a wrong hash."""
    return BadModel(
        f"'{file.name}' of '{repository.hub_id}' arrived damaged (its hash is not the hub's) and was deleted; "
        "pull the model again."
    )


def _partial(repository: Repository, file: HubFile) -> Path:
    return repository_folder(repository.hub_id) / "blobs" / f"{file.sha256}.dragbrush.incomplete"


def _download(repository: Repository, file: HubFile, on_bytes: OnBytes) -> None:
    """Bring a file of known hash into the cache's store, going on from what an earlier try left."""
    partial = _partial(repository, file)
    partial.parent.mkdir(parents=True, exist_ok=True)
    if partial.is_file() and partial.stat().st_size > file.size_bytes:
        partial.unlink()
    url = hf_hub_url(repository.hub_id, file.name, revision=repository.revision, endpoint=constants.ENDPOINT)
    attempts = _ATTEMPTS
    while bytes_to_come(repository, file):
        before = bytes_to_come(repository, file)
        try:
            _stream(url, partial, on_bytes)
            if bytes_to_come(repository, file) == before:
                partial.unlink(missing_ok=True)
                raise damaged(repository, file)
        except httpx2.TransportError:
            attempts = _ATTEMPTS if bytes_to_come(repository, file) < before else attempts - 1
            if not attempts:
                raise
    if sha256_of(partial) != file.sha256:
        partial.unlink()
        raise damaged(repository, file)
    partial.replace(partial.with_name(str(file.sha256)))


def _stream(url: str, partial: Path, on_bytes: OnBytes) -> None:
    have = partial.stat().st_size if partial.is_file() else 0
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = get_session().stream("GET", url, headers=headers, follow_redirects=True, timeout=_ANSWER_S)
    with request as response:
        hf_raise_for_status(response)
        goes_on = response.status_code == httpx2.codes.PARTIAL_CONTENT
        if have and not goes_on:
            on_bytes(-have)
        with partial.open("ab" if goes_on else "wb") as stream:
            for chunk in response.iter_raw():
                stream.write(chunk)
                on_bytes(len(chunk))


@contextmanager
def _plain_errors(hub_id: str) -> Iterator[None]:
    """Every way in which the hub and the network fail, as one sentence."""
    hub = constants.ENDPOINT
    try:
        yield
    except GatedRepoError as error:
        raise BadModel(
            f"'{hub_id}' is given out after its licence was accepted: open {hub}/{hub_id}, accept it, log in with "
            "'hf auth login', and pull again."
        ) from error
    except RepositoryNotFoundError as error:
        raise BadModel(
            f"There is no model '{hub_id}' at {hub}, or it is private; check the spelling, or log in with "
            "'hf auth login' if it is yours."
        ) from error
    except RevisionNotFoundError as error:
        raise BadModel(f"The model '{hub_id}' has no such revision; leave --revision out for the newest.") from error
    except HFValidationError as error:
        raise BadModel(f"'{hub_id}' is no hub id; a hub id has the form OWNER/NAME.") from error
    except OfflineModeIsEnabled as error:
        raise BadRequest(offline_sentence(hub_id)) from error
    except HfHubHTTPError as error:
        raise NoServer(
            f"The model hub at {hub} answered '{error.response.status_code}' for '{hub_id}'; try again later."
        ) from error
    except (httpx2.HTTPError, EntryNotFoundError) as error:
        raise NoServer(
            f"The model hub at {hub} cannot be reached; check the network and pull again: what was downloaded is kept."
        ) from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        why = "the disk is full" if full else error.strerror or str(error)
        raise StorageFailed(
            f"'{cache_folder()}' cannot be written ({why}); free some space, or set HF_HOME to a folder on another "
            "disk, and pull again: what was downloaded is kept."
        ) from error


def offline_sentence(hub_id: str) -> str:
    """Why nothing is downloaded."""
    return (
        f"'{hub_id}' is not whole in the Hugging Face cache '{cache_folder()}' and offline mode forbids downloading "
        "it; leave --offline out and unset HF_HUB_OFFLINE."
    )
