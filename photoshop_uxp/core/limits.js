// @ts-check
/** What one peer may ask of the other; the server's own numbers, which the tests compare. */
"use strict";

module.exports = {
  VERSION: 1,
  SUBPROTOCOL: "dragbrush.v1",
  /** Before the token in a second offered subprotocol: a WebSocket here can send no header of its own. */
  TOKEN_SUBPROTOCOL: "dragbrush.auth.",
  MAX_TEXT_BYTES: 256 * 1024,
  /** Of a blob in one frame, as sent. */
  CHUNK_BYTES: 256 * 1024,
  /** As taken. */
  MAX_CHUNK_BYTES: 1024 * 1024,
  MAX_BLOB_BYTES: 512 * 1024 * 1024,
  MAX_SIDE_PX: 16384,
  MAX_PIXELS: 64000000,
  MAX_DRAGS: 64,
  MAX_PROMPT: 2000,
  MAX_NAME: 64,
  MAX_PARAMS: 64,
  /** The server takes larger ones, which no number here holds exactly. */
  MAX_SEED: Number.MAX_SAFE_INTEGER,
  MAX_COORDINATE: 1e6,
  /** Of an object that is resized. */
  MIN_SCALE: 0.05,
  MAX_SCALE: 20,
  /** Fixed, because the manifest must name it. */
  DEFAULT_PORT: 28471,
};
