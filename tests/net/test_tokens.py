"""Tokens and the codes that clients get theirs with."""

import os
import stat
from pathlib import Path

import pytest

from dragbrush.errors import StorageFailed
from dragbrush.net.pairing import CODE_S, TRIES, Pairing
from dragbrush.net.tokens import OWN, Tokens, write_private


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def wrong(code: str, number: int) -> str:
    return f"{(int(code) + number) % 10**6:06}"


def test_the_own_token_has_256_bits_and_stays(tmp_path: Path) -> None:
    first, second = Tokens(tmp_path), Tokens(tmp_path)

    assert len(first.own) == 43
    assert first.own == second.own
    assert first.owner(first.own) == OWN


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        tokens = Tokens(tmp_path)
        tokens.pair("panel")
    finally:
        os.umask(before)

    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_a_token_that_was_copied_here_is_hidden_from_others(tmp_path: Path) -> None:
    Tokens(tmp_path)
    (tmp_path / "token").chmod(0o644)

    Tokens(tmp_path)

    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="links of files")
def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    other, folder = tmp_path / "other", tmp_path / "folder"
    other.write_text("kept")
    folder.mkdir()
    for name in ("paired.json", f".paired.json.{os.getpid()}"):
        (folder / name).symlink_to(other)

    write_private(folder / "paired.json", "[]")

    assert other.read_text() == "kept"
    assert [(file.name, file.is_symlink()) for file in folder.iterdir()] == [("paired.json", False)]


def test_a_token_whose_file_was_removed_is_an_old_one(tmp_path: Path) -> None:
    old = Tokens(tmp_path).own
    (tmp_path / "token").unlink()

    assert Tokens(tmp_path).owner(old) is None


@pytest.mark.parametrize("content", ["", " \n", "short"])
def test_a_damaged_token_lets_nobody_in(tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content)

    with pytest.raises(StorageFailed, match="remove it"):
        Tokens(tmp_path)


def test_of_paired_tokens_only_hashes_are_kept(tmp_path: Path) -> None:
    token = Tokens(tmp_path).pair("panel")

    again = Tokens(tmp_path)

    assert again.owner(token) == again.paired()[0].id
    assert token not in (tmp_path / "paired.json").read_text()


def test_a_revoked_token_is_out_also_after_a_restart(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    token, other = tokens.pair("panel"), tokens.pair("other")
    id_ = next(paired.id for paired in tokens.paired() if paired.name == "panel")

    assert tokens.revoke(id_)
    assert not tokens.revoke(id_)
    for known in (tokens, Tokens(tmp_path)):
        assert known.owner(token) is None
        assert known.owner(other) is not None
        assert not known.knows(id_)


def test_where_nothing_can_be_kept_nobody_is_paired_and_a_revoked_one_is_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = Tokens(tmp_path)
    token = tokens.pair("panel")
    monkeypatch.setattr(tokens, "_paired_file", tmp_path / "gone" / "paired.json")

    with pytest.raises(StorageFailed):
        tokens.pair("other")
    with pytest.raises(StorageFailed):
        tokens.revoke(tokens.paired()[0].id)

    assert tokens.paired() == []
    assert tokens.owner(token) is None


def test_no_draft_is_left(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    tokens.pair("panel")

    assert sorted(file.name for file in tmp_path.iterdir()) == ["paired.json", "token"]


def test_a_code_is_good_once() -> None:
    pairing = Pairing()
    code = pairing.begin()

    assert len(code) == 6
    assert pairing.accept(code)
    assert not pairing.accept(code)


def test_without_a_code_nothing_is_accepted() -> None:
    pairing = Pairing()

    assert not any(pairing.accept(code) for code in ("", "000000", "None"))


def test_five_wrong_tries_end_a_code() -> None:
    pairing = Pairing()
    code = pairing.begin()

    assert not any(pairing.accept(wrong(code, number + 1)) for number in range(TRIES))
    assert not pairing.accept(code)


def test_the_fifth_try_may_be_right() -> None:
    pairing = Pairing()
    code = pairing.begin()
    for number in range(TRIES - 1):
        pairing.accept(wrong(code, number + 1))

    assert pairing.accept(code)


def test_a_code_ends_by_itself() -> None:
    clock = Clock()
    pairing = Pairing(clock)
    code = pairing.begin()
    clock.now = CODE_S + 1

    assert not pairing.accept(code)


def test_a_new_code_voids_the_one_before() -> None:
    pairing = Pairing()
    first = pairing.begin()
    second = pairing.begin()

    assert first == second or not pairing.accept(first)
    assert pairing.accept(second)


@pytest.mark.parametrize("code", ["", "١٢٣٤٥٦", "1" * 1000, "12345\n", "\ud800"])
def test_what_is_no_code_is_a_wrong_one(code: str) -> None:
    pairing = Pairing()
    pairing.begin()

    assert not pairing.accept(code)
