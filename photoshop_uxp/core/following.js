// @ts-check
/** The warp that follows the hand: a live job is opened at a pull, and told where the points are whenever they move. */
"use strict";

const { Refused } = require("./errors.js");

/** Longest side of what the stage shows of a warp. */
const PREVIEW_PX = 512;

/**
 * @typedef {import("./points.js").Points} Points
 * @typedef {import("./jobs.js").Preview} Preview
 */

class Following {
  /**
   * @param {import("./jobs.js").Jobs} jobs
   * @param {() => Promise<{ source: import("./jobs.js").Source, inputs: import("./inputs.js").Inputs } | null>} begin
   * what a live job is made of; null where none can be had now
   * @param {(preview: Preview | null) => void} show
   */
  constructor(jobs, begin, show) {
    this._jobs = jobs;
    this._begin = begin;
    this._show = show;
    this._job = "";
    this._number = 0;
    /** Answers to earlier pulls show points that are no longer. */
    this._oldest = 0;
    /** @type {Points | null} */
    this._points = null;
    this._stopListening = () => {};
    this._isBeginning = false;
    jobs.listen((job) => this._hear(job));
  }

  /** A hand took an end of these points. @param {Points} points */
  start(points) {
    if (points !== this._points) this.end();
    this._points = points;
    this._stopListening();
    this._stopListening = points.listen(() => this._moved());
    if (!this._job) void this._open();
  }

  /** Takes the warp away; the next pull begins anew. */
  end() {
    this._stopListening();
    this._stopListening = () => {};
    if (this._job) this._jobs.cancel(this._job);
    this._job = "";
    this._points = null;
    this._show(null);
  }

  async _open() {
    if (this._isBeginning) return;
    this._isBeginning = true;
    try {
      const points = this._points;
      const found = await this._begin();
      if (found === null || points === null || points !== this._points) return;
      this._job = this._jobs.follow(found.source, found.inputs, PREVIEW_PX).id;
      this._oldest = this._number + 1;
      this._moved();
    } catch (error) {
      // Run will say why; not at each movement of the hand.
      if (!(error instanceof Refused)) throw error;
    } finally {
      this._isBeginning = false;
    }
  }

  _moved() {
    const points = this._points;
    if (points === null || !this._job) return;
    const isMoved = (/** @type {import("./points.js").Pair} */ { handle, target }) =>
      handle[0] !== target[0] || handle[1] !== target[1];
    if (!points.pairs.some(isMoved)) {
      this._oldest = this._number + 1;
      this._show(null);
      return;
    }
    this._number += 1;
    if (this._jobs.pull(this._job, points.pairs, this._number)) return;
    // A point has left the part that was sent, or the job is over.
    this._job = "";
    void this._open();
  }

  /** @param {import("./jobs.js").Job} job */
  _hear(job) {
    if (!this._job || job.id !== this._job) return;
    if (job.isOver) this._job = "";
    else if (job.preview !== null && job.preview.number >= this._oldest) this._show(job.preview);
  }
}

module.exports = { Following };
