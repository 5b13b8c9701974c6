// @ts-check
/** One job of a session that is not over, and what a hand shows while it is live. */
"use strict";

const { Later } = require("./clock.js");
const { WireError } = require("./errors.js");

/**
 * @typedef {import("./wire").Done | import("./wire").Failed | WireError | null} End
 * null: the server does not know the job (any more)
 * @typedef {{ hand: import("./hand_on_wire.js").WireHand, number: number }} Pull
 */

class Running {
  /**
   * @param {import("./job.js").Order} order
   * @param {boolean} isSubmitted
   */
  constructor(order, isSubmitted) {
    this.order = order;
    /** As the server knows it: a live job that ended with its socket goes on under another one. */
    this.wireId = order.job;
    this._life = 1;
    /** @type {Later<End>} */
    this.end = new Later();
    this.isSubmitted = isSubmitted;
    this.isCancelled = false;
    /** The newest of a live job. @type {Pull | null} */
    this._pull = null;
    this._isPulled = false;
    this._isSendingPulls = false;
  }

  get isLive() {
    return this.order.kind === "live";
  }

  /** The server does not know it any more, or a live one ended with its socket. */
  beginAgain() {
    this.end = new Later();
    this.isSubmitted = false;
    if (!this.isLive) return;
    this._life += 1;
    this.wireId = `${this.order.job}..${this._life}`;
    this._isPulled = this._pull !== null;
  }

  /** What it shows next: of several that wait the newest only is sent. @param {Pull} pull */
  pull(pull) {
    this._pull = pull;
    this._isPulled = true;
  }

  /**
   * One update at a time, and of those that wait the newest.
   * @param {import("./connection.js").Connection} connection
   */
  async sendPulls(connection) {
    if (this._isSendingPulls || !this.isSubmitted) return;
    this._isSendingPulls = true;
    try {
      // Each time anew: the job may have ended with its socket and begun again while an answer was waited for.
      while (this._isPulled && this._pull !== null && this.isSubmitted && !this.end.isSet) {
        const { hand, number } = this._pull;
        this._isPulled = false;
        await this._update(connection, hand, number);
      }
    } finally {
      this._isSendingPulls = false;
    }
  }

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {Pull["hand"]} hand
   * @param {number} number
   */
  async _update(connection, hand, number) {
    try {
      await connection.ask((id) => ({ type: "update", id, job: this.wireId, ...hand, number }));
    } catch (error) {
      // One that is refused, as of a job that is over: the next one may fit.
      if (!(error instanceof WireError)) throw error;
    }
  }
}

module.exports = { Running };
