// @ts-check
/** The jobs of one session: pixels up, events through, results down, again if it must be. */
"use strict";

const { Connection } = require("./connection.js");
const { Incoming, Transfers } = require("./transfers.js");
const { Later, sleep } = require("./clock.js");
const { Peer } = require("./peer.js");
const { WireError } = require("./errors.js");
const { byteLength, fromWire, layoutOf, shown } = require("./pixels.js");
const { nameOf } = require("./sha256.js");

/** A job that the server lost so often is not sent again. */
const TIMES = 5;

/**
 * @typedef {import("./jobs.js").Order} Order
 * @typedef {import("./jobs.js").Raster} Raster
 * @typedef {import("./wire").Done | import("./wire").Failed | WireError | null} End
 * null: the server does not know the job (any more)
 *
 * @typedef {object} Running one that is not over
 * @property {Order} order
 * @property {string} wireId as the server knows it: a live job that ended with its socket goes on under another one
 * @property {number} life
 * @property {Later<End>} end
 * @property {boolean} isSubmitted
 * @property {boolean} isCancelled
 * @property {{ drags: import("./wire").Drag[], number: number } | null} pull the newest of a live job
 * @property {boolean} isPulled it was not sent yet
 * @property {boolean} isSendingPulls
 */

class Session {
  /**
   * @param {import("./connection.js").Surroundings} around
   * @param {import("./wire").Client} about
   * @param {(event: import("./jobs.js").Event) => void} tell
   * @param {import("./wire").Resume | null} [resume]
   */
  constructor(around, about, tell, resume = null) {
    this._clock = around.clock;
    this.peer = new Peer(about, resume);
    this.connection = new Connection(around, this.peer, this);
    this._transfers = new Transfers(this.connection, around.clock);
    this._tell = tell;
    /** @type {Map<string, Running>} */
    this._jobs = new Map();
    /** @type {Map<string, Running>} */
    this._byWireId = new Map();
    /** What the server was sent, for an edit after its prepare and the next edit of the same layer. */
    /** @type {WeakMap<Raster, import("./wire").Picture>} */
    this._known = new WeakMap();
    /** @type {{ preview: import("./wire").Preview, coming: Incoming } | null} */
    this._preview = null;
    this._status = "";
  }

  // What the panel asks for

  /** @param {Order} order */
  start(order) {
    if (this._jobs.has(order.job)) return;
    if (order.kind !== "edit") {
      // The server keeps one of a session.
      for (const other of [...this._jobs.values()]) if (other.order.kind === order.kind) this.cancel(other.order.job);
    }
    void this._do(this._note(order, false));
  }

  /** A job that this session had in an earlier life of the panel: its result, or how it ended. @param {string} id */
  lookFor(id) {
    if (this._jobs.has(id)) return;
    /** @type {Order} */
    const order = {
      job: id, kind: "edit", image: null, mask: null, drags: [], tool: "", speed: "", prompt: "", seed: 0, params: {},
      previewPx: 0,
    };
    void this._findAgain(this._note(order, true));
  }

  /**
   * Of a live job: what it shows next. Of several that wait the newest only is sent.
   * @param {string} id
   * @param {import("./wire").Drag[]} drags
   * @param {number} number
   */
  pull(id, drags, number) {
    const job = this._jobs.get(id);
    if (job === undefined) return;
    job.pull = { drags, number };
    job.isPulled = true;
    void this._sendPulls(job);
  }

  /** The job ends soon; where no server is there, or when asked a second time, at once. @param {string} id */
  cancel(id) {
    const job = this._jobs.get(id);
    if (job === undefined) return;
    const isSecond = job.isCancelled;
    job.isCancelled = true;
    if (job.isSubmitted && !isSecond) void this._cancel(job.wireId);
    if (isSecond || !(job.isSubmitted && this.connection.isUp)) this._over(job, ended(id, "cancelled"));
  }

  /** The result is where it belongs; the server may forget it. @param {string} id */
  release(id) {
    void this._release(id);
  }

  /** The name of a blob, which the server then has. @param {Uint8Array} bytes */
  async upload(bytes) {
    const blob = await nameOf(bytes, () => sleep(this._clock, 0));
    await this._transfers.upload(blob, bytes, () => {});
    return blob;
  }

  /** Until `stop`. */
  run() {
    return this.connection.keep();
  }

  stop() {
    this.connection.stop();
  }

  // One job

  /**
   * @param {Order} order
   * @param {boolean} isSubmitted
   */
  _note(order, isSubmitted) {
    /** @type {Running} */
    const job = {
      order, wireId: order.job, life: 1, end: new Later(), isSubmitted, isCancelled: false, pull: null,
      isPulled: false, isSendingPulls: false,
    };
    this._jobs.set(order.job, job);
    this._byWireId.set(order.job, job);
    return job;
  }

  /** @param {Running} job */
  async _do(job) {
    const id = job.order.job;
    try {
      /** @type {End} */
      let end = new WireError("interrupted", "The server lost the job again and again.");
      for (let time = 0; time < TIMES; time++) {
        const found = await this._attempt(job);
        if (!this._isHeld(job)) return;
        const isDropped =
          job.order.kind === "live" && found !== null && "type" in found && found.type === "failed" &&
          found.code === "cancelled";
        if (job.isCancelled || !(found === null || isDropped)) {
          end = found;
          break;
        }
        this._beginAgain(job);
      }
      await this._finish(job, end);
    } catch (error) {
      const isKnown = error instanceof WireError;
      this._over(job, ended(id, isKnown ? error.code : "plugin_fault", String(error)));
    }
  }

  /**
   * Sends the job and waits for its end.
   * @param {Running} job
   * @returns {Promise<End>}
   */
  async _attempt(job) {
    const make = await this._request(job);
    // Cancelled while its pixels went up: nothing shall run that nobody waits for.
    if (!this._isHeld(job)) return null;
    job.isSubmitted = true;
    let accepted;
    try {
      accepted = await this.connection.ask(make);
    } catch (error) {
      // A blob went meanwhile.
      if (error instanceof WireError && error.code === "not_found") return null;
      throw error;
    }
    // Sent earlier: of what is over, no event comes again.
    if (accepted.state === "done" || accepted.state === "failed") await this._lookUp(job);
    if (job.order.kind === "live") void this._sendPulls(job);
    return job.end.promise;
  }

  /**
   * @param {Running} job
   * @returns {Promise<(id: string) => import("./wire").Request>}
   */
  async _request(job) {
    const { order } = job;
    if (order.image === null) throw new WireError("not_found", "The pixels of this job are gone.");
    const parts = order.mask === null ? [order.image] : [order.image, order.mask];
    const all = parts.reduce((sum, part) => sum + part.bytes.length, 0);
    let before = 0;
    /** @type {import("./wire").Picture[]} */
    const pictures = [];
    for (const part of parts) {
      const base = before;
      pictures.push(
        await this._sent(part, (fraction) => {
          const share = (base + fraction * part.bytes.length) / Math.max(1, all);
          this._tell({ type: "sent", job: order.job, fraction: share });
        }),
      );
      before += part.bytes.length;
    }
    const { drags, tool, speed, prompt, seed, params } = order;
    const common = { job: job.wireId, image: pictures[0], drags, tool, speed, prompt, seed, params };
    const masked = pictures.length > 1 ? { ...common, mask: pictures[1] } : common;
    if (order.kind === "prepare") return (id) => ({ type: "prepare", id, ...masked });
    const isLive = order.kind === "live";
    return (id) => ({ type: "submit", id, ...masked, preview_px: order.previewPx, is_live: isLive });
  }

  /**
   * @param {Raster} raster
   * @param {(fraction: number) => void} onSent
   * @returns {Promise<import("./wire").Picture>}
   */
  async _sent(raster, onSent) {
    const pixels = layoutOf(raster);
    const size = byteLength(pixels);
    const known = this._known.get(raster);
    if (known !== undefined) {
      const answer = await this.connection.ask((id) => ({ type: "offer", id, blob: known.blob, bytes: size }));
      if (answer.type === "have") {
        onSent(1);
        return known;
      }
    }
    const blob = known ? known.blob : await nameOf(raster.bytes, () => sleep(this._clock, 0));
    await this._transfers.upload(blob, raster.bytes, onSent);
    const picture = { blob, pixels };
    this._known.set(raster, picture);
    return picture;
  }

  /** One update at a time, and of those that wait the newest. @param {Running} job */
  async _sendPulls(job) {
    if (job.isSendingPulls || !job.isSubmitted) return;
    job.isSendingPulls = true;
    try {
      // Each time anew: the job may have ended with its socket and begun again while an answer was waited for.
      while (job.isPulled && job.pull !== null && job.isSubmitted && !job.end.isSet && this._isHeld(job)) {
        const { drags, number } = job.pull;
        job.isPulled = false;
        await this._update(job, drags, number);
      }
    } finally {
      job.isSendingPulls = false;
    }
  }

  /**
   * @param {Running} job
   * @param {import("./wire").Drag[]} drags
   * @param {number} number
   */
  async _update(job, drags, number) {
    try {
      await this.connection.ask((id) => ({ type: "update", id, job: job.wireId, drags, number }));
    } catch (error) {
      // One that is refused, as of a job that is over: the next one may fit.
      if (!(error instanceof WireError)) throw error;
    }
  }

  /** The server does not know it any more, or a live one ended with its socket. @param {Running} job */
  _beginAgain(job) {
    job.end = new Later();
    job.isSubmitted = false;
    if (job.order.kind !== "live") return;
    this._byWireId.delete(job.wireId);
    job.life += 1;
    job.wireId = `${job.order.job}..${job.life}`;
    this._byWireId.set(job.wireId, job);
    job.isPulled = job.pull !== null;
  }

  /**
   * @param {Running} job
   * @param {End} end
   */
  async _finish(job, end) {
    const id = job.order.job;
    if (end === null) {
      this._over(job, ended(id, job.isCancelled ? "cancelled" : "interrupted"));
    } else if (end instanceof WireError) {
      this._over(job, ended(id, end.code, end.message));
    } else if (end.type === "failed") {
      this._over(job, ended(id, end.code, end.message));
    } else {
      /** @type {import("./jobs.js").Patch[]} */
      const patches = [];
      for (const { blob, pixels, box } of end.outputs) {
        const data = await this._transfers.download(blob, byteLength(pixels));
        patches.push({ box, picture: fromWire(pixels, data) });
      }
      this._over(job, { type: "finished", job: id, patches, report: end.report });
      if (patches.length) return;
    }
    await this._release(job.wireId);
  }

  /** @param {Running} job */
  async _findAgain(job) {
    try {
      await this._lookUp(job);
      await this._finish(job, await job.end.promise);
    } catch (error) {
      this._over(job, ended(job.order.job, error instanceof WireError ? error.code : "plugin_fault", String(error)));
    }
  }

  /** How a job is of which events may have been missed. @param {Running} job */
  async _lookUp(job) {
    let answer;
    try {
      answer = await this.connection.ask((id) => ({ type: "get", id, job: job.wireId }));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      job.end.set(error.code === "not_found" ? null : error);
      return;
    }
    const found = /** @type {import("./wire").Jobs} */ (answer).jobs[0];
    if (found.state === "done") {
      job.end.set({ type: "done", seq: 0, job: job.wireId, outputs: found.outputs || [], report: {} });
    } else if (found.failure) {
      const { code, message } = found.failure;
      job.end.set({ type: "failed", seq: 0, job: job.wireId, code, message });
    } else if (found.state !== "failed") {
      this._tell({ type: "state", seq: 0, job: job.order.job, state: found.state });
    }
  }

  /** @param {string} wireId */
  async _cancel(wireId) {
    try {
      await this.connection.ask((id) => ({ type: "cancel", id, job: wireId }));
    } catch (error) {
      const job = this._byWireId.get(wireId);
      if (job !== undefined) job.end.set(null);
    }
  }

  /** @param {string} wireId */
  async _release(wireId) {
    try {
      await this.connection.ask((id) => ({ type: "release", id, job: wireId }));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }

  /**
   * @param {Running} job
   * @param {import("./jobs.js").Finished | import("./jobs.js").Ended} last
   */
  _over(job, last) {
    if (!this._isHeld(job)) return;
    this._jobs.delete(job.order.job);
    this._byWireId.delete(job.wireId);
    this._tell(last);
    // Whoever still waits for its end goes on and finds it gone.
    job.end.set(null);
  }

  /** @param {Running} job */
  _isHeld(job) {
    return this._jobs.get(job.order.job) === job;
  }

  // What the connection tells

  /**
   * @param {import("./connection.js").Line} line
   * @param {string} why
   */
  status(line, why) {
    const { welcome, line: number } = this.connection;
    const status = `${line} ${why} ${line === "connected" ? number : ""}`;
    if (status === this._status) return;
    this._status = status;
    this._tell({ type: "status", line, why, welcome });
  }

  /** @param {import("./wire").FromServer} message */
  hear(message) {
    switch (message.type) {
      case "stored":
      case "error":
        this._transfers.hear(message);
        break;
      case "preview":
        this._expect(message);
        break;
      case "state":
      case "progress": {
        const job = this._byWireId.get(message.job);
        if (job !== undefined) this._tell({ ...message, job: job.order.job });
        break;
      }
      case "done":
      case "failed": {
        const job = this._byWireId.get(message.job);
        if (job !== undefined) job.end.set(message);
        break;
      }
    }
  }

  /** @param {import("./wire").Preview} preview */
  _expect(preview) {
    try {
      this._preview = { preview, coming: new Incoming(preview.blob, byteLength(preview.pixels)) };
    } catch (error) {
      this._preview = null;
    }
  }

  /** @param {import("./frames.js").Frame} frame */
  hearFrame(frame) {
    if (frame.kind === "blob") {
      this._transfers.hearFrame(frame);
      return;
    }
    if (this._preview === null || this._preview.coming.blob !== frame.blob) return;
    const { preview, coming } = this._preview;
    coming.take(frame);
    if (!coming.isWhole) return;
    this._preview = null;
    const job = this._byWireId.get(preview.job);
    if (job === undefined) return;
    const picture = shown(fromWire(preview.pixels, coming.data));
    this._tell({ type: "shown", job: job.order.job, picture, box: preview.box, number: preview.number || 0 });
  }

  lost() {
    this._preview = null;
    this._transfers.lost();
    for (const job of [...this._jobs.values()]) {
      if (job.isCancelled) this._over(job, ended(job.order.job, "cancelled"));
    }
  }

  /** @param {boolean} isResumed */
  back(isResumed) {
    if (isResumed) return;
    for (const job of this._jobs.values()) {
      if (job.isSubmitted && !job.end.isSet) void this._lookUp(job);
    }
  }
}

/**
 * @param {string} job
 * @param {string} code
 * @param {string} [message]
 * @returns {import("./jobs.js").Ended}
 */
function ended(job, code, message = "") {
  return { type: "ended", job, code, message };
}

module.exports = { Session };
