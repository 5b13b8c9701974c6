"""What the tests of pulling share: the repository's name, its files, and how a pull is refused."""

import pytest

from dragbrush.errors import DragbrushError
from dragbrush.models.pull import pull

ID = "someone/tiny-model"
UNET = "unet/diffusion_pytorch_model.safetensors"
HALF_UNET = "unet/diffusion_pytorch_model.fp16.safetensors"


def refusal(kind: type[DragbrushError], hub_id: str = ID, **options: object) -> str:
    with pytest.raises(kind) as error:
        pull(hub_id, **options)  # type: ignore[arg-type]  # the tests' own names
    text = str(error.value)
    assert type(error.value) is kind
    assert "\n" not in text
    assert text.endswith(".")
    return text
