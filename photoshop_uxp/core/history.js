// @ts-check
/** The results of one document: what they were made of, a thumbnail, and as long as there is room their pixels. */
"use strict";

const { Listeners } = require("./listeners.js");

const MAX_ENTRIES = 30;
/** Of pixels of one document, for applying again; the oldest go first. */
const KEPT_BYTES = 256 * 1024 * 1024;

/**
 * @typedef {import("./job.js").Placed} Placed
 * @typedef {object} Entry
 * @property {string} id of the job
 * @property {string} name of the layer that it became
 * @property {number} layer that it was made of; 0 for all that is visible
 * @property {import("./inputs.js").Inputs} inputs
 * @property {import("./pixels.js").Raster | null} thumbnail
 * @property {import("./pixels.js").Raster | null} mask what was selected, of the size of the result
 * @property {import("./works.js").Selected | null} otherMask what was selected of the other layer
 * @property {number} seconds what it took
 */

/** Newest first. */
class History {
  constructor() {
    /** @type {readonly Entry[]} */
    this._entries = [];
    /** @type {Map<string, readonly Placed[]>} */
    this._results = new Map();
    /** @type {Listeners<[]>} */
    this._listeners = new Listeners();
  }

  get entries() {
    return this._entries;
  }

  /** @param {string} id */
  get(id) {
    return this._entries.find((entry) => entry.id === id) || null;
  }

  /** The pixels; empty where they are no longer kept: the same inputs then give them again. @param {string} id */
  result(id) {
    return this._results.get(id) || [];
  }

  /**
   * Puts it in front; one of the same id is replaced.
   * @param {Entry} entry
   * @param {readonly Placed[]} result
   */
  add(entry, result) {
    this._entries = [entry, ...this._entries.filter((other) => other.id !== entry.id)].slice(0, MAX_ENTRIES);
    this._results.set(entry.id, result);
    this._makeRoom();
    this._listeners.tell();
  }

  /** @param {string} id */
  delete(id) {
    this._entries = this._entries.filter((entry) => entry.id !== id);
    this._makeRoom();
    this._listeners.tell();
  }

  /** @param {() => void} callback */
  listen(callback) {
    return this._listeners.add(callback);
  }

  _makeRoom() {
    /** @type {Map<string, readonly Placed[]>} */
    const kept = new Map();
    let size = 0;
    for (const { id } of this._entries) {
      const result = this.result(id);
      size += result.reduce((sum, { picture }) => sum + picture.bytes.length, 0);
      if (result.length && (size <= KEPT_BYTES || !kept.size)) kept.set(id, result);
    }
    this._results = kept;
  }
}

module.exports = { History };
