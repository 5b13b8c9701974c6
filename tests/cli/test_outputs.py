"""Files are written whole or not at all, and a disk without room is told before and after the work."""

import errno
import json
import shutil
import sys
from pathlib import Path

import pytest
from command_line import Command, contents

from dragbrush.cli.outputs import Output, check_outputs, replacing, write_json
from dragbrush.errors import BadRequest, StorageFailed

FULL_DISK = OSError(errno.ENOSPC, "No space left on device")


def _write(path: Path, *, fails: Exception) -> None:
    with replacing(path, force=True) as draft:
        draft.write_bytes(b"half")
        raise fails


def test_file_that_meets_a_full_disk_is_not_left_half(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="disk is full"):
        _write(tmp_path / "r.png", fails=FULL_DISK)

    assert contents(tmp_path) == {}


def test_old_file_outlives_a_failed_replacement(tmp_path: Path) -> None:
    (tmp_path / "r.png").write_bytes(b"old")
    told_with_the_drafts_name = StorageFailed(".r.1.png could not be written.")
    told_with_the_drafts_name.__cause__ = FULL_DISK

    with pytest.raises(StorageFailed, match="disk is full"):
        _write(tmp_path / "r.png", fails=told_with_the_drafts_name)

    assert contents(tmp_path) == {"r.png": b"old"}


def test_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    def write() -> None:
        with replacing(tmp_path / "r.json", force=False) as draft:
            draft.write_text("new")
            (tmp_path / "r.json").write_text("theirs")

    with pytest.raises(BadRequest, match="--force"):
        write()

    assert contents(tmp_path) == {"r.json": b"theirs"}


def test_json_replaces_only_with_force(tmp_path: Path) -> None:
    path = tmp_path / "r.json"

    write_json({"seed": 1}, path, force=False)
    with pytest.raises(BadRequest):
        write_json({"seed": 2}, path, force=False)
    write_json({"seed": 3}, path, force=True)

    assert json.loads(path.read_text()) == {"seed": 3}
    assert [found.name for found in tmp_path.iterdir()] == ["r.json"]


def test_two_names_of_one_output_are_found_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    try:
        (tmp_path / "link").symlink_to("real", target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    outputs = [
        Output(option, tmp_path / folder / "o.png", (".png",))
        for option, folder in (("-o", "real"), ("--compare", "link"))
    ]

    with pytest.raises(BadRequest, match="-o and --compare"):
        check_outputs(outputs, inputs={}, force=False)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder that nobody can write")
def test_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot be written"):
        check_outputs([Output("-o", Path("/proc/out.png"), (".png",))], inputs={}, force=False)


def test_disk_without_room_is_told_before_the_edit(
    dragbrush: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))

    outcome = dragbrush("drag", "in.png", "-o", "out.png", "--point", "50,60:60,60", "--speed", "instant")

    assert outcome.code == 2
    assert "free some space" in outcome.err
    assert contents(folder) == before
