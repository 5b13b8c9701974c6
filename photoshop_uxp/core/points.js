// @ts-check
/** The handle -> target pairs of one layer: what is placed, what is selected, and their own undo. */
"use strict";

const { MAX_DRAGS } = require("./limits.js");
const { Undoable } = require("./undoable.js");

/**
 * @typedef {import("./rect.js").XY} XY document px, the centre of the top left pixel at (0, 0)
 * @typedef {"handle" | "target"} End
 * @typedef {{ readonly handle: XY, readonly target: XY }} Pair
 * @typedef {{ pairs: readonly Pair[], selected: number | null }} State
 */

/** No more pairs: an edit takes 64. */
class PointsFull extends Error {}

/**
 * Changes outside a pull are one undo step each.
 * @extends {Undoable<State>}
 */
class Points extends Undoable {
  /** @param {readonly Pair[]} [pairs] */
  constructor(pairs = []) {
    super({ pairs: withinLimit(pairs), selected: null }, (a, b) => areEqual(a.pairs, b.pairs));
  }

  get pairs() {
    return this._state.pairs;
  }

  get selected() {
    return this._state.selected;
  }

  /** @param {number | null} index */
  select(index) {
    if (index !== null) this._at(index);
    if (index === this.selected) return;
    this._state = { pairs: this.pairs, selected: index };
    this._listeners.tell();
  }

  /**
   * Places a pair, selects it and returns its index; without a target it is to be pulled from the handle.
   * Throws PointsFull.
   * @param {XY} handle
   * @param {XY} [target]
   */
  add(handle, target = handle) {
    this._put([...this.pairs, { handle, target }], this.pairs.length);
    return this.pairs.length - 1;
  }

  /**
   * @param {number} index
   * @param {End} end
   * @param {XY} to
   */
  move(index, end, to) {
    const pair = this._at(index);
    const moved = end === "handle" ? { handle: to, target: pair.target } : { handle: pair.handle, target: to };
    if (pair[end][0] === to[0] && pair[end][1] === to[1]) return;
    this._put(this.pairs.map((other, at) => (at === index ? moved : other)), this.selected);
  }

  /** @param {number} index */
  delete(index) {
    this._at(index);
    let selected = this.selected;
    if (selected !== null && selected >= index) selected = selected === index ? null : selected - 1;
    this._put(this.pairs.filter((_, at) => at !== index), selected);
  }

  clear() {
    if (this.pairs.length) this._put([], null);
  }

  /** Puts other pairs in place of all, as from the history. Throws PointsFull. @param {readonly Pair[]} pairs */
  replace(pairs) {
    if (!areEqual(pairs, this.pairs)) this._put(pairs, null);
  }

  /** @param {number} index */
  _at(index) {
    const pair = this.pairs[index];
    if (pair === undefined) throw new RangeError(`There is no pair ${index}.`);
    return pair;
  }

  /**
   * @param {readonly Pair[]} pairs
   * @param {number | null} selected
   */
  _put(pairs, selected) {
    this._change({ pairs: withinLimit(pairs), selected });
  }
}

/**
 * The end within `radius` of `at`, both in px of the view; of equally near ones a target, then the last placed.
 * @param {readonly Pair[]} pairs
 * @param {XY} at
 * @param {(xy: XY) => XY} toView
 * @param {number} radius
 * @returns {{ index: number, end: End } | null}
 */
function nearestEnd(pairs, at, toView, radius) {
  let best = Infinity;
  /** @type {{ index: number, end: End } | null} */
  let found = null;
  for (let index = pairs.length - 1; index >= 0; index--) {
    for (const end of /** @type {End[]} */ (["target", "handle"])) {
      const [x, y] = toView(pairs[index][end]);
      const distance = Math.hypot(x - at[0], y - at[1]);
      const isBetter = distance < best || (distance === best && end === "target" && found?.end === "handle");
      if (distance <= radius && isBetter) {
        best = distance;
        found = { index, end };
      }
    }
  }
  return found;
}

/**
 * `to` brought onto the nearest of the eight directions from `origin`, at the foot of its perpendicular.
 * @param {XY} origin
 * @param {XY} to
 * @returns {XY}
 */
function constrained(origin, to) {
  const dx = to[0] - origin[0];
  const dy = to[1] - origin[1];
  // 0 across, 1 down right, 2 down, 3 down left; or opposite
  const eighth = (((Math.round(Math.atan2(dy, dx) / (Math.PI / 4)) % 4) + 4) % 4);
  if (eighth === 0) return [to[0], origin[1]];
  if (eighth === 2) return [origin[0], to[1]];
  const along = eighth === 1 ? (dx + dy) / 2 : (dx - dy) / 2;
  return [origin[0] + along, origin[1] + (eighth === 1 ? along : -along)];
}

/**
 * @param {readonly Pair[]} a
 * @param {readonly Pair[]} b
 */
function areEqual(a, b) {
  return JSON.stringify(a.map(flat)) === JSON.stringify(b.map(flat));
}

/** @param {Pair} pair */
function flat({ handle, target }) {
  return [...handle, ...target];
}

/** @param {readonly Pair[]} pairs */
function withinLimit(pairs) {
  if (pairs.length > MAX_DRAGS) throw new PointsFull(String(pairs.length));
  return [...pairs];
}

module.exports = { Points, PointsFull, nearestEnd, constrained, areEqual };
