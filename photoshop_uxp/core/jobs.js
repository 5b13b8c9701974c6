// @ts-check
/**
 * The jobs of all documents as the panel sees them: what is sent, how far it is, and what came of it.
 *
 * It holds on to a document and a layer by their ids alone, so that whoever inserts a result must find both again, or
 * leave it.
 */
"use strict";

const { Listeners } = require("./listeners.js");
const { Job } = require("./job.js");
const { handOnWire, holdsHand } = require("./hand_on_wire.js");

/** Of results that nobody has taken yet; the oldest go first. */
const KEPT_BYTES = 512 * 1024 * 1024;

/**
 * @typedef {import("./job.js").Kind} Kind
 * @typedef {import("./job.js").Source} Source
 * @typedef {import("./job.js").Raster} Raster
 * @typedef {import("./job.js").Order} Order
 * @typedef {import("./job.js").Event} Event
 * @typedef {import("./inputs.js").Inputs} Inputs
 * @typedef {object} Post what of the session is used
 * @property {(order: Order) => void} start
 * @property {(job: string) => void} lookFor
 * @property {(job: string, hand: import("./hand_on_wire.js").WireHand, number: number) => void} pull
 * @property {(job: string) => void} cancel
 * @property {(job: string) => void} release
 */

class Jobs {
  /**
   * @param {Post} post
   * @param {() => string} newId
   */
  constructor(post, newId) {
    this._post = post;
    this._newId = newId;
    /** @type {Map<string, Job>} */
    this._jobs = new Map();
    /** What the last prepare of each document was made for. @type {Map<number, string>} */
    this._prepared = new Map();
    /** The last pictures and masks of each document: one that looks the same is the same to the session. */
    /** @type {Map<string, Raster>} */
    this._rasters = new Map();
    /** @type {WeakMap<Raster, number>} */
    this._numbers = new WeakMap();
    this._count = 0;
    /** @type {Listeners<[Job]>} */
    this._listeners = new Listeners();
  }

  get all() {
    return [...this._jobs.values()];
  }

  /** @param {string} id */
  get(id) {
    return this._jobs.get(id) || null;
  }

  /**
   * A document's jobs of a kind, oldest first.
   * @param {number} document
   * @param {Kind} [kind]
   */
  of(document, kind = "edit") {
    return this.all.filter((job) => job.document === document && job.kind === kind);
  }

  /** The document's oldest edit that is not over. @param {number} document */
  running(document) {
    return this.of(document).find((job) => !job.isOver) || null;
  }

  /** Finished edits whose result was not taken yet. @param {number} document */
  waiting(document) {
    return this.of(document).filter((job) => job.state === "done" && job.result.length > 0);
  }

  // What the panel asks for

  /**
   * Starts an edit.
   * @param {Source} source
   * @param {Inputs} inputs
   * @param {string} name
   * @param {number} previewPx
   */
  run(source, inputs, name, previewPx) {
    return this._start("edit", source, inputs, name, previewPx);
  }

  /**
   * Has ahead done what depends on the picture; null where the last prepare of the document was for the same.
   *
   * Where the points are does not count as long as the same part is sent.
   * @param {Source} source
   * @param {Inputs} inputs
   */
  prepare(source, inputs) {
    const { image, mask, reference } = this._known("prepare", source);
    const { left, top, width, height } = source.crop;
    const key = JSON.stringify([
      [image, mask, reference && reference.image, reference && reference.mask].map((raster) => raster && this._numberOf(raster)),
      left, top, width, height, source.layer,
      inputs.tool, inputs.speed, inputs.prompt, inputs.seed, Object.entries(inputs.params).sort(),
    ]);
    const earlier = this.of(source.document, "prepare");
    const isThere = earlier.some((job) => !job.isOver || job.state === "done");
    if (isThere && this._prepared.get(source.document) === key) return null;
    for (const job of earlier) this._drop(job);
    this._prepared.set(source.document, key);
    return this._start("prepare", source, inputs, "", 0);
  }

  /**
   * Opens a live job: each `pull` is answered by a preview. One at a time.
   * @param {Source} source
   * @param {Inputs} inputs
   * @param {number} previewPx
   */
  follow(source, inputs, previewPx) {
    for (const job of this.all) if (job.kind === "live") this._drop(job);
    return this._start("live", source, inputs, "", previewPx);
  }

  /**
   * What the hand shows now; false where it has left the part that was sent, for which `follow` anew.
   * @param {string} id
   * @param {import("./inputs.js").Hand} hand
   * @param {number} number
   */
  pull(id, hand, number) {
    const job = this.get(id);
    if (job === null || job.isOver || !holdsHand(job.frame, hand)) return false;
    this._post.pull(id, handOnWire(job.frame, hand), number);
    return true;
  }

  /** @param {string} id */
  cancel(id) {
    const job = this.get(id);
    if (job === null || job.isOver) return;
    job.state = "cancelling";
    this._post.cancel(id);
    this._listeners.tell(job);
  }

  /** The result, for good: neither this nor the server keeps it. @param {string} id */
  take(id) {
    const job = this.get(id);
    if (job === null || !job.result.length) return [];
    const { result } = job;
    job.result = [];
    this._post.release(id);
    return result;
  }

  /** The document is closed: nothing more is prepared or shown for it. Its edits go on. @param {number} document */
  close(document) {
    for (const job of [...this.of(document, "prepare"), ...this.of(document, "live")]) this._drop(job);
    this._prepared.delete(document);
    for (const key of [...this._rasters.keys()]) if (key.startsWith(`${document} `)) this._rasters.delete(key);
  }

  // Over the end of the panel

  /** Edits whose results are still to come; `adopt` takes them up in the panel's next life. */
  left() {
    return this.all.filter((job) => job.kind === "edit" && (!job.isOver || job.result.length > 0));
  }

  /** An edit of an earlier life; the session was made with that life's. @param {Job} job */
  adopt(job) {
    if (this._jobs.has(job.id)) return;
    this._jobs.set(job.id, job);
    this._post.lookFor(job.id);
    this._listeners.tell(job);
  }

  /** Has `callback` called with every job that changed. @param {(job: Job) => void} callback */
  listen(callback) {
    return this._listeners.add(callback);
  }

  // What the session tells

  /** @param {Event} event */
  hear(event) {
    if (event.type === "status") return;
    const job = this.get(event.job);
    if (job === null || job.isOver) return;
    switch (event.type) {
      case "sent":
        job.sent = Math.max(job.sent, event.fraction);
        break;
      case "state":
        if (job.state !== "cancelling") job.state = event.state;
        job.position = event.position || 0;
        break;
      case "progress":
        job.progress = event;
        break;
      case "shown":
        job.preview = { picture: event.picture, rect: job.crop.boxOutOf(event.box), number: event.number };
        break;
      case "finished":
        job.state = "done";
        job.report = event.report;
        job.result = event.patches.map(({ role, box, picture }) => ({ role, rect: job.crop.boxOutOf(box), picture }));
        this._makeRoom();
        break;
      case "ended":
        job.state = event.code === "cancelled" ? "cancelled" : "failed";
        job.code = event.code;
        job.message = event.message;
        break;
    }
    this._listeners.tell(job);
  }

  /**
   * @param {Kind} kind
   * @param {Source} source
   * @param {Inputs} inputs
   * @param {string} name
   * @param {number} previewPx
   */
  _start(kind, source, inputs, name, previewPx) {
    const { image, mask, reference } = this._known(kind, source);
    const job = new Job(this._newId(), kind, source, inputs, name);
    this._jobs.set(job.id, job);
    this._post.start({
      job: job.id,
      kind,
      image,
      mask,
      reference: reference && reference.image,
      referenceMask: reference && reference.mask,
      hand: handOnWire(job.frame, inputs),
      tool: inputs.tool,
      speed: inputs.speed,
      prompt: inputs.prompt,
      seed: inputs.seed,
      params: { ...inputs.params },
      inLayers: inputs.inLayers,
      previewPx,
    });
    this._listeners.tell(job);
    return job;
  }

  /** @param {Job} job */
  _drop(job) {
    if (!job.isOver) this._post.cancel(job.id);
    this._jobs.delete(job.id);
  }

  /**
   * The pictures, where they look as before the very ones from before, which the session need not send.
   * @param {Kind} kind
   * @param {Source} source
   */
  _known(kind, source) {
    // They send parts of different sizes, by turns.
    const lane = `${source.document} ${kind === "live" ? "live" : "edit"}`;
    const same = (/** @type {string} */ name, /** @type {Raster | null} */ raster) =>
      raster && this._same(`${lane} ${name}`, raster);
    const { image, mask, reference } = source;
    return {
      image: this._same(`${lane} image`, image),
      mask: same("mask", mask),
      reference: reference && { image: this._same(`${lane} other`, reference.image), mask: same("other mask", reference.mask) },
    };
  }

  /**
   * @param {string} key
   * @param {Raster} raster
   */
  _same(key, raster) {
    const known = this._rasters.get(key);
    if (known !== undefined && known.isLike(raster)) return known;
    this._rasters.set(key, raster);
    return raster;
  }

  /** @param {Raster} raster */
  _numberOf(raster) {
    if (!this._numbers.has(raster)) this._numbers.set(raster, ++this._count);
    return this._numbers.get(raster);
  }

  _makeRoom() {
    const finished = this.all.filter((job) => job.result.length > 0);
    let size = finished.reduce((sum, job) => sum + bytesOf(job), 0);
    for (const job of finished.slice(0, -1)) {
      if (size <= KEPT_BYTES) return;
      size -= bytesOf(job);
      job.result = [];
      job.state = "failed";
      job.code = "let_go";
      this._post.release(job.id);
      this._listeners.tell(job);
    }
  }
}

/** @param {Job} job */
function bytesOf(job) {
  return job.result.reduce((sum, { picture }) => sum + picture.bytes.length, 0);
}

module.exports = { Jobs };
