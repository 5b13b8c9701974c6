"""Installing a model from the hub: a folder of links into the Hugging Face cache, so that nothing lies there twice."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from dragbrush.errors import BadModel, BadRequest, Conflict, StorageFailed
from dragbrush.models import hub, notes
from dragbrush.models.families import check_editable, family_of_folder, read_settings
from dragbrush.models.hashes import sha256_of
from dragbrush.models.known import find_known
from dragbrush.models.layout import INDEX, Choice, check_index, choose_files, choose_in_folder, parts_of_pipeline
from dragbrush.models.links import link_file
from dragbrush.models.notes import Note, NotedFile

OnProgress = Callable[[str, int, int], None]
"""Called with a phase, the bytes done and all bytes of the phase."""

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought."""

    note: Note
    halved: tuple[str, ...]
    """Parts whose weights are half precision, for want of full ones."""
    downloaded_bytes: int


def pull(
    name_or_id: str,
    *,
    revision: str | None = None,
    name: str | None = None,
    offline: bool = False,
    on_progress: OnProgress = lambda phase, done, total: None,
) -> Pulled:
    """Install a well-known model by name, or any by hub id, at a revision.

    `offline` installs what the cache holds and touches no network. A pull that was interrupted goes on where it
    stopped. Raises `BadModel`, `BadRequest`, `NoServer`, `StorageFailed` or `Conflict`.
    """
    known = find_known(name_or_id)
    hub_id = known.hub_id if known else name_or_id
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", hub_id):
        raise BadModel(
            f"There is no well-known model '{name_or_id}'; 'dragbrush models list' names them, and any other is "
            "pulled by its hub id, OWNER/NAME."
        )
    if known:
        revision = revision or known.revision
    name = name or (known.name if known else notes.name_from(hub_id.split("/")[1]))
    notes.check_name(name)
    notes.check_free(name, hub_id)
    with _alone():
        if offline or hub.is_offline():
            source = _from_cache(hub_id, revision, on_progress)
        else:
            source = _from_hub(hub_id, revision, on_progress)
        return _install(source, name, hub_id, known.licence if known else None)


@dataclass(frozen=True, slots=True)
class _Source:
    """The chosen files of a repository, all in the cache."""

    revision: str
    licence: str | None
    choice: Choice
    paths: dict[str, Path]
    """By the name in a model folder."""
    sha256: dict[str, str]
    downloaded: dict[str, int]
    """Sizes of those that were downloaded just now."""


def _install(source: _Source, name: str, hub_id: str, licence: str | None) -> Pulled:
    former = notes.find_note(name)
    ours = {file.path for file in former.files if file.is_ours} if former else set()
    files = tuple(
        NotedFile(
            str(path),
            path.stat().st_size,
            source.sha256[target],
            is_ours=target in source.downloaded or str(path) in ours,
        )
        for target, path in source.paths.items()
    )
    with notes.new_folder(name) as folder:
        for target, path in source.paths.items():
            link_file(path, folder / target)
        note = Note(
            name=name,
            kind="hub",
            source=hub_id,
            family=family_of_folder(folder).id,
            files=files,
            revision=source.revision,
            licence=source.licence or licence,
        )
        notes.finish(folder, note)
    return Pulled(note, source.choice.halved, sum(source.downloaded.values()))


def _from_hub(hub_id: str, revision: str | None, on_progress: OnProgress) -> _Source:
    repository = hub.look_up(hub_id, revision)
    fetching = _Fetching(repository, on_progress)
    check_index(repository.files, f"'{hub_id}'")
    fetching.fetch({INDEX: repository.files[INDEX]})
    choice = choose_files(repository.files, read_settings(fetching.paths[INDEX]), f"'{hub_id}'")
    small = {target: repository.files[source] for target, source in choice.small.items()}
    large = {target: repository.files[source] for target, source in choice.files.items() if target not in small}
    if unsure := next((file.name for file in large.values() if not file.sha256), None):
        raise BadModel(f"The hub gives no hash of '{unsure}' of '{hub_id}', which is not downloaded unchecked.")
    # The small files tell what the model is before gigabytes are spent on one that cannot be used.
    fetching.fetch(small)
    check_editable(family_of_folder(fetching.paths[INDEX].parent), f"'{hub_id}'")
    fetching.check_cached(large)
    fetching.check_space(large)
    fetching.fetch(large)
    return _Source(
        repository.revision,
        repository.licence,
        choice,
        fetching.paths,
        {target: sha256_of(path) if target in small else str((small | large)[target].sha256)
         for target, path in fetching.paths.items()},
        fetching.downloaded,
    )  # fmt: skip


class _Fetching:
    """The files of one repository on their way into the cache."""

    def __init__(self, repository: hub.Repository, on_progress: OnProgress) -> None:
        self.paths: dict[str, Path] = {}
        self.downloaded: dict[str, int] = {}
        self._repository = repository
        self._on_progress = on_progress

    def check_cached(self, files: dict[str, hub.HubFile]) -> None:
        """Discard what another program, or a broken disk, left damaged in the cache."""
        present = {file.name: path for file in files.values() if (path := hub.cached(self._repository, file))}
        count = _Counter("check", sum(path.stat().st_size for path in present.values()), self._on_progress)
        for file in files.values():
            if (path := present.get(file.name)) and sha256_of(path, count) != file.sha256:
                hub.discard(path)

    def check_space(self, files: dict[str, hub.HubFile]) -> None:
        """Raises `StorageFailed` where the disk cannot hold what is missing."""
        needed = self._missing_bytes(files)
        place = next(folder for folder in (hub.cache_folder(), *hub.cache_folder().parents) if folder.is_dir())
        free = shutil.disk_usage(place).free
        if needed > free:
            raise StorageFailed(
                f"'{self._repository.hub_id}' needs {needed / 1e9:.1f} GB more and '{hub.cache_folder()}' has "
                f"{free / 1e9:.1f} GB free; free some space, or set HF_HOME to a folder on another disk."
            )

    def fetch(self, files: dict[str, hub.HubFile]) -> None:
        """Bring them into the cache."""
        count = _Counter("download", self._missing_bytes(files), self._on_progress)
        for target, file in files.items():
            is_new = hub.cached(self._repository, file) is None
            path = hub.fetch(self._repository, file, count)
            if not file.sha256 and not hub.is_intact(path, file):
                hub.discard(path)
                raise hub.damaged(self._repository, file)
            self.paths[target] = path
            if is_new:
                self.downloaded[target] = file.size_bytes

    def _missing_bytes(self, files: dict[str, hub.HubFile]) -> int:
        return sum(
            hub.bytes_to_come(self._repository, file)
            for file in files.values()
            if hub.cached(self._repository, file) is None
        )


class _Counter:
    """Adds up the bytes of a phase."""

    def __init__(self, phase: str, total: int, on_progress: OnProgress) -> None:
        self._phase, self._total, self._on_progress = phase, total, on_progress
        self._done = 0

    def __call__(self, count: int) -> None:
        self._done += count
        self._on_progress(self._phase, self._done, self._total)


def _from_cache(hub_id: str, revision: str | None, on_progress: OnProgress) -> _Source:
    """What the cache holds of a repository, without the network. Raises `BadRequest` where that is not enough."""
    snapshot = cached_snapshot(hub_id, revision)
    if snapshot is None or not (snapshot / INDEX).is_file():
        raise BadRequest(hub.offline_sentence(hub_id))
    parts_of_pipeline(read_settings(snapshot / INDEX), f"'{hub_id}'")
    try:
        choice = choose_in_folder(snapshot, f"'{hub_id}'")
    except BadModel as error:
        raise BadRequest(hub.offline_sentence(hub_id)) from error
    paths = {target: snapshot / source for target, source in choice.files.items()}
    check_editable(family_of_folder(snapshot), f"'{hub_id}'")
    count = _Counter("check", sum(path.stat().st_size for path in paths.values()), on_progress)
    return _Source(
        snapshot.name, None, choice, paths, {target: sha256_of(path, count) for target, path in paths.items()}, {}
    )


def cached_snapshot(hub_id: str, revision: str | None) -> Path | None:
    """The folder of one revision in the cache: the one asked for, else that of the main branch."""
    folder = hub.repository_folder(hub_id)
    commit = revision or "main"
    if not _COMMIT.fullmatch(commit):
        reference = folder / "refs" / commit
        if ".." in commit or not reference.is_file():
            return None
        commit = reference.read_text(encoding="utf-8").strip()
    snapshot = folder / "snapshots" / commit
    return snapshot if _COMMIT.fullmatch(commit) and snapshot.is_dir() else None


@contextmanager
def _alone() -> Iterator[None]:
    """One pull at a time: two would write to the same unfinished file."""
    folder = notes.models_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".pull.lock", timeout=0):
            yield
    except Timeout as error:
        raise Conflict("Another pull is running; wait until it is done.") from error
