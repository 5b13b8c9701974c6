// @ts-check
/** How a part of the document lies in the stage of the panel: fitted, zoomed, moved. Knows no pixels. */
"use strict";

const { Rect } = require("./rect.js");

const MAX_SCALE = 16;
const STEP = 1.5;

/** @typedef {import("./rect.js").XY} XY */

class Viewport {
  constructor() {
    /** Shown when fitted. */
    this.region = new Rect(0, 0, 1, 1);
    this.width = 1;
    this.height = 1;
    /** Over the fitted size. */
    this.zoom = 1;
    /** The document's place in the middle of the stage. @type {XY} */
    this.centre = [0, 0];
  }

  /** Px of the stage for one of the document. */
  get scale() {
    return this.zoom * this.fitted;
  }

  get fitted() {
    return Math.min(this.width / this.region.width, this.height / this.region.height);
  }

  /**
   * Another part of the document; fitted where it is another one.
   * @param {Rect} region
   */
  show(region) {
    if (region.isEmpty || region.equals(this.region)) return;
    this.region = region;
    this.fit();
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this._hold();
  }

  fit() {
    this.zoom = 1;
    this.centre = [this.region.left + this.region.width / 2 - 0.5, this.region.top + this.region.height / 2 - 0.5];
  }

  /**
   * Larger or smaller, around a place of the stage.
   * @param {number} steps
   * @param {XY} [at]
   */
  zoomBy(steps, at = [this.width / 2, this.height / 2]) {
    const before = this.toDocument(at);
    const most = Math.max(1, MAX_SCALE / this.fitted);
    this.zoom = Math.min(Math.max(this.zoom * STEP ** steps, 1), most);
    const after = this.toDocument(at);
    this.centre = [this.centre[0] + before[0] - after[0], this.centre[1] + before[1] - after[1]];
    this._hold();
  }

  /**
   * The picture follows a hand that moved so many px of the stage.
   * @param {number} dx
   * @param {number} dy
   */
  pan(dx, dy) {
    this.centre = [this.centre[0] - dx / this.scale, this.centre[1] - dy / this.scale];
    this._hold();
  }

  /**
   * @param {XY} xy
   * @returns {XY}
   */
  toView([x, y]) {
    const scale = this.scale;
    return [(x - this.centre[0]) * scale + this.width / 2, (y - this.centre[1]) * scale + this.height / 2];
  }

  /**
   * @param {XY} xy
   * @returns {XY}
   */
  toDocument([x, y]) {
    const scale = this.scale;
    return [(x - this.width / 2) / scale + this.centre[0], (y - this.height / 2) / scale + this.centre[1]];
  }

  /**
   * Where a part of the document lies in the stage, px.
   * @param {Rect} rect
   */
  place(rect) {
    const [left, top] = this.toView([rect.left - 0.5, rect.top - 0.5]);
    return { left, top, width: rect.width * this.scale, height: rect.height * this.scale };
  }

  /** Keeps the middle of the stage over the region. */
  _hold() {
    const { region } = this;
    const half = [this.width / 2 / this.scale, this.height / 2 / this.scale];
    this.centre = [
      held(this.centre[0], region.left - 0.5, region.width, half[0]),
      held(this.centre[1], region.top - 0.5, region.height, half[1]),
    ];
  }
}

/**
 * @param {number} at
 * @param {number} start
 * @param {number} length
 * @param {number} half of what the stage shows
 */
function held(at, start, length, half) {
  if (2 * half >= length) return start + length / 2;
  return Math.min(Math.max(at, start + half), start + length - half);
}

module.exports = { Viewport };
