// @ts-check
/** The jobs of one session: pixels up, events through, results down, again if it must be. */
"use strict";

const { Connection } = require("./connection.js");
const { Peer } = require("./peer.js");
const { Previews } = require("./previews.js");
const { Requests } = require("./requests.js");
const { Running } = require("./running.js");
const { Transfers } = require("./transfers.js");
const { WireError } = require("./errors.js");
const { byteLength, fromWire } = require("./pixels.js");

/** A job that the server lost so often is not sent again. */
const TIMES = 5;

/**
 * @typedef {import("./job.js").Order} Order
 * @typedef {import("./running.js").End} End
 */

class Session {
  /**
   * @param {import("./connection.js").Surroundings} around
   * @param {import("./wire").Client} about
   * @param {(event: import("./job.js").Event) => void} tell
   * @param {import("./wire").Resume | null} [resume]
   */
  constructor(around, about, tell, resume = null) {
    this.peer = new Peer(about, resume);
    this.connection = new Connection(around, this.peer, this);
    this._transfers = new Transfers(this.connection, around.clock);
    this._requests = new Requests(this.connection, this._transfers, around.clock);
    this._previews = new Previews();
    this._tell = tell;
    /** @type {Map<string, Running>} */
    this._jobs = new Map();
    /** @type {Map<string, Running>} */
    this._byWireId = new Map();
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
      job: id, kind: "edit", image: null, mask: null, reference: null, referenceMask: null, hand: {}, tool: "", speed: "",
      prompt: "", seed: 0, params: {}, inLayers: false, previewPx: 0,
    };
    void this._findAgain(this._note(order, true));
  }

  /**
   * Of a live job: what it shows next. Of several that wait the newest only is sent.
   * @param {string} id
   * @param {import("./hand_on_wire.js").WireHand} hand
   * @param {number} number
   */
  pull(id, hand, number) {
    const job = this._jobs.get(id);
    if (job === undefined) return;
    job.pull({ hand, number });
    void job.sendPulls(this.connection);
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
  upload(bytes) {
    return this._requests.upload(bytes);
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
    const job = new Running(order, isSubmitted);
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
          job.isLive && found !== null && "type" in found && found.type === "failed" &&
          found.code === "cancelled";
        if (job.isCancelled || !(found === null || isDropped)) {
          end = found;
          break;
        }
        this._byWireId.delete(job.wireId);
        job.beginAgain();
        this._byWireId.set(job.wireId, job);
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
    const { order } = job;
    const make = await this._requests.make(order, job.wireId, (fraction) =>
      this._tell({ type: "sent", job: order.job, fraction }),
    );
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
    if (job.isLive) void job.sendPulls(this.connection);
    return job.end.promise;
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
      /** @type {import("./job.js").Patch[]} */
      const patches = [];
      for (const { role, blob, pixels, box } of end.outputs) {
        const data = await this._transfers.download(blob, byteLength(pixels));
        patches.push({ role, box, picture: fromWire(pixels, data) });
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
   * @param {import("./job.js").Finished | import("./job.js").Ended} last
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
        this._previews.expect(message);
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

  /** @param {import("./frames.js").Frame} frame */
  hearFrame(frame) {
    if (frame.kind === "blob") {
      this._transfers.hearFrame(frame);
      return;
    }
    const taken = this._previews.take(frame);
    const job = taken && this._byWireId.get(taken.preview.job);
    if (!taken || !job) return;
    const { picture, preview } = taken;
    this._tell({ type: "shown", job: job.order.job, picture, box: preview.box, number: preview.number || 0 });
  }

  lost() {
    this._previews.lost();
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
 * @returns {import("./job.js").Ended}
 */
function ended(job, code, message = "") {
  return { type: "ended", job, code, message };
}

module.exports = { Session };
