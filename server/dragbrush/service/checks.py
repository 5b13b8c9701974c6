"""What of a request can be seen to be wrong before any pixel is read."""

from dragbrush.errors import BadRequest
from dragbrush.presets import PRESETS, settings_for
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.messages import Drag, Pixels, Prepare, Submit
from dragbrush.protocol.pixels import byte_length
from dragbrush.service.blobs import BlobStore
from dragbrush.service.catalogue import tools

MAX_ICC_BYTES = 16 * 1024 * 1024


def check_edit(request: Submit | Prepare, blobs: BlobStore) -> None:
    """Raises `ProtocolError` with the field's path."""
    _check_what(request)
    _check_picture("image", request.image.pixels, request.image.blob, blobs)
    image = request.image.pixels
    if request.mask is not None:
        mask = request.mask.pixels
        _check_picture("mask", mask, request.mask.blob, blobs)
        if (mask.width, mask.height) != (image.width, image.height):
            raise ProtocolError(
                "bad_request",
                f"The selection has {mask.width} x {mask.height} pixels, the picture {image.width} x {image.height}; "
                "send both in one size.",
                path="$.mask.pixels",
            )
        if (mask.channels, mask.depth) != ("gray", "u8"):
            raise ProtocolError("bad_request", "The selection is sent as gray, u8.", path="$.mask.pixels")
    check_drags(request.drags, image)
    if isinstance(request, Submit) and not request.is_live:
        if not request.drags:
            raise ProtocolError("bad_request", "There is no drag; give at least one handle and target.", path="$.drags")
        for number, drag in enumerate(request.drags):
            if drag.handle == drag.target:
                raise ProtocolError(
                    "bad_request", "The handle is its own target; pull it somewhere.", path=f"$.drags[{number}].target"
                )


def check_drags(drags: list[Drag], image: Pixels) -> None:
    """Raises `ProtocolError` for a point outside of the picture. A hand that has not moved yet is let be."""
    for number, drag in enumerate(drags):
        for end in ("handle", "target"):
            x, y = getattr(drag, end)
            if not (-0.5 <= x < image.width - 0.5 and -0.5 <= y < image.height - 0.5):
                raise ProtocolError(
                    "bad_request",
                    f"The {end} ({x:g}, {y:g}) lies outside of the picture of {image.width} x {image.height} pixels.",
                    path=f"$.drags[{number}].{end}",
                )


def _check_what(request: Submit | Prepare) -> None:
    tool = next((tool for tool in tools() if tool.id == request.tool), None)
    if tool is None:
        names = ", ".join(tool.id for tool in tools())
        raise ProtocolError("unsupported", f"There is no tool '{request.tool}'; there is {names}.", path="$.tool")
    speed = next((speed for speed in tool.speeds if speed.id == request.speed), None)
    if speed is None:
        names = ", ".join(speed.id for speed in tool.speeds)
        raise ProtocolError("unsupported", f"There is no speed '{request.speed}'; choose of {names}.", path="$.speed")
    if isinstance(request, Prepare) and not speed.has_prepare:
        raise ProtocolError("unsupported", f"The speed '{speed.id}' needs nothing prepared.", path="$.speed")
    if isinstance(request, Submit) and request.is_live and not speed.is_live:
        raise ProtocolError("unsupported", f"The speed '{speed.id}' cannot follow a hand.", path="$.speed")
    if isinstance(request, Submit) and request.is_live and not request.preview_px:
        raise ProtocolError("bad_request", "A live job answers with previews; ask for some.", path="$.preview_px")
    if request.speed in PRESETS:
        for name, value in request.params.items():
            try:
                settings_for(request.speed, {name: value})
            except BadRequest as error:
                raise ProtocolError("bad_request", str(error), path=f"$.params.{name}") from error
    elif request.params:
        raise ProtocolError("bad_request", f"The speed '{request.speed}' has no settings.", path="$.params")


def _check_picture(field: str, pixels: Pixels, blob: str, blobs: BlobStore) -> None:
    try:
        wanted, size = byte_length(pixels), blobs.size(blob)
        icc_bytes = 0 if pixels.icc is None else blobs.size(pixels.icc)
    except ProtocolError as error:
        error.path = f"$.{field}"
        raise
    if size != wanted:
        raise ProtocolError(
            "bad_image",
            f"The {field}'s blob has {size} bytes; {pixels.width} x {pixels.height} pixels of {pixels.channels}, "
            f"{pixels.depth} take {wanted}.",
            path=f"$.{field}",
        )
    if icc_bytes > MAX_ICC_BYTES:
        raise ProtocolError("too_large", f"The profile is over {MAX_ICC_BYTES} bytes.", path=f"$.{field}.pixels.icc")
