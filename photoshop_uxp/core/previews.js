// @ts-check
/** Small pictures on their way: a message says what comes, frames bring it, and a newer one takes its place. */
"use strict";

const { Incoming } = require("./transfers.js");
const { byteLength, fromWire, shown } = require("./pixels.js");

class Previews {
  constructor() {
    /** @type {{ preview: import("./wire").Preview, coming: Incoming } | null} */
    this._next = null;
  }

  /** @param {import("./wire").Preview} preview */
  expect(preview) {
    try {
      this._next = { preview, coming: new Incoming(preview.blob, byteLength(preview.pixels)) };
    } catch (error) {
      this._next = null;
    }
  }

  /**
   * The picture, as soon as it is whole.
   * @param {import("./frames.js").Frame} frame
   */
  take(frame) {
    if (this._next === null || this._next.coming.blob !== frame.blob) return null;
    const { preview, coming } = this._next;
    coming.take(frame);
    if (!coming.isWhole) return null;
    this._next = null;
    return { preview, picture: shown(fromWire(preview.pixels, coming.data)) };
  }

  lost() {
    this._next = null;
  }
}

module.exports = { Previews };
