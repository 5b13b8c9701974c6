"""Which device and number format is chosen, and why."""

from collections.abc import Callable

import pytest
import torch

from dragbrush.engine.devices import choose_device, ran_out_of_memory
from dragbrush.errors import BadRequest

Card = Callable[..., None]


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    """Has torch say that there is a card; what it would say of a real one."""

    def put_in(name: str, capability: tuple[int, int], *, hip: str | None = None) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda *_: name)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda *_: capability)
        monkeypatch.setattr(torch.version, "hip", hip)

    return put_in


def test_cpu_computes_in_single_precision_and_says_why() -> None:
    device = choose_device("cpu")

    assert (device.place, device.dtype) == (torch.device("cpu"), torch.float32)
    assert device.reason == "the CPU, as asked for, in float32: CPUs are no faster in half precision."


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="there is a better one")
def test_auto_says_why_it_found_no_graphics_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "13.0")

    device = choose_device()

    assert device.place.type == "cpu"
    assert "torch was built for CUDA and finds no card or driver for it" in device.reason


@pytest.mark.parametrize(
    ("name", "capability", "hip", "dtype"),
    [
        ("NVIDIA GeForce RTX 4090", (8, 9), None, torch.float16),
        ("Tesla V100-SXM2-16GB", (7, 0), None, torch.float16),
        ("NVIDIA GeForce GTX 1660 Ti", (7, 5), None, torch.float32),
        ("NVIDIA GeForce GTX 1080", (6, 1), None, torch.float32),
        ("AMD Radeon RX 7900 XTX", (11, 0), "7.1", torch.float16),
    ],
)
def test_card_has_the_number_format_that_suits_it(
    card: Card, name: str, capability: tuple[int, int], hip: str | None, dtype: torch.dtype
) -> None:
    card(name, capability, hip=hip)

    device = choose_device()

    assert (device.place.type, device.dtype) == ("cuda", dtype)
    assert device.reason.startswith(name)
    assert ("ROCm" in device.reason) == (hip is not None)


@pytest.mark.parametrize(
    ("device", "precision", "dtype"),
    [("cpu", "half", torch.bfloat16), ("cuda", "half", torch.float16), ("cuda", "full", torch.float32)],
)
def test_precision_can_be_asked_for(card: Card, device: str, precision: str, dtype: torch.dtype) -> None:
    card("NVIDIA GeForce GTX 1650", (7, 5))

    chosen = choose_device(device, precision)

    assert chosen.dtype == dtype
    assert "as asked for" in chosen.reason


@pytest.mark.parametrize(("name", "precision"), [("tpu", "auto"), ("cpu", "double")])
def test_what_does_not_exist_is_refused(name: str, precision: str) -> None:
    with pytest.raises(BadRequest, match="choose one of auto"):
        choose_device(name, precision)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is one")
def test_named_device_must_be_present() -> None:
    with pytest.raises(BadRequest, match="no cuda device"):
        choose_device("cuda")


def test_memory_of_the_device_is_told() -> None:
    memory = choose_device("cpu").memory()

    assert 0 < memory.free < memory.total


def test_allocator_without_an_error_type_of_its_own_is_understood() -> None:
    with pytest.raises(RuntimeError) as failed:
        torch.empty(2**60)

    assert ran_out_of_memory(failed.value)
    assert not ran_out_of_memory(RuntimeError("shapes do not match"))
