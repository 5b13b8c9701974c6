// @ts-check
/** The handle -> target pairs of one layer: what is placed, what is selected, and their own undo. */
"use strict";

const { MAX_DRAGS } = require("./limits.js");
const { Listeners } = require("./listeners.js");

/** Undo steps kept; a step holds at most 64 pairs, so this is a bound on memory and no one's limit. */
const MAX_STEPS = 200;

/**
 * @typedef {import("./rect.js").XY} XY document px, the centre of the top left pixel at (0, 0)
 * @typedef {"handle" | "target"} End
 * @typedef {{ readonly handle: XY, readonly target: XY }} Pair
 * @typedef {{ pairs: readonly Pair[], selected: number | null }} State
 */

/** No more pairs: an edit takes 64. */
class PointsFull extends Error {}

/** Changes outside a pull are one undo step each; those between `begin` and `commit` are one step together. */
class Points {
  /** @param {readonly Pair[]} [pairs] */
  constructor(pairs = []) {
    /** @type {State} */
    this._state = { pairs: withinLimit(pairs), selected: null };
    /** @type {State | null} of the open pull */
    this._before = null;
    /** @type {State[]} */
    this._undo = [];
    /** @type {State[]} */
    this._redo = [];
    /** @type {Listeners<[]>} */
    this._listeners = new Listeners();
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
    this._change([...this.pairs, { handle, target }], this.pairs.length);
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
    this._change(this.pairs.map((other, at) => (at === index ? moved : other)), this.selected);
  }

  /** @param {number} index */
  delete(index) {
    this._at(index);
    let selected = this.selected;
    if (selected !== null && selected >= index) selected = selected === index ? null : selected - 1;
    this._change(this.pairs.filter((_, at) => at !== index), selected);
  }

  clear() {
    if (this.pairs.length) this._change([], null);
  }

  /** Puts other pairs in place of all, as from the history. Throws PointsFull. @param {readonly Pair[]} pairs */
  replace(pairs) {
    if (!areEqual(pairs, this.pairs)) this._change(pairs, null);
  }

  /** Opens a pull. One that is open still, its end having been lost, is committed. */
  begin() {
    this.commit();
    this._before = this._state;
  }

  /** Ends the pull: what changed since `begin` is one step. */
  commit() {
    const before = this._before;
    this._before = null;
    if (before === null || areEqual(before.pairs, this.pairs)) return;
    this._remember(before);
    this._listeners.tell();
  }

  /** Ends the pull and puts all back as it was at `begin`. */
  abandon() {
    const before = this._before;
    this._before = null;
    if (before !== null) this._restore(before);
  }

  get isPulling() {
    return this._before !== null;
  }

  get canUndo() {
    return this._undo.length > 0 && !this.isPulling;
  }

  get canRedo() {
    return this._redo.length > 0 && !this.isPulling;
  }

  undo() {
    const state = this.canUndo ? this._undo.pop() : undefined;
    if (state === undefined) return;
    this._redo.push(this._state);
    this._restore(state);
  }

  redo() {
    const state = this.canRedo ? this._redo.pop() : undefined;
    if (state === undefined) return;
    this._undo.push(this._state);
    this._restore(state);
  }

  /** Has `callback` called after each change; what is returned ends that. @param {() => void} callback */
  listen(callback) {
    return this._listeners.add(callback);
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
  _change(pairs, selected) {
    const before = this._state;
    this._state = { pairs: withinLimit(pairs), selected };
    if (!this.isPulling) this._remember(before);
    this._listeners.tell();
  }

  /** @param {State} state */
  _remember(state) {
    this._undo.push(state);
    if (this._undo.length > MAX_STEPS) this._undo.shift();
    this._redo = [];
  }

  /** @param {State} state */
  _restore(state) {
    this._state = state;
    this._listeners.tell();
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
