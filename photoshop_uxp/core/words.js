// @ts-check
/** Every sentence that the core has for a person: what happened, and what to do. No token, path or prompt is in any. */
"use strict";

/**
 * @typedef {{ text: string, action?: "pair" | "retry" }} Said
 * @typedef {import("./connection.js").Line} Line
 */

/** @type {Record<string, Said>} */
const NO_SERVER = {
  "": { text: "No Dragbrush server runs on this machine. Start it with 'dragbrush serve'.", action: "retry" },
  silent: { text: "The server does not answer. Start it with 'dragbrush serve'; it is looked for again.", action: "retry" },
  busy: { text: "The server has no room for another program at the moment. It is tried again.", action: "retry" },
  strange: { text: "What answers there does not speak like a Dragbrush server. Restart the server.", action: "retry" },
};

/** @type {Record<string, Said>} */
const REFUSED = {
  version: { text: "Server and panel are of versions that do not fit. Update the older one.", action: "retry" },
  token: { text: "The server does not know this panel any more. Pair it again.", action: "pair" },
  replaced: { text: "Another Photoshop has taken over this connection. Try again to take it back.", action: "retry" },
  door: { text: "The server refuses connections from here. Its log says more; then try again.", action: "retry" },
  permission: { text: "Photoshop lets this panel speak to 127.0.0.1 and localhost on port 28471 to 28473 only.", action: "pair" },
};

/**
 * One line about the connection.
 * @param {{ line: Line, why: string, welcome?: import("./wire").Welcome | null }} told
 * @returns {Said}
 */
function status({ line, why, welcome = null }) {
  switch (line) {
    case "connected":
      return { text: welcome === null ? "Connected." : `Connected: ${welcome.model.title}${deviceOf(welcome)}.` };
    case "connecting":
      return { text: welcome ? "Looking for the server again; nothing is lost." : "Connecting to the server." };
    case "refused":
      return REFUSED[why] || REFUSED.door;
    case "no_server":
      return NO_SERVER[why] || NO_SERVER[""];
    case "unpaired":
      return { text: "Run 'dragbrush pair' and type its six digits here once.", action: "pair" };
    case "stopped":
      return { text: "The connection is closed.", action: "retry" };
  }
}

/** The server does not know it before its first job. @param {import("./wire").Welcome} welcome */
function deviceOf({ device }) {
  return device && device !== "starting" ? ` on ${device}` : "";
}

/** By the protocol's codes and two of the panel's own. @type {Record<string, string>} */
const FAILURES = {
  bad_message: "The server did not understand the panel. Update both to the same version.",
  bad_frame: "The server did not understand the panel. Update both to the same version.",
  unknown_type: "The server is too old for this. Update it.",
  bad_order: "The conversation with the server got out of step. Run the edit again.",
  unsupported: "The server does not offer this. Choose another tool or speed.",
  bad_request: "The server cannot use these settings, or what was placed. Check both and run the edit again.",
  bad_image: "The server cannot edit this layer's pixels. Convert the image to RGB of 8 or 16 bits.",
  bad_blob: "The picture arrived damaged, again and again. Run the edit again.",
  not_found: "The server does not have this result any more. Run the edit again with the same seed.",
  conflict: "The server has another edit of this name. Run the edit again.",
  too_large: "The picture is too large to be edited at once. Select a smaller part of it.",
  limit_reached: "The server has as much waiting as it takes. Let a job end, or cancel one.",
  model_missing: "The server's model is not installed. Install it or choose another one, then restart the server.",
  bad_model: "The server's model cannot be loaded. Choose another one, then restart the server.",
  cancelled: "Cancelled.",
  out_of_memory: "The device has too little memory. Select a smaller part or close other programs that use it.",
  storage_failed: "The server could not write a file. Free some space on the disk.",
  worker_died: "The process that did the edit ended twice. Run it again; if it recurs, look into the server's log.",
  interrupted: "The server was stopped during the edit. Run it again.",
  internal: "The server failed at this edit. Its log says more.",
  plugin_fault: "The panel failed at this edit. Copy the self test's report to tell of it.",
  let_go: "The result was let go of to save memory. Run the edit again with the same seed.",
};

/**
 * Of a job that failed. The server's own message is for the report: it counts in px of what was sent.
 * @param {string} code
 */
function failure(code) {
  return FAILURES[code] || "The server failed at this edit in a way this panel does not know. Its log says more.";
}

/** @type {Record<string, string>} */
const PHASES = {
  load: "Loading the model",
  encode: "Reading the picture",
  identity: "Learning the picture",
  inversion: "Finding the picture in the model",
  warp: "Moving the pixels",
  drag: "Dragging",
  denoise: "Drawing",
  decode: "Finishing the picture",
  paste: "Putting it into the layer",
};

/**
 * One line about a job.
 * @param {import("./job.js").Job} job
 * @returns {string}
 */
function progress(job) {
  switch (job.state) {
    case "sending":
      return job.sent > 0 && job.sent < 1 ? `Sending the picture, ${Math.round(100 * job.sent)}%` : "Sending the picture";
    case "queued":
      return job.position === 0 ? "Waiting for the server" : `Waiting, ${job.position} before it`;
    case "running":
      return job.progress === null ? "Starting" : running(job.progress);
    case "cancelling":
      return "Cancelling";
    case "done":
      return job.report === null ? "Done" : `Done in ${seconds(job.report.seconds || 0)}`;
    case "cancelled":
      return FAILURES.cancelled;
    case "failed":
      return failure(job.code);
  }
}

/** @param {import("./wire").Progress} at */
function running(at) {
  const other = at.phase.replace(/_/g, " ");
  const phase = PHASES[at.phase] || other.slice(0, 1).toUpperCase() + other.slice(1);
  const steps = at.of > 1 ? `, step ${at.step} of ${at.of}` : "";
  return phase + steps + (at.left_s == null ? "" : `, about ${seconds(at.left_s)} left`);
}

/** @param {number} value */
function seconds(value) {
  if (value < 10) return `${value.toFixed(1)} s`;
  return value < 90 ? `${value.toFixed(0)} s` : `${(value / 60).toFixed(0)} min`;
}

/**
 * What a hand did, in a few words.
 * @param {import("./inputs.js").Inputs} inputs
 */
function done({ pairs, transform, inLayers }) {
  if (transform === null) return pairs.length ? `${pairs.length} ${pairs.length === 1 ? "pair" : "pairs"}` : "By another look";
  const { dx, dy, scale, degrees, mirror } = transform;
  const said = [
    dx || dy ? `by ${dx}, ${dy}` : "", scale === 1 ? "" : `${Math.round(100 * scale)}%`, degrees ? `${degrees}\u00b0` : "",
    mirror ? "mirrored" : "", inLayers ? "two layers" : "",
  ].filter(Boolean).join(", ");
  return said.slice(0, 1).toUpperCase() + said.slice(1) || "In its place";
}

/** @type {Record<import("./checks.js").Refusal, string>} */
const REFUSALS = {
  no_pairs: "There is no point yet. Press on what to move and pull it to where it should go.",
  handle_outside: "The handle of pair {number} lies outside of the picture. Move it inside or delete the pair.",
  target_outside: "The target of pair {number} lies outside of the picture. Move it inside or delete the pair.",
  no_way: "Handle and target of pair {number} are at the same place. Pull the target somewhere.",
  nothing_selected: "The selection is empty. Select what may change, or deselect to let the points decide.",
  handle_unselected: "The handle of pair {number} is outside of the selection. Select what it should move.",
  no_object: "No object is selected. Select it in Photoshop, with a lasso or Select Subject, then run this.",
  all_selected: "All of the picture is selected. Select the object alone.",
  not_placed: "The object is where it was. Drag its box, or a corner or the round handle, to where it should go.",
  placed_outside: "The object lies wholly outside of the picture. Bring its box back into it.",
  no_other: "There is no other layer to take from. Put the object or the look on a layer of its own first.",
  other_gone: "The layer to take from is gone. Choose another one.",
  other_empty: "The layer to take from shows nothing. Choose one with something on it.",
  other_whole: "The layer to take from fills the picture. Select the object on it and press 'Use selection'.",
};

/**
 * Why an edit cannot begin.
 * @param {{ why: import("./checks.js").Refusal, index: number }} found
 */
function refusal({ why, index }) {
  return REFUSALS[why].replace("{number}", String(index + 1));
}

/** About documents and layers. */
const LAYERS = {
  no_document: "Open a picture to edit.",
  no_layer: "Choose a layer to edit.",
  several: "Several layers are chosen. Choose one.",
  not_pixels: "This layer has no pixels of its own. Choose another layer, or edit all that is visible.",
  hidden: "The layer is hidden. Show it first.",
  empty: "The layer is empty. Choose one with something to move.",
  float: "Pictures of 32 bits are not edited, since their values would be cut and rounded. Convert it to 16 bits.",
  mode: "Pictures of this colour mode are not edited. Convert it to RGB.",
  gone: "The layer of this edit is gone. The result is kept in the history.",
  closed: "The picture of this edit is closed. The result is kept until it is opened again.",
  smaller: "The picture is smaller than when the edit began. The result is kept in the history.",
  busy: "Photoshop is busy with something else. Finish that, then apply the result from the history.",
  failed: "Photoshop did not take the result. It is kept in the history; apply it from there.",
  seen_through: "Hide the layer below to see the result alone: both can be seen through.",
};

/** What to do next, where nothing is done yet. */
const HINTS = {
  drags: "Press on what to move and pull it to where it should go. Shift keeps to eight directions, Alt deletes.",
  select: "Select the object in Photoshop; a box round it appears here.",
  box: "Drag the box to move the object, a corner to resize it, the round handle to turn it. Shift keeps to steps.",
  look: "The selected object gets the look of the other layer's.",
  paste: "Drag the box to where the object should go, a corner to resize it, the round handle to turn it.",
  other: "Choose the layer that it comes from.",
};

const NO_SELECTION = "Nothing is selected. Select the object on the other layer, then press this.";
const POINTS_FULL = "There are 64 pairs, which is all that one edit takes. Delete one first.";
const CROP_TOO_LARGE = "The part to edit is over 64 million pixels. Select a smaller part.";
const NOT_KEPT = "The pixels of this result are not kept. Restore its points and run it again.";
const NOT_CONNECTED = "There is no connection to the server yet.";
const BAD_ADDRESS = "This is no address. Type one like 127.0.0.1:28471.";
const BAD_CODE = "The code has six digits. Run 'dragbrush pair' to see it.";
const WRONG_CODE = "The code is wrong or no longer valid. Run 'dragbrush pair' for a new one.";
const PAIR_FAILED = "The server could not take this panel in. Its log says more.";
const NO_PATHS = "No open path with two points is there. Draw one with the Pen: click the handle, click the target.";
const NO_SAMPLERS = "No pair of colour samplers is there. Place one on the handle and one on the target.";
const ODD_SAMPLERS = "The last colour sampler has no partner and was left out.";

/**
 * @param {string} place
 * @param {boolean} isPermission
 */
function noAnswer(place, isPermission) {
  return isPermission ? REFUSED.permission.text : `No server answers at ${place}. Start it with 'dragbrush serve'.`;
}

/**
 * A value that a setting does not take.
 * @param {import("./form.js").FormError} error
 */
function form({ row }) {
  if (row.kind === "choice") return `${row.title}: choose one of ${row.choices.join(", ")}.`;
  if (row.kind === "bool") return `${row.title}: switch it on or off.`;
  const what = row.kind === "int" ? "a whole number" : "a number";
  if (row.low === null || row.high === null) return `${row.title}: give ${what}.`;
  return `${row.title}: give ${what} from ${row.low} to ${row.high}.`;
}

module.exports = {
  status, failure, progress, seconds, done, refusal, noAnswer, form, FAILURES, LAYERS, POINTS_FULL, CROP_TOO_LARGE, NOT_KEPT,
  NOT_CONNECTED, HINTS, NO_SELECTION, BAD_ADDRESS, BAD_CODE, WRONG_CODE, PAIR_FAILED, NO_PATHS, NO_SAMPLERS, ODD_SAMPLERS,
};
