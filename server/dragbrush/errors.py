"""The one error family. Every message is a sentence for a person: what happened, which value, what to do.

DragbrushError
├── BadRequest      the caller's input cannot be used: code "bad_request"
│   ├── BadImage    a picture or mask cannot be read or is of a kind that is not edited: "bad_image"
│   ├── BadModel    a model folder is incomplete, unsafe or of another layout: "bad_model"
│   └── TooLarge    over a size limit: "too_large"
├── Conflict        something is in use already: "conflict"
├── Cancelled       the caller stopped the edit: "cancelled"
├── NoServer        no server answers, or it refused the connection: "no_server"
├── OutOfMemory     the device has too little memory: "out_of_memory"
└── StorageFailed   a file could not be written (no space, no permission): "storage_failed"
"""


class DragbrushError(Exception):
    """Base of all errors raised on purpose. `code` is stable and may be matched by programs."""

    code = "error"


class BadRequest(DragbrushError):
    code = "bad_request"


class BadImage(BadRequest):
    code = "bad_image"


class BadModel(BadRequest):
    code = "bad_model"


class TooLarge(BadRequest):
    code = "too_large"


class Conflict(DragbrushError):
    code = "conflict"


class Cancelled(DragbrushError):
    code = "cancelled"


class NoServer(DragbrushError):
    code = "no_server"


class OutOfMemory(DragbrushError):
    code = "out_of_memory"


class StorageFailed(DragbrushError):
    code = "storage_failed"
