// @ts-check
/** A value that a hand changes, with its own undo: what changes between `begin` and `commit` is one step. */
"use strict";

const { Listeners } = require("./listeners.js");

/** Undo steps kept: a bound on memory and no one's limit. */
const MAX_STEPS = 200;

/**
 * @template State
 */
class Undoable {
  /**
   * @param {State} state
   * @param {(a: State, b: State) => boolean} areSame whether nothing lies between them that is worth a step
   */
  constructor(state, areSame) {
    this._state = state;
    this._areSame = areSame;
    /** @type {State | null} of the open pull */
    this._before = null;
    /** @type {State[]} */
    this._undo = [];
    /** @type {State[]} */
    this._redo = [];
    /** @type {Listeners<[]>} */
    this._listeners = new Listeners();
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
    if (before === null || this._areSame(before, this._state)) return;
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

  /** A step of its own, unless a pull is open. @param {State} state */
  _change(state) {
    const before = this._state;
    this._state = state;
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

module.exports = { Undoable };
