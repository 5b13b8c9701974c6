// @ts-check
/** What follows the hand: a live job is opened at a pull, and told what the hand shows whenever that changes. */
"use strict";

const { Refused } = require("./errors.js");

/** Longest side of what the stage shows of it. */
const PREVIEW_PX = 512;

/**
 * @typedef {import("./inputs.js").Hand} Hand
 * @typedef {import("./job.js").Preview} Preview
 * @typedef {{ listen: (callback: () => void) => () => void }} Subject what the hand changes
 * @typedef {object} Face
 * @property {() => Promise<{ source: import("./job.js").Source, inputs: import("./inputs.js").Inputs } | null>} begin
 * what a live job is made of; null where none can be had now
 * @property {() => Hand | null} hand null where it changes nothing
 * @property {(preview: Preview | null) => void} show
 */

class Following {
  /**
   * @param {import("./jobs.js").Jobs} jobs
   * @param {Face} face
   */
  constructor(jobs, face) {
    this._jobs = jobs;
    this._face = face;
    this._job = "";
    this._number = 0;
    /** Answers to earlier pulls show what is no longer. */
    this._oldest = 0;
    /** @type {Subject | null} */
    this._subject = null;
    this._stopListening = () => {};
    this._isBeginning = false;
    jobs.listen((job) => this._hear(job));
  }

  /** A hand took hold. @param {Subject} subject */
  start(subject) {
    if (subject !== this._subject) this.end();
    this._subject = subject;
    this._stopListening();
    this._stopListening = subject.listen(() => this._moved());
    if (!this._job) void this._open();
  }

  /** What was sent is no longer what is there: the next pull sends it anew. */
  renew() {
    if (!this._job) return;
    this._jobs.cancel(this._job);
    this._job = "";
    this._face.show(null);
  }

  /** Takes the preview away; the next pull begins anew. */
  end() {
    this._stopListening();
    this._stopListening = () => {};
    if (this._job) this._jobs.cancel(this._job);
    this._job = "";
    this._subject = null;
    this._face.show(null);
  }

  async _open() {
    if (this._isBeginning) return;
    this._isBeginning = true;
    try {
      const subject = this._subject;
      const found = await this._face.begin();
      if (found === null || subject === null || subject !== this._subject) return;
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
    if (this._subject === null || !this._job) return;
    const hand = this._face.hand();
    if (hand === null) {
      this._oldest = this._number + 1;
      this._face.show(null);
      return;
    }
    this._number += 1;
    if (this._jobs.pull(this._job, hand, this._number)) return;
    // It has left the part that was sent, or the job is over.
    this._job = "";
    void this._open();
  }

  /** @param {import("./job.js").Job} job */
  _hear(job) {
    if (!this._job || job.id !== this._job) return;
    if (job.isOver) this._job = "";
    else if (job.preview !== null && job.preview.number >= this._oldest) this._face.show(job.preview);
  }
}

module.exports = { Following };
