"""What of a request can be seen to be wrong before any pixel is read."""

from dragbrush.errors import BadRequest
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.messages import Picture, Prepare, Submit
from dragbrush.protocol.pixels import byte_length
from dragbrush.service.blobs import BlobStore
from dragbrush.service.catalogue import tools
from dragbrush.service.inputs import check_inputs
from dragbrush.tools import settings_for

MAX_ICC_BYTES = 16 * 1024 * 1024


def check_edit(request: Submit | Prepare, blobs: BlobStore) -> None:
    """Raises `ProtocolError` with the field's path."""
    _check_what(request)
    _check_params(request)
    _check_picture("image", request.image, blobs)
    if request.mask is not None:
        _check_picture("mask", request.mask, blobs)
        _check_mask("mask", "selection", request.mask, "picture", request.image)
    if request.reference is not None:
        _check_picture("reference", request.reference, blobs)
    if request.reference_mask is not None:
        _check_picture("reference_mask", request.reference_mask, blobs)
    if request.reference_mask is not None and request.reference is not None:
        _check_mask("reference_mask", "reference's mask", request.reference_mask, "reference", request.reference)
    check_inputs(request)


def _check_what(request: Submit | Prepare) -> None:
    known = tools()
    tool = next((tool for tool in known if tool.id == request.tool), None)
    if tool is None:
        names = ", ".join(tool.id for tool in known)
        raise ProtocolError("unsupported", f"There is no tool '{request.tool}'; there is {names}.", path="$.tool")
    speed = next((speed for speed in tool.speeds if speed.id == request.speed), None)
    if speed is None:
        names = ", ".join(speed.id for speed in tool.speeds)
        raise ProtocolError("unsupported", f"There is no speed '{request.speed}'; choose of {names}.", path="$.speed")
    if isinstance(request, Prepare) and not speed.has_prepare:
        raise ProtocolError("unsupported", f"The speed '{speed.id}' needs nothing prepared.", path="$.speed")
    if isinstance(request, Submit) and request.is_live and not speed.is_live:
        raise ProtocolError(
            "unsupported", f"The speed '{speed.id}' of '{tool.id}' cannot follow a hand.", path="$.speed"
        )
    if isinstance(request, Submit) and request.is_live and not request.preview_px:
        raise ProtocolError("bad_request", "A live job answers with previews; ask for some.", path="$.preview_px")


def _check_params(request: Submit | Prepare) -> None:
    for name, value in request.params.items():
        try:
            settings_for(request.tool, request.speed, {name: value})
        except BadRequest as error:
            raise ProtocolError("bad_request", str(error), path=f"$.params.{name}") from error


def _check_mask(field: str, name: str, mask: Picture, of_name: str, of: Picture) -> None:
    its, wanted = mask.pixels, of.pixels
    if (its.width, its.height) != (wanted.width, wanted.height):
        raise ProtocolError(
            "bad_request",
            f"The {name} has {its.width} x {its.height} pixels, the {of_name} {wanted.width} x {wanted.height}; "
            "send both in one size.",
            path=f"$.{field}.pixels",
        )
    if (its.channels, its.depth) != ("gray", "u8"):
        raise ProtocolError("bad_request", f"The {name} is sent as gray, u8.", path=f"$.{field}.pixels")


def _check_picture(field: str, picture: Picture, blobs: BlobStore) -> None:
    pixels = picture.pixels
    try:
        wanted, size = byte_length(pixels), blobs.size(picture.blob)
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
