// @ts-check
/**
 * Binary frames: one chunk of a blob, which says itself of which blob and where in it.
 *
 * Header of 48 bytes, little-endian: magic, header version, kind, flags (bit 0: the last chunk), four zero bytes, offset
 * (8 bytes), SHA-256 of the whole blob (32 bytes).
 */
"use strict";

const { CHUNK_BYTES, MAX_BLOB_BYTES, MAX_CHUNK_BYTES } = require("./limits.js");
const { WireError } = require("./errors.js");

const HEADER_BYTES = 48;
const MAGIC = 0xd7;
const HEADER_VERSION = 1;
const LAST = 1;
const DIGEST_AT = 16;
/** Half of the 8 bytes of an offset. */
const HIGH = 2 ** 32;

/**
 * @typedef {"blob" | "preview"} FrameKind
 * @typedef {{ kind: FrameKind, blob: string, offset: number, isLast: boolean, payload: Uint8Array }} Frame
 */

/** @type {FrameKind[]} */
const KINDS = ["blob", "preview"];

/**
 * A buffer of its own, of the frame's very size.
 * @param {Frame} frame
 * @returns {Uint8Array}
 */
function packFrame(frame) {
  const data = new Uint8Array(HEADER_BYTES + frame.payload.length);
  const view = new DataView(data.buffer);
  data.set([MAGIC, HEADER_VERSION, KINDS.indexOf(frame.kind) + 1, frame.isLast ? LAST : 0]);
  view.setUint32(8, frame.offset % HIGH, true);
  view.setUint32(12, Math.floor(frame.offset / HIGH), true);
  for (let at = 0; at < 32; at++) data[DIGEST_AT + at] = parseInt(frame.blob.slice(2 * at, 2 * at + 2), 16);
  data.set(frame.payload, HEADER_BYTES);
  return data;
}

/**
 * The frame of a binary message; its payload is a view, not a copy.
 * @param {Uint8Array} data
 * @returns {Frame}
 */
function parseFrame(data) {
  if (data.length < HEADER_BYTES) throw new WireError("bad_frame", `The frame has ${data.length} bytes.`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [magic, version, kind, flags] = data;
  if (magic !== MAGIC || version !== HEADER_VERSION) {
    throw new WireError("bad_frame", `The frame begins with ${magic}, ${version}.`);
  }
  if (!KINDS[kind - 1] || flags & ~LAST || view.getUint32(4, true)) {
    throw new WireError("bad_frame", `Kind ${kind}, flags ${flags} or the reserved bytes mean nothing.`);
  }
  const payload = data.subarray(HEADER_BYTES);
  const offset = view.getUint32(8, true) + HIGH * view.getUint32(12, true);
  if (payload.length > MAX_CHUNK_BYTES) throw new WireError("too_large", `The chunk has ${payload.length} bytes.`);
  if (offset + payload.length > MAX_BLOB_BYTES) throw new WireError("too_large", "The chunk ends past all limits.");
  if (!payload.length && !(flags & LAST)) throw new WireError("bad_frame", "The chunk is empty and not the last one.");
  let blob = "";
  for (let at = 0; at < 32; at++) blob += data[DIGEST_AT + at].toString(16).padStart(2, "0");
  return { kind: KINDS[kind - 1], blob, offset, isLast: Boolean(flags & LAST), payload };
}

/**
 * The frames that carry `data`, the blob's bytes from `start` on; views of it, not copies.
 * @param {FrameKind} kind
 * @param {string} blob
 * @param {Uint8Array} data
 * @param {number} [start]
 * @returns {Frame[]}
 */
function chunks(kind, blob, data, start = 0) {
  const frames = [];
  for (let at = 0; at < Math.max(data.length, 1); at += CHUNK_BYTES) {
    const payload = data.subarray(at, at + CHUNK_BYTES);
    frames.push({ kind, blob, offset: start + at, isLast: at + CHUNK_BYTES >= data.length, payload });
  }
  return frames;
}

module.exports = { HEADER_BYTES, packFrame, parseFrame, chunks };
