// @ts-check
/** Where the object of a layer goes: one transform, with its own undo. */
"use strict";

const { Undoable } = require("./undoable.js");
const { STILL, areAlike, isStill, tidy } = require("./transform.js");

/** @typedef {import("./transform.js").Transform} Transform */

/**
 * Changes outside a pull are one undo step each.
 * @extends {Undoable<Transform>}
 */
class Placing extends Undoable {
  /** @param {Transform} [transform] */
  constructor(transform = STILL) {
    super(tidy(transform), areAlike);
  }

  get transform() {
    return this._state;
  }

  get isStill() {
    return isStill(this._state);
  }

  /** @param {Partial<Transform>} changed */
  set(changed) {
    const next = tidy({ ...this._state, ...changed });
    if (!areAlike(next, this._state)) this._change(next);
  }

  clear() {
    this.set(STILL);
  }
}

module.exports = { Placing };
