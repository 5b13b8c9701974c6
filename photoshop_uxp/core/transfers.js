// @ts-check
/** Blobs up and down over a connection that may be lost in the middle of one. */
"use strict";

const { Later, Lock } = require("./clock.js");
const { ANSWER_MS, FETCH_MS, Lost } = require("./connection.js");
const { chunks } = require("./frames.js");
const { Sha256 } = require("./sha256.js");
const { WireError } = require("./errors.js");

/** Of one blob that comes or goes damaged; a lost line counts as none. */
const TRIES = 5;

/** The chunks of one blob, from its first byte to its last. */
class Incoming {
  /**
   * @param {string} blob
   * @param {number} size
   */
  constructor(blob, size) {
    this.blob = blob;
    this.size = size;
    this.received = 0;
    this.data = new Uint8Array(size);
    this._hash = new Sha256();
  }

  get isWhole() {
    return this.received === this.size;
  }

  /**
   * Throws a WireError for a chunk that does not follow; after a wrong last one nothing holds any more.
   * @param {import("./frames.js").Frame} frame
   */
  take(frame) {
    const end = frame.offset + frame.payload.length;
    if (frame.offset !== this.received || end > this.size || frame.isLast !== (end === this.size)) {
      throw new WireError("bad_blob", `A chunk from byte ${frame.offset} to ${end} does not belong here.`);
    }
    this._hash.update(frame.payload);
    this.data.set(frame.payload, frame.offset);
    this.received = end;
    if (this.isWhole && this._hash.hex() !== this.blob) {
      this.received = 0;
      this._hash = new Sha256();
      throw new WireError("bad_blob", "The bytes are others than announced.");
    }
  }
}

/** One blob up and one down at a time: an error that names no request is about the one that goes up. */
class Transfers {
  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./clock.js").Clock} clock
   */
  constructor(connection, clock) {
    this._connection = connection;
    this._clock = clock;
    this._up = new Lock();
    this._down = new Lock();
    /** @type {{ blob: string, outcome: Later<WireError | Lost | null> } | null} */
    this._sent = null;
    /** @type {Incoming | null} */
    this._coming = null;
  }

  /**
   * Until the server has the blob; `onSent` hears which share of it is there. Throws a WireError.
   * @param {string} blob
   * @param {Uint8Array} data
   * @param {(fraction: number) => void} onSent
   */
  async upload(blob, data, onSent) {
    await this._up.run(async () => {
      for (let tries = 1; ; ) {
        const answer = await this._connection.ask((id) => ({ type: "offer", id, blob, bytes: data.length }));
        if (answer.type === "have") return;
        try {
          await this._send(blob, data, answer.offset, onSent);
          return;
        } catch (error) {
          if (error instanceof Lost) continue;
          // Of a chunk out of order, as after a lost answer; what the server has, it says at the next offer.
          if (!(error instanceof WireError) || error.code !== "bad_blob" || tries === TRIES) throw error;
          tries += 1;
        }
      }
    });
    onSent(1);
  }

  /**
   * @param {string} blob
   * @param {Uint8Array} data
   * @param {number} offset
   * @param {(fraction: number) => void} onSent
   */
  async _send(blob, data, offset, onSent) {
    const line = this._connection.line;
    /** @type {Later<WireError | Lost | null>} */
    const outcome = new Later();
    this._sent = { blob, outcome };
    try {
      for (const frame of chunks("blob", blob, data.subarray(offset), offset)) {
        if (outcome.isSet) break;
        await this._connection.sendFrame(frame, line);
        onSent((frame.offset + frame.payload.length) / Math.max(1, data.length));
      }
      if (!(await outcome.within(this._clock, ANSWER_MS))) {
        this._connection.drop();
        throw new Lost();
      }
    } finally {
      this._sent = null;
    }
    if (outcome.value) throw outcome.value;
  }

  /**
   * Throws a WireError.
   * @param {string} blob
   * @param {number} size
   * @returns {Promise<Uint8Array>}
   */
  download(blob, size) {
    return this._down.run(async () => {
      for (let tries = 0; tries < TRIES; tries++) {
        const coming = new Incoming(blob, size);
        this._coming = coming;
        try {
          await this._connection.ask((id) => ({ type: "fetch", id, blob, offset: coming.received }), FETCH_MS);
        } finally {
          this._coming = null;
        }
        if (coming.isWhole) return coming.data;
      }
      throw new WireError("bad_blob", "The result did not come whole.");
    });
  }

  // What the connection tells

  /** @param {import("./wire").Stored | import("./wire").Error} message */
  hear(message) {
    if (this._sent === null) return;
    const { blob, outcome } = this._sent;
    if (message.type === "error") outcome.set(new WireError(message.code, message.message, message.path || null));
    else if (message.blob === blob) outcome.set(null);
  }

  /**
   * Throws a WireError for one that does not belong here; the blob is then asked for again.
   * @param {import("./frames.js").Frame} frame
   */
  hearFrame(frame) {
    if (this._coming === null || this._coming.blob !== frame.blob) return;
    try {
      this._coming.take(frame);
    } catch (error) {
      this._coming = null;
      throw error;
    }
  }

  lost() {
    if (this._sent !== null) this._sent.outcome.set(new Lost());
  }
}

module.exports = { Incoming, Transfers };
