// @ts-check
/** Whole pixels of a document: x to the right, y down, the centre of the top left pixel at (0, 0). */
"use strict";

/** @typedef {[number, number]} XY */

class Rect {
  /**
   * @param {number} left
   * @param {number} top
   * @param {number} width
   * @param {number} height
   */
  constructor(left, top, width, height) {
    this.left = left;
    this.top = top;
    this.width = width;
    this.height = height;
  }

  /**
   * @param {number} left
   * @param {number} top
   * @param {number} right
   * @param {number} bottom
   */
  static ofEdges(left, top, right, bottom) {
    return new Rect(left, top, Math.max(0, right - left), Math.max(0, bottom - top));
  }

  get right() {
    return this.left + this.width;
  }

  get bottom() {
    return this.top + this.height;
  }

  get isEmpty() {
    return !(this.width > 0 && this.height > 0);
  }

  /** @param {Rect} other */
  equals(other) {
    return (
      this.left === other.left && this.top === other.top && this.width === other.width && this.height === other.height
    );
  }

  /** @param {Rect} other */
  holds(other) {
    return (
      this.left <= other.left && this.top <= other.top && other.right <= this.right && other.bottom <= this.bottom
    );
  }

  /**
   * Whether the point lies on one of its pixels; a pixel reaches half a pixel round its centre.
   * @param {XY} xy
   */
  holdsPoint([x, y]) {
    return this.left - 0.5 <= x && x < this.right - 0.5 && this.top - 0.5 <= y && y < this.bottom - 0.5;
  }

  /** The part of it that lies in `other`. @param {Rect} other */
  within(other) {
    return Rect.ofEdges(
      Math.max(this.left, other.left),
      Math.max(this.top, other.top),
      Math.min(this.right, other.right),
      Math.min(this.bottom, other.bottom),
    );
  }

  /** The box round both. @param {Rect} other */
  joined(other) {
    return Rect.ofEdges(
      Math.min(this.left, other.left),
      Math.min(this.top, other.top),
      Math.max(this.right, other.right),
      Math.max(this.bottom, other.bottom),
    );
  }

  /** @param {number} by */
  grown(by) {
    return new Rect(this.left - by, this.top - by, this.width + 2 * by, this.height + 2 * by);
  }

  /** Grown outward to multiples of `step`. @param {number} step */
  onGrid(step) {
    return Rect.ofEdges(
      Math.floor(this.left / step) * step,
      Math.floor(this.top / step) * step,
      Math.ceil(this.right / step) * step,
      Math.ceil(this.bottom / step) * step,
    );
  }

  // Between the document and this part of it

  /**
   * A point of the document, counted from this part's top left pixel.
   * @param {XY} xy
   * @returns {XY}
   */
  into([x, y]) {
    return [x - this.left, y - this.top];
  }

  /**
   * The reverse of `into`.
   * @param {XY} xy
   * @returns {XY}
   */
  outOf([x, y]) {
    return [x + this.left, y + this.top];
  }

  /** A box of a result, in the document. @param {import("./wire").Box} box */
  boxOutOf(box) {
    return new Rect(box.x + this.left, box.y + this.top, box.width, box.height);
  }

  /**
   * The pairs as they are sent with this part.
   * @param {readonly import("./points.js").Pair[]} pairs
   * @returns {import("./wire").Drag[]}
   */
  drags(pairs) {
    return pairs.map((pair) => ({ handle: this.into(pair.handle), target: this.into(pair.target) }));
  }
}

module.exports = { Rect };
