// @ts-check
/** Who is told of changes. */
"use strict";

/** @template {any[]} Said */
class Listeners {
  constructor() {
    /** @type {Set<(...said: Said) => void>} */
    this._all = new Set();
  }

  /**
   * What is returned ends it.
   * @param {(...said: Said) => void} callback
   * @returns {() => void}
   */
  add(callback) {
    this._all.add(callback);
    return () => void this._all.delete(callback);
  }

  /** @param {Said} said */
  tell(...said) {
    for (const callback of [...this._all]) callback(...said);
  }
}

module.exports = { Listeners };
