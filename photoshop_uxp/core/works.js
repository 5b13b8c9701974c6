// @ts-check
/** What belongs to documents and layers: the points of each layer, the results of each document. */
"use strict";

const { History } = require("./history.js");
const { Points } = require("./points.js");

class Works {
  constructor() {
    /** @type {Map<string, { document: number, layer: number, points: Points }>} */
    this._points = new Map();
    /** @type {Map<number, History>} */
    this._histories = new Map();
  }

  /**
   * @param {number} document
   * @param {number} layer 0 for all that is visible
   */
  points(document, layer) {
    const key = `${document} ${layer}`;
    const found = this._points.get(key);
    if (found) return found.points;
    const points = new Points();
    this._points.set(key, { document, layer, points });
    return points;
  }

  /** @param {number} document */
  history(document) {
    const found = this._histories.get(document) || new History();
    this._histories.set(document, found);
    return found;
  }

  /** The points of all layers that have any. */
  get placed() {
    return [...this._points.values()]
      .filter(({ points }) => points.pairs.length > 0)
      .map(({ document, layer, points }) => ({ document, layer, pairs: points.pairs }));
  }
}

module.exports = { Works };
