"""What is wrong with a message. A message that cannot be used gets one answer; the connection goes on."""

from dragbrush.errors import DragbrushError


class ProtocolError(DragbrushError):
    """`code` is stable; `path` names the field, as `$.drags[3].handle[0]`; `request` is the id of the message."""

    def __init__(self, code: str, message: str, *, path: str | None = None, request: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.path = path
        self.request = request


CODES = {
    "bad_message": "not JSON, not an object, or a field that is missing, unknown, of another type or out of range",
    "bad_frame": "a binary frame that is not one of this protocol",
    "unknown_type": "a message of a type that this version does not have",
    "bad_order": "a message before `hello`, or a second `hello`",
    "unsupported": "no common version, or something that this server does not offer",
    "bad_request": "an edit that makes no sense, such as a handle outside of its picture",
    "bad_image": "pixels that cannot be edited",
    "bad_blob": "bytes that are not the ones that were offered",
    "not_found": "a job or blob that is not there (any more)",
    "conflict": "a job's id that is in use for another edit",
    "too_large": "over a size limit",
    "limit_reached": "over a count limit, or no space left",
    "model_missing": "a model that is not installed",
    "bad_model": "a model that cannot be loaded",
    "cancelled": "the job was cancelled",
    "out_of_memory": "the device has too little memory",
    "storage_failed": "a file could not be written",
    "worker_died": "the process that did the job ended twice under it",
    "interrupted": "the server was stopped while it did the job, twice",
    "internal": "a fault of the server, which is in its log",
}
"""Every code that an answer or a failed job can have, and what it says."""
