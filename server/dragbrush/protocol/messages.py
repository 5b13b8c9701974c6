"""Every message of `dragbrush.v1`: the one source from which the schema and the clients' types are made.

A text frame is one JSON object with a `type`. A client's request carries an `id`, which the server's answer repeats
as `re`. Events of jobs carry a `seq` that counts up within the session: they are reliable and replayed after a lost
connection. Progress and previews carry none: the newest replaces those not sent yet.

The server refuses fields that it does not know, so that a slip is seen; clients ignore them, so that a newer server
may say more. Coordinates are pixels of the picture that was sent: x to the right, y down, the centre of the top left
pixel at (0, 0).
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from dragbrush.protocol import limits

Name = Annotated[str, Meta(min_length=1, max_length=limits.MAX_NAME)]
# A `$` alone lets a line break follow in Python, and does not in JavaScript.
JobId = Annotated[str, Meta(max_length=limits.MAX_NAME, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$(?!\n)")]
BlobId = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
Coordinate = Annotated[float, Meta(ge=-limits.MAX_COORDINATE, le=limits.MAX_COORDINATE)]
Side = Annotated[int, Meta(ge=1, le=limits.MAX_SIDE_PX)]
Count = Annotated[int, Meta(ge=0, le=limits.MAX_COUNT)]
Seed = Annotated[int, Meta(ge=0, le=limits.MAX_SEED)]
XY = tuple[Coordinate, Coordinate]
Integer = Annotated[int, Meta(ge=-limits.MAX_INTEGER, le=limits.MAX_INTEGER)]
Value = bool | Integer | float | str | None


class _Fixed(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Part of a request."""


class _Open(Struct, frozen=True, omit_defaults=True):
    """Part of what the server says."""


class Layout(_Open, frozen=True):
    """Raw samples in rows from the top, tightly packed, little-endian, alpha straight."""

    width: Side
    height: Side
    channels: Literal["gray", "graya", "rgb", "rgba"]
    depth: Literal["u8", "u16"] = "u8"
    icc: BlobId | None = None
    """An ICC profile; none reads as sRGB."""


class Pixels(Layout, frozen=True, forbid_unknown_fields=True):
    """The layout of a picture that a client sends."""


class Picture(_Fixed, frozen=True):
    """Pixels and the blob that holds them."""

    blob: BlobId
    pixels: Pixels


class Drag(_Fixed, frozen=True):
    """A handle and the target it is pulled to."""

    handle: XY
    target: XY


class Transform(_Fixed, frozen=True):
    """How an object is changed about its middle, which is that of the box round what its mask selects by half or more:
    mirrored left to right first, then resized, turned clockwise, and shifted."""

    dx: Coordinate = 0.0
    dy: Coordinate = 0.0
    scale: Annotated[float, Meta(ge=limits.MIN_SCALE, le=limits.MAX_SCALE)] = 1.0
    degrees: Annotated[float, Meta(ge=-360, le=360)] = 0.0
    mirror: bool = False


class Box(_Open, frozen=True):
    """Of the picture, in its pixels."""

    x: Count
    y: Count
    width: Side
    height: Side


# From the client


class _Request(_Fixed, tag_field="type", frozen=True):
    id: Name


class Client(_Fixed, frozen=True):
    name: Name
    version: Name
    host: str = ""
    """The program that the client runs in, with its version."""


class Resume(_Fixed, frozen=True):
    session: Name
    last_seq: Count


class Hello(_Request, tag="hello", frozen=True):
    """The first message."""

    versions: tuple[int, int]
    """Oldest and newest version that the client speaks."""
    client: Client
    resume: Resume | None = None


class Offer(_Request, tag="offer", frozen=True):
    """Says that a blob may follow in frames. Answer: `need` or `have`."""

    blob: BlobId
    bytes: Annotated[int, Meta(ge=1, le=limits.MAX_BLOB_BYTES)]


class Fetch(_Request, tag="fetch", frozen=True):
    """Asks for a blob's bytes from an offset on. They come in frames, then `ok`."""

    blob: BlobId
    offset: Count = 0


class _Edit(_Request, frozen=True):
    job: JobId
    """Chosen by the client; the same id with the same content is the same job."""
    image: Picture
    mask: Picture | None = None
    """Gray, 8 bit, of the image's size. Of `drag`: 255 where all may change, a feather between; none: softly round the
    drags. Of `move` and `appearance`: the object."""
    drags: Annotated[list[Drag], Meta(max_length=limits.MAX_DRAGS)] = []
    transform: Transform | None = None
    """Of `move` and `paste`."""
    at: XY | None = None
    """Of `paste`: where the object's middle goes before the transform shifts it."""
    reference: Picture | None = None
    """Of `appearance` and `paste`: the picture that the look or the object comes from."""
    reference_mask: Picture | None = None
    """Gray, 8 bit, of the reference's size: the object there. None: what the reference's alpha shows."""
    tool: Name = "drag"
    speed: Name = "quality"
    prompt: Annotated[str, Meta(max_length=limits.MAX_PROMPT)] = ""
    seed: Seed = 42
    params: Annotated[dict[Name, Value], Meta(max_length=limits.MAX_PARAMS)] = {}
    """Replaces single settings of the speed; see `welcome`."""


class Submit(_Edit, tag="submit", frozen=True):
    """Asks for an edit. Answer: `accepted`."""

    preview_px: Annotated[int, Meta(ge=0, le=2048)] = 512
    """Longest side of previews; 0 for none."""
    is_live: bool = False
    """Stays open for `update` and answers each with a preview; ended by `cancel`. One of a session at a time."""
    on_disconnect: Literal["keep", "cancel"] = "keep"
    in_layers: bool = False
    """Of `move`: gives the completed background and the object as parts of their own too."""


class Prepare(_Edit, tag="prepare", frozen=True):
    """Asks to do ahead what depends on the image alone. Replaces the session's earlier one. Answer: `accepted`."""


class Update(_Request, tag="update", frozen=True):
    """New drags, or a new transform and place, of a live job: the newest only is done. Answer: `ok`."""

    job: JobId
    drags: Annotated[list[Drag], Meta(max_length=limits.MAX_DRAGS)] = []
    transform: Transform | None = None
    at: XY | None = None
    number: Count = 0
    """Repeated in the preview."""


class Cancel(_Request, tag="cancel", frozen=True):
    """Answer: `ok`; the job then ends like every job, with one `done` or `failed`."""

    job: JobId


class List(_Request, tag="list", frozen=True):
    """Asks for the session's jobs. Answer: `jobs`."""


class Get(_Request, tag="get", frozen=True):
    """Asks for one job. Answer: `jobs` with one."""

    job: JobId


class Release(_Request, tag="release", frozen=True):
    """Lets go of a finished job and its result. Answer: `ok`."""

    job: JobId


Request = Hello | Offer | Fetch | Submit | Prepare | Update | Cancel | List | Get | Release

# From the server


class _Reply(_Open, tag_field="type", frozen=True):
    re: str


class Param(_Open, frozen=True):
    """One setting, enough to build a form's row from."""

    id: str
    title: str
    kind: Literal["int", "float", "bool", "choice"]
    default: Value
    min: float | None = None
    max: float | None = None
    unit: str | None = None
    choices: list[str] = []
    is_live: bool = False
    """May change while a live job is open."""


class Speed(_Open, frozen=True):
    id: str
    title: str
    text: str
    params: list[Param] = []
    is_live: bool = False
    """Can follow the hand: takes `is_live` jobs."""
    has_prepare: bool = False


class Tool(_Open, frozen=True):
    id: str
    title: str
    inputs: list[str]
    """Fields of `submit` that it needs beside the image."""
    speeds: list[Speed]


class Model(_Open, frozen=True):
    id: str
    title: str
    note: str = ""


class Limits(_Open, frozen=True):
    text_bytes: int
    chunk_bytes: int
    blob_bytes: int
    side_px: int
    pixels: int
    drags: int
    prompt: int
    queued_jobs: int
    keep_s: int
    """A session and its events wait this long for its client to come back."""
    keep_results_s: int


class Session(_Open, frozen=True):
    id: str
    is_resumed: bool
    next_seq: int


class Welcome(_Reply, tag="welcome", frozen=True):
    version: int
    server: str
    session: Session
    limits: Limits
    tools: list[Tool]
    model: Model
    device: str


class Ok(_Reply, tag="ok", frozen=True):
    pass


class Error(_Open, tag_field="type", tag="error", frozen=True):
    """The answer to what could not be used; `re` is none where the message had no readable id."""

    re: str | None
    code: str
    message: str
    """For a person: what happened, which value, what to do."""
    path: str | None = None


class Need(_Reply, tag="need", frozen=True):
    """Send the blob's bytes from here on."""

    blob: BlobId
    offset: int


class Have(_Reply, tag="have", frozen=True):
    blob: BlobId


JobState = Literal["queued", "running", "cancelling", "done", "failed"]


class Accepted(_Reply, tag="accepted", frozen=True):
    job: JobId
    state: JobState
    is_duplicate: bool = False


class Output(_Open, frozen=True):
    """A part of the picture that the edit changed; all else is as it was sent.

    `edit` is the edited picture. Of a `move` in layers, `background` is the picture without the object, and `object`
    the object alone, with alpha and transparent outside of its box: laid over each other they are the edit.
    """

    role: Literal["edit", "background", "object"]
    blob: BlobId
    pixels: Layout
    box: Box


class Failure(_Open, frozen=True):
    code: str
    message: str


class Job(_Open, frozen=True):
    job: JobId
    kind: Literal["submit", "prepare"]
    state: JobState
    outputs: list[Output] = []
    failure: Failure | None = None


class Jobs(_Reply, tag="jobs", frozen=True):
    jobs: list[Job]


class Stored(_Open, tag_field="type", tag="stored", frozen=True):
    """An offered blob is whole and kept."""

    blob: BlobId


class State(_Open, tag_field="type", tag="state", frozen=True):
    seq: int
    job: JobId
    state: Literal["queued", "running", "cancelling"]
    position: int = 0
    """Jobs before it in the queue."""
    attempt: int = 1


class Progress(_Open, tag_field="type", tag="progress", frozen=True):
    job: JobId
    phase: str
    step: int
    of: int
    fraction: float
    """Of the whole job, 0 to 1; never falls."""
    left_s: float | None = None
    handles: list[XY] = []
    """Where the method believes the handles are."""


class Preview(_Open, tag_field="type", tag="preview", frozen=True):
    """A small picture of a part of the image; its bytes come next, in frames of kind preview."""

    job: JobId
    blob: BlobId
    pixels: Layout
    box: Box
    number: int = 0
    """Of the `update` that it answers."""


class HandleEnd(_Open, frozen=True):
    """Where the content of a handle is in the result, found in the finished picture."""

    handle: XY
    target: XY
    ended: XY
    remaining_px: float
    score: float
    """How well it was recognised there, 0 to 1."""


class Report(_Open, frozen=True):
    """What a job took."""

    seconds: float = 0.0
    phase_seconds: dict[str, float] = {}
    warm: dict[str, bool] = {}
    """Which parts were prepared before."""
    model: str | None = None
    device: str = ""
    seed: int = 0
    settings: dict[str, Value] = {}
    peak_memory_bytes: int = 0
    handles: list[HandleEnd] = []
    measured_by: str = ""
    warnings: list[str] = []
    versions: dict[str, str] = {}


class Done(_Open, tag_field="type", tag="done", frozen=True):
    seq: int
    job: JobId
    outputs: list[Output]
    report: Report


class Failed(_Open, tag_field="type", tag="failed", frozen=True):
    seq: int
    job: JobId
    code: str
    message: str


class GoingAway(_Open, tag_field="type", tag="going_away", frozen=True):
    """The server stops; queued jobs are kept for its next start."""

    reason: str


Reply = Welcome | Ok | Error | Need | Have | Accepted | Jobs
Reliable = State | Done | Failed
Event = State | Progress | Preview | Done | Failed | Stored | GoingAway
FromServer = Reply | Event
