"""Every sentence that the core has for a person: what happened, and what to do. No token, path or prompt is in any.

The host passes them through its translation; texts with braces are filled in here.
"""

from dataclasses import dataclass
from typing import Literal

from .checks import Refusal
from .crop import Size
from .events import Status
from .form import FormError
from .jobs import Job

Action = Literal["start", "retry", "settings"]
"""The one button beside a line about the connection."""


@dataclass(frozen=True)
class Said:
    text: str
    action: Action | None = None


_NO_SERVER = {
    "": Said("No Dragbrush server runs on this machine. Start it here or with 'dragbrush serve'.", "start"),
    "silent": Said("The server does not answer. It is tried again; start it anew if that takes long.", "start"),
    "busy": Said("The server has no room for another program at the moment. It is tried again.", "retry"),
    "strange": Said("What answers there does not speak like a Dragbrush server. Restart the server.", "retry"),
}
_REFUSED = {
    "version": Said("Server and plugin are of versions that do not fit. Update the older one.", "retry"),
    "token": Said("The server does not accept this plugin's key. Restart the server, then try again.", "retry"),
    "replaced": Said("Another Krita has taken over this connection. Try again to take it back.", "retry"),
    "certificate": Said("The server's certificate cannot be read. Check the server's TLS settings.", "retry"),
    "door": Said("The server refuses connections from here. Restart the server, then try again.", "retry"),
}


def status(told: Status) -> Said:
    """One line about the connection."""
    match told.line:
        case "connected":
            server = told.welcome
            return Said("Connected." if server is None else f"Connected: {server.model.title} {_on(server.device)}.")
        case "connecting":
            return Said(
                "Looking for the server again; nothing is lost." if told.welcome else "Connecting to the server."
            )
        case "refused":
            return _REFUSED.get(told.why, _REFUSED["door"])
        case "no_server":
            return _NO_SERVER.get(told.why, _NO_SERVER[""])
        case "stopped":
            return Said("The connection is closed.", "retry")


def _on(device: str) -> str:
    """A server says "starting" until its model's process is up."""
    return "is being loaded" if device == "starting" else f"on {device}"


FAILURES = {
    "bad_message": "The server did not understand the plugin. Update both to the same version.",
    "bad_frame": "The server did not understand the plugin. Update both to the same version.",
    "unknown_type": "The server is too old for this. Update it.",
    "bad_order": "The conversation with the server got out of step. Run the edit again.",
    "unsupported": "The server does not offer this. Choose another tool or speed.",
    "bad_request": "The server cannot use these settings or points. Check them and run the edit again.",
    "bad_image": "The server cannot edit this layer's pixels. Convert the image to RGB or gray of 8 or 16 bits.",
    "bad_blob": "The picture arrived damaged, again and again. Run the edit again.",
    "not_found": "The server does not have this result any more. Run the edit again with the same seed.",
    "conflict": "The server has another edit of this name. Run the edit again.",
    "too_large": "The picture is too large to be edited at once. Select a smaller part of it.",
    "limit_reached": "The server has as much waiting as it takes. Let a job end, or cancel one.",
    "model_missing": "The server's model is not installed. Install it or choose another one, then restart the server.",
    "bad_model": "The server's model cannot be loaded. Choose another one, then restart the server.",
    "cancelled": "Cancelled.",
    "out_of_memory": "The device has too little memory. Select a smaller part or close other programs that use it.",
    "storage_failed": "The server could not write a file. Free some space on the disk.",
    "worker_died": "The process that did the edit ended twice. Run it again; if it recurs, look into the server's log.",
    "interrupted": "The server was stopped during the edit. Run it again.",
    "internal": "The server failed at this edit. Its log says more.",
    "plugin_fault": "The plugin failed at this edit. Copy the diagnostics to report it.",
    "let_go": "The result was let go of to save memory. Run the edit again with the same seed.",
}
"""By the protocol's codes and two of the plugin's own."""


def failure(code: str) -> str:
    """Of a job that failed. The server's own message is for the diagnostics: it counts in px of what was sent."""
    return FAILURES.get(code, "The server failed at this edit in a way this plugin does not know. Its log says more.")


_PHASES = {
    "load": "Loading the model",
    "encode": "Reading the picture",
    "identity": "Learning the picture",
    "inversion": "Finding the picture in the model",
    "warp": "Moving the pixels",
    "drag": "Dragging",
    "denoise": "Drawing",
    "decode": "Finishing the picture",
    "paste": "Putting it into the layer",
}


def progress(job: Job) -> str:
    """One line about a job."""
    match job.state:
        case "sending":
            return f"Sending the picture, {job.sent:.0%}" if 0 < job.sent < 1 else "Sending the picture"
        case "queued":
            return "Waiting for the server" if job.position == 0 else f"Waiting, {job.position} before it"
        case "running":
            return "Starting" if job.progress is None else _running(job)
        case "cancelling":
            return "Cancelling"
        case "done":
            return "Done" if job.report is None else f"Done in {seconds(job.report.seconds)}"
        case "cancelled":
            return FAILURES["cancelled"]
        case "failed":
            return failure(job.code)


def _running(job: Job) -> str:
    at = job.progress
    if at is None:
        return ""
    phase = _PHASES.get(at.phase, at.phase.replace("_", " ").capitalize())
    steps = f", step {at.step} of {at.of}" if at.of > 1 else ""
    return f"{phase}{steps}" + ("" if at.left_s is None else f", about {seconds(at.left_s)} left")


def seconds(value: float) -> str:
    if value < 10:
        return f"{value:.1f} s"
    return f"{value:.0f} s" if value < 90 else f"{value / 60:.0f} min"


_REFUSALS = {
    "no_pairs": "There is no point yet. Press on what to move and pull it to where it should go.",
    "handle_outside": "The handle of pair {number} lies outside of the picture. Move it inside or delete the pair.",
    "target_outside": "The target of pair {number} lies outside of the picture. Move it inside or delete the pair.",
    "no_way": "Handle and target of pair {number} are at the same place. Pull the target somewhere.",
    "nothing_selected": "The selection is empty. Select what may change, or deselect to let the points decide.",
    "handle_unselected": "The handle of pair {number} is outside of the selection. Select what it should move.",
    "empty_layer": "The picture has no pixels.",
    "no_object": "Nothing is selected. Select the object with one of Krita's selection tools first.",
    "all_selected": "All of the picture is selected. Select the object alone.",
    "unmoved": "The object is where it was. Pull its box, a corner or the knob above it first.",
    "moved_away": "The object lies wholly outside of the picture. Pull its box back in.",
    "no_reference": "Choose in the docker which layer it comes from.",
    "reference_gone": "The layer that it should come from is gone. Choose another one.",
    "reference_empty": "Nothing is painted on the layer that it should come from. Choose another one.",
    "reference_full": "That layer covers all of its part, so that no object stands out. Select the object there and "
    "press Mark.",
    "mark_lost": "The selection that marked the object is not known any more. Select it again and press Mark.",
}


def refusal(found: tuple[Refusal, int]) -> str:
    """Why an edit cannot begin."""
    return _REFUSALS[found[0]].format(number=found[1] + 1)


LAYERS = {
    "no_document": "Open a picture to edit.",
    "no_layer": "Choose a layer to edit.",
    "mask": "A mask cannot be edited. Choose the layer that it belongs to.",
    "filter": "A filter layer has no pixels of its own. Choose another layer, or edit all that is visible.",
    "hidden": "The layer is hidden. Show it first.",
    "empty": "The layer is empty. Choose one with something to move.",
    "locked": "The layer is locked. Unlock it, or have the result placed above it.",
    "float": "Floating-point layers are not edited, since their values would be cut and rounded. Convert the image to "
    "16-bit integer.",
    "model": "Layers of this colour model are not edited. Convert the image to RGB or grayscale.",
    "gone": "The layer of this edit is gone. The result is kept in the history.",
    "closed": "The picture of this edit is closed. The result is kept until it is opened again.",
}
"""About layers, by the host's own words for them."""


def unsupported(model: str, depth: str) -> str:
    """Of a layer whose pixels cannot be sent; Krita's words for both."""
    return LAYERS["float" if model in ("RGBA", "GRAYA") and depth.startswith("F") else "model"]


def hint(tool: str, selected: Size | None, *, has_box: bool) -> str:
    """What to do next, while nothing else is to be said; `selected`: size of the selection's box."""
    size = "" if selected is None else f"{selected[0]} x {selected[1]} px"
    match tool:
        case "move" if selected is None:
            return "Select the object with one of Krita's tools, then press Move."
        case "move" if not has_box:
            return f"{size} are selected as the object. Press Move to have its box."
        case "move":
            return "Pull the box to shift the object, a corner to resize it, the knob to turn it. Then press Run."
        case "appearance" if selected is None:
            return "Select the object whose look is to change."
        case "appearance":
            return f"{size} are selected; they get the look of the other object."
        case "paste" if not has_box:
            return "Choose the layer with the object, then press Paste to have its box."
        case "paste":
            return "Pull the box to where the object should go. The result comes above the active layer."
        case _ if selected is None:
            return "Nothing is selected: the points decide what may change."
        case _:
            return f"{size} are selected; only they change."


POINTS_FULL = "There are 64 pairs, which is all that one edit takes. Delete one first."
CROP_TOO_LARGE = "The part to edit is over 64 million pixels. Select a smaller part."
NEWER_FILE = "A later version of Dragbrush saved this picture's points. What is changed here is not saved with it."
START_FAILED = "The server could not be started. Check the command in the settings, and that Dragbrush is installed."
START_ENDED = "The server stopped right after its start. Its log says why."


def form(error: FormError) -> str:
    """A value that a setting does not take."""
    row = error.row
    match row.kind:
        case "choice":
            return f"{row.title}: choose one of {', '.join(row.choices)}."
        case "bool":
            return f"{row.title}: switch it on or off."
        case _:
            what = "a whole number" if row.kind == "int" else "a number"
            if row.low is None or row.high is None:
                return f"{row.title}: give {what}."
            return f"{row.title}: give {what} from {row.low:g} to {row.high:g}."
