// @ts-check
/** What the parts of the panel tell its face: that something changed, and the one sentence that a person should know. */
"use strict";

const words = require("./words.js");
const { Listeners } = require("./listeners.js");
const { PointsFull } = require("./points.js");
const { Refused } = require("./errors.js");

/** @typedef {"desk" | "picture" | "hand" | "overlay" | "connection" | "job" | "history" | "settings" | "said"} Change */

class Talk {
  constructor() {
    /** What the person should know. */
    this.said = "";
    /** @type {Listeners<[Change]>} */
    this._listeners = new Listeners();
  }

  /** @param {(change: Change) => void} callback */
  listen(callback) {
    return this._listeners.add(callback);
  }

  /** @param {Change} change */
  tell(change) {
    this._listeners.tell(change);
  }

  /** @param {string} text */
  say(text) {
    if (text === this.said) return;
    this.said = text;
    this.tell("said");
  }

  /** Does something, and says why it cannot be done. @param {() => Promise<void>} work */
  async saying(work) {
    try {
      await work();
    } catch (error) {
      if (error instanceof PointsFull) this.say(words.POINTS_FULL);
      else if (error instanceof Refused) this.say(error.message);
      else throw error;
    }
  }
}

module.exports = { Talk };
