"""Whole conversations: the transcripts, and a session over sockets that drop at any moment."""

import json
from typing import Any

import msgspec
import pytest
from conformance import each, fits, unhurried, vectors
from hypothesis import given
from hypothesis import strategies as st

from dragbrush.protocol.codec import decode_from_server, encode
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.messages import Client, Error, Reliable, State, Welcome
from dragbrush.protocol.peer import Peer
from dragbrush.protocol.session import EventLog, Listener

CLIENT = Client("test", "1")


def _text(said: Any) -> str:
    return said if isinstance(said, str) else json.dumps(said)


def _heard(peer: Peer, text: str) -> dict[str, Any]:
    """The step that says what came of a text frame."""
    try:
        message = peer.receive(text)
    except ProtocolError as error:
        return {"refused": error.code}
    return {"event": msgspec.to_builtins(message)}


@pytest.mark.parametrize("transcript", each("transcripts/client.json"))
def test_client(transcript: dict[str, Any]) -> None:
    peer, sent, heard = Peer(CLIENT), [], {}

    for at, step in enumerate(transcript["steps"]):
        match step:
            case {"connect": _}:
                sent.append(json.loads(encode(peer.hello())))
            case {"send": expected}:
                assert fits(expected, sent.pop(0)), at
            case {"receive": said}:
                heard = _heard(peer, _text(said))
            case {"event": _} | {"refused": _}:
                assert fits(step, heard), at
            case {"drop": _}:
                sent.clear()
            case _:
                pytest.fail(f"step {at} is unknown")


@pytest.mark.parametrize("transcript", each("transcripts/listener.json"))
def test_listener(transcript: dict[str, Any]) -> None:
    listener, answer = Listener(), None

    for at, step in enumerate(transcript["steps"]):
        match step:
            case {"connect": _}:
                listener = Listener()
            case {"receive": said}:
                answer = listener.text(_text(said))
            case {"receive_hex": data}:
                answer = listener.binary(bytes.fromhex(data))
            case {"answer": None}:
                assert not isinstance(answer, Error), at
            case {"answer": expected}:
                assert fits(expected, msgspec.to_builtins(answer)), at
            case {"drop": _}:
                pass
            case _:
                pytest.fail(f"step {at} is unknown")


def _state(seq: int) -> Reliable:
    return State(seq, "job", "queued")


@pytest.mark.parametrize("transcript", each("transcripts/event_log.json"))
def test_event_log(transcript: dict[str, Any]) -> None:
    log = EventLog(transcript["size"])

    for at, step in enumerate(transcript["steps"]):
        for _ in range(step.get("add", 0)):
            log.add(_state)
        if "since" in step:
            events = log.since(step["since"])
            assert (events if events is None else [event.seq for event in events]) == step["gives"], at


def test_there_are_enough_transcripts() -> None:
    assert len(vectors("transcripts")) >= 25


def test_peer_numbers_its_requests() -> None:
    peer = Peer(CLIENT)

    ids = [peer.hello().id, peer.next_id(), peer.hello().id]

    assert len(set(ids)) == 3


@unhurried
@given(st.integers(1, 6), st.lists(st.integers(0, 5) | st.tuples(st.integers(-1, 30)), max_size=12))
def test_event_log_gives_all_that_was_missed_or_none(size: int, steps: list[int | tuple[int]]) -> None:
    log, said = EventLog(size), 0

    for step in steps:
        if isinstance(step, int):
            said += step
            assert [log.add(_state).seq for _ in range(step)] == list(range(said - step + 1, said + 1))
        else:
            (last,) = step
            events = log.since(last)
            can_resume = max(said - size, 0) <= last <= said
            assert (events and [event.seq for event in events]) == (
                [*range(last + 1, said + 1)] if can_resume else None
            )


WELCOME = decode_from_server(vectors("messages/welcome.json")[0]["text"])


@unhurried
@given(st.integers(1, 8), st.lists(st.tuples(st.integers(0, 4), st.integers(0, 8)), max_size=10))
def test_session_over_dropping_sockets_loses_nothing_unsaid(size: int, sockets: list[tuple[int, int]]) -> None:
    """Each socket: so many events are said while it is away, and it drops after so many messages."""
    log, peer, heard, losses = EventLog(size), Peer(CLIENT), [], 0

    for away, until_drop in [*sockets, (0, 100)]:
        for _ in range(away):
            log.add(_state)
        resume = peer.hello().resume
        missed = None if resume is None else log.since(resume.last_seq)
        session = msgspec.structs.replace(WELCOME.session, is_resumed=missed is not None, next_seq=log.next_seq)
        stream = [msgspec.structs.replace(WELCOME, session=session), *(missed or []), log.add(_state)]
        for message in stream[:until_drop]:
            event = peer.receive(encode(message))
            assert event == message
            if isinstance(event, Welcome):
                losses += not event.session.is_resumed
                heard = heard if event.session.is_resumed else [event.session.next_seq - 1]
            else:
                heard.append(event.seq)

    assert heard == list(range(heard[0], log.next_seq))
    assert losses == 1 or log.next_seq - 1 > size
