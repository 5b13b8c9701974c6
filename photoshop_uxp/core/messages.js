// @ts-check
/** Between text frames and messages. Whatever comes in, it is a message, or nothing to know, or one clear error. */
"use strict";

const limits = require("./limits.js");
const { WireError } = require("./errors.js");
const { flag, has, integer, isObject, list, map, number, object, oneOf, orNull, text, tuple } = require("./checked.js");

/**
 * @typedef {import("./wire").FromServer} FromServer
 * @typedef {import("./wire").Request} Request
 */

const WORD = text();
const JOB_ID = text({ max: limits.MAX_NAME, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$(?!\n)/ });
const BLOB_ID = text({ pattern: /^[0-9a-f]{64}$(?!\n)/ });
const COUNT = integer(0, Number.MAX_SAFE_INTEGER);
const SIDE = integer(1, limits.MAX_SIDE_PX);
const ANY = number();
const INT = integer();
const XY = tuple(
  number(-limits.MAX_COORDINATE, limits.MAX_COORDINATE),
  number(-limits.MAX_COORDINATE, limits.MAX_COORDINATE),
);
/** @type {import("./checked.js").Check} */
const VALUE = (value, path) => {
  if (value !== null && typeof value === "object") {
    throw new WireError("bad_message", `The message cannot be used: ${path} is not one value.`, path);
  }
};
const LAYOUT = object(
  { width: SIDE, height: SIDE, channels: oneOf("gray", "graya", "rgb", "rgba") },
  { depth: oneOf("u8", "u16"), icc: orNull(BLOB_ID) },
);
const BOX = object({ x: COUNT, y: COUNT, width: SIDE, height: SIDE });
const OUTPUT = object({ role: oneOf("edit", "background", "object"), blob: BLOB_ID, pixels: LAYOUT, box: BOX });
const PARAM = object(
  { id: WORD, title: WORD, kind: oneOf("int", "float", "bool", "choice"), default: VALUE },
  { min: orNull(ANY), max: orNull(ANY), unit: orNull(WORD), choices: list(WORD), is_live: flag },
);
const SPEED = object(
  { id: WORD, title: WORD, text: WORD },
  { params: list(PARAM), is_live: flag, has_prepare: flag },
);
const TOOL = object({ id: WORD, title: WORD, inputs: list(WORD), speeds: list(SPEED) });
const LIMITS = object({
  text_bytes: INT, chunk_bytes: INT, blob_bytes: INT, side_px: INT, pixels: INT, drags: INT, prompt: INT,
  queued_jobs: INT, keep_s: INT, keep_results_s: INT,
});
const JOB_STATE = oneOf("queued", "running", "cancelling", "done", "failed");
const JOB = object(
  { job: JOB_ID, kind: oneOf("submit", "prepare"), state: JOB_STATE },
  { outputs: list(OUTPUT), failure: orNull(object({ code: WORD, message: WORD })) },
);
const HANDLE_END = object({ handle: XY, target: XY, ended: XY, remaining_px: ANY, score: ANY });
const REPORT = object({}, {
  seconds: ANY, phase_seconds: map(ANY), warm: map(flag), model: orNull(WORD), device: WORD, seed: INT,
  settings: map(VALUE), peak_memory_bytes: INT, handles: list(HANDLE_END), measured_by: WORD, warnings: list(WORD),
  versions: map(WORD),
});

/** @type {Record<string, import("./checked.js").Check>} */
const FROM_SERVER = {
  welcome: object({
    re: WORD, version: INT, server: WORD,
    session: object({ id: WORD, is_resumed: flag, next_seq: INT }),
    limits: LIMITS, tools: list(TOOL), model: object({ id: WORD, title: WORD }, { note: WORD }), device: WORD,
  }),
  ok: object({ re: WORD }),
  error: object({ re: orNull(WORD), code: WORD, message: WORD }, { path: orNull(WORD) }),
  need: object({ re: WORD, blob: BLOB_ID, offset: INT }),
  have: object({ re: WORD, blob: BLOB_ID }),
  accepted: object({ re: WORD, job: JOB_ID, state: JOB_STATE }, { is_duplicate: flag }),
  jobs: object({ re: WORD, jobs: list(JOB) }),
  stored: object({ blob: BLOB_ID }),
  state: object(
    { seq: INT, job: JOB_ID, state: oneOf("queued", "running", "cancelling") },
    { position: INT, attempt: INT },
  ),
  progress: object(
    { job: JOB_ID, phase: WORD, step: INT, of: INT, fraction: ANY },
    { left_s: orNull(ANY), handles: list(XY) },
  ),
  preview: object({ job: JOB_ID, blob: BLOB_ID, pixels: LAYOUT, box: BOX }, { number: INT }),
  done: object({ seq: INT, job: JOB_ID, outputs: list(OUTPUT), report: REPORT }),
  failed: object({ seq: INT, job: JOB_ID, code: WORD, message: WORD }),
  going_away: object({ reason: WORD }),
};

/**
 * The message of a text frame; null for one of a type that only a newer server has.
 * @param {string} said
 * @returns {FromServer | null}
 */
function decode(said) {
  if (byteCount(said) > limits.MAX_TEXT_BYTES) {
    throw new WireError("too_large", `The message has over ${limits.MAX_TEXT_BYTES} bytes.`);
  }
  let message;
  try {
    message = JSON.parse(said);
  } catch (error) {
    throw new WireError("bad_message", "The message is not JSON.");
  }
  if (!isObject(message)) throw new WireError("bad_message", "The message is not an object.");
  if (typeof message.type !== "string") throw new WireError("bad_message", "The message has no type.", "$.type");
  if (!has(FROM_SERVER, message.type)) return null;
  FROM_SERVER[message.type](message, "$");
  return /** @type {any} */ (message);
}

/**
 * The text of a request, without what is undefined.
 * @param {Request} request
 */
function encode(request) {
  const said = JSON.stringify(request, (_, value) => {
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw new WireError("bad_message", "The request holds a number that is none.");
    }
    return typeof value === "string" ? wellFormed(value) : value;
  });
  if (byteCount(said) > limits.MAX_TEXT_BYTES) {
    throw new WireError("too_large", `The request is over ${limits.MAX_TEXT_BYTES} bytes.`);
  }
  return said;
}

/**
 * Halves of characters, as a cut text may end with, are replaced: the server takes none.
 * @param {string} value
 */
function wellFormed(value) {
  return value.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(^|[^\ud800-\udbff])[\udc00-\udfff]/g, "$1\ufffd");
}

/**
 * As UTF-8. Photoshop's reference names no TextEncoder.
 * @param {string} said
 */
function byteCount(said) {
  let count = said.length;
  for (let at = 0; at < said.length; at++) {
    const code = said.charCodeAt(at);
    if (code >= 0x80) count += code >= 0x800 && !(code >= 0xd800 && code < 0xe000) ? 2 : 1;
  }
  return count;
}

module.exports = { decode, encode, byteCount, TYPES: Object.keys(FROM_SERVER) };
