// @ts-check
/** What belongs to documents and layers: what a hand did on each layer, and the results of each document. */
"use strict";

const { History } = require("./history.js");
const { Placing } = require("./placing.js");
const { Points } = require("./points.js");

/**
 * @typedef {{ rect: import("./rect.js").Rect, mask: import("./pixels.js").Raster }} Selected a part of the document
 * @typedef {object} Kept of a layer, over the end of the panel
 * @property {number} document
 * @property {number} layer 0 for all that is visible
 * @property {readonly import("./points.js").Pair[]} pairs
 * @property {import("./transform.js").Transform} moved
 * @property {import("./transform.js").Transform} pasted
 * @property {number} other
 */

/** What a hand did on one layer, for each tool. */
class Work {
  constructor() {
    this.points = new Points();
    this.moved = new Placing();
    this.pasted = new Placing();
    /** The layer that an object or a look comes from; 0 before one was chosen. */
    this.other = 0;
    /** What of that layer is the object; null for all that it shows. @type {Selected | null} */
    this.otherMask = null;
  }

  /** @param {number} layer */
  takeFrom(layer) {
    if (layer === this.other) return;
    this.other = layer;
    this.otherMask = null;
    this.pasted.clear();
  }

  get isUntouched() {
    return !this.points.pairs.length && this.moved.isStill && this.pasted.isStill && !this.other;
  }
}

class Works {
  constructor() {
    /** @type {Map<string, { document: number, layer: number, work: Work }>} */
    this._works = new Map();
    /** @type {Map<number, History>} */
    this._histories = new Map();
  }

  /**
   * @param {number} document
   * @param {number} layer 0 for all that is visible
   */
  of(document, layer) {
    const key = `${document} ${layer}`;
    const found = this._works.get(key);
    if (found) return found.work;
    const work = new Work();
    this._works.set(key, { document, layer, work });
    return work;
  }

  /** @param {number} document */
  history(document) {
    const found = this._histories.get(document) || new History();
    this._histories.set(document, found);
    return found;
  }

  /** What was done on all layers. @returns {Kept[]} */
  get kept() {
    return [...this._works.values()]
      .filter(({ work }) => !work.isUntouched)
      .map(({ document, layer, work: { points, moved, pasted, other } }) => ({
        document, layer, pairs: points.pairs, moved: moved.transform, pasted: pasted.transform, other,
      }));
  }

  /** As an earlier life of the panel left it. @param {Kept} kept */
  restore({ document, layer, pairs, moved, pasted, other }) {
    const work = this.of(document, layer);
    work.points.replace(pairs);
    work.takeFrom(other);
    work.moved.set(moved);
    work.pasted.set(pasted);
  }
}

module.exports = { Works, Work };
