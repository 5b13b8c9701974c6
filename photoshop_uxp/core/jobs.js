// @ts-check
/**
 * The jobs of all documents as the panel sees them: what is sent, how far it is, and what came of it.
 *
 * It holds on to a document and a layer by their ids alone, so that whoever inserts a result must find both again, or
 * leave it.
 */
"use strict";

const { Listeners } = require("./listeners.js");

/** Of results that nobody has taken yet; the oldest go first. */
const KEPT_BYTES = 512 * 1024 * 1024;
/** What is sent counts little, and 1 is said only when the result is here. */
const SENT_SHARE = 0.05;

/**
 * @typedef {import("./rect.js").Rect} Rect
 * @typedef {import("./pixels.js").Raster} Raster
 * @typedef {import("./inputs.js").Inputs} Inputs
 * @typedef {"edit" | "prepare" | "live"} Kind
 * @typedef {"sending" | "queued" | "running" | "cancelling" | "done" | "failed" | "cancelled"} JobState
 * @typedef {{ document: number, layer: number, crop: Rect, image: Raster, mask: Raster | null }} Source
 * What is edited: a part of a layer (0 for all that is visible), and where it is to be found again.
 * @typedef {{ rect: Rect, picture: Raster }} Placed a part of the result, and where in the document it belongs
 * @typedef {{ picture: Raster, rect: Rect, number: number }} Preview rgba of 8 bits
 * @typedef {object} Order
 * All that a job is made of. Points are px of `image`; the same Raster again is not sent again.
 * @property {string} job
 * @property {Kind} kind
 * @property {Raster | null} image
 * @property {Raster | null} mask
 * @property {import("./wire").Drag[]} drags
 * @property {string} tool
 * @property {string} speed
 * @property {string} prompt
 * @property {number} seed
 * @property {Record<string, import("./wire").Value>} params
 * @property {number} previewPx
 *
 * @typedef {{ box: import("./wire").Box, picture: Raster }} Patch
 * @typedef {{ type: "status", line: import("./connection.js").Line, why: string,
 *   welcome: import("./wire").Welcome | null }} Status
 * @typedef {{ type: "sent", job: string, fraction: number }} Sent
 * @typedef {{ type: "shown", job: string, picture: Raster, box: import("./wire").Box, number: number }} Shown
 * @typedef {{ type: "finished", job: string, patches: Patch[], report: import("./wire").Report }} Finished
 * @typedef {{ type: "ended", job: string, code: string, message: string }} Ended
 * @typedef {Status | Sent | Shown | Finished | Ended | import("./wire").State | import("./wire").Progress} Event
 *
 * @typedef {object} Post what of the session is used
 * @property {(order: Order) => void} start
 * @property {(job: string) => void} lookFor
 * @property {(job: string, drags: import("./wire").Drag[], number: number) => void} pull
 * @property {(job: string) => void} cancel
 * @property {(job: string) => void} release
 */

/** Read by all; changed by `Jobs` alone. */
class Job {
  /**
   * @param {string} id
   * @param {Kind} kind
   * @param {{ document: number, layer: number, crop: Rect, mask: Raster | null }} source
   * @param {Inputs} inputs
   * @param {string} name of the layer that it becomes
   */
  constructor(id, kind, { document, layer, crop, mask }, inputs, name) {
    this.id = id;
    this.kind = kind;
    this.document = document;
    this.layer = layer;
    this.crop = crop;
    /** What is selected in the crop: the result is cut to it. */
    this.mask = mask;
    this.inputs = inputs;
    this.name = name;
    /** @type {JobState} */
    this.state = "sending";
    this.sent = 0;
    /** Jobs before it in the server's queue. */
    this.position = 0;
    /** @type {import("./wire").Progress | null} */
    this.progress = null;
    /** @type {Preview | null} */
    this.preview = null;
    /** @type {readonly Placed[]} */
    this.result = [];
    /** @type {import("./wire").Report | null} */
    this.report = null;
    /** Of a failure; `words.failure` makes a sentence of it. */
    this.code = "";
    this.message = "";
  }

  get isOver() {
    return this.state === "done" || this.state === "failed" || this.state === "cancelled";
  }

  /** Of the whole, 0 to 1. */
  get fraction() {
    if (this.state === "done") return 1;
    const done = this.progress === null ? 0 : this.progress.fraction;
    return Math.min(0.99, SENT_SHARE * this.sent + (1 - SENT_SHARE) * done);
  }
}

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
    const { image, mask } = this._known("prepare", source);
    const { left, top, width, height } = source.crop;
    const key = JSON.stringify([
      this._numberOf(image), mask && this._numberOf(mask), left, top, width, height, source.layer,
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
   * Where the hand is now; false where a point has left the part that was sent, for which `follow` anew.
   * @param {string} id
   * @param {readonly import("./points.js").Pair[]} pairs
   * @param {number} number
   */
  pull(id, pairs, number) {
    const job = this.get(id);
    if (job === null || job.isOver || !pairs.length) return false;
    const isInside = pairs.every(({ handle, target }) => job.crop.holdsPoint(handle) && job.crop.holdsPoint(target));
    if (isInside) this._post.pull(id, job.crop.drags(pairs), number);
    return isInside;
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
        job.result = event.patches.map(({ box, picture }) => ({ rect: job.crop.boxOutOf(box), picture }));
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
    const { image, mask } = this._known(kind, source);
    const job = new Job(this._newId(), kind, { ...source, mask }, inputs, name);
    this._jobs.set(job.id, job);
    this._post.start({
      job: job.id,
      kind,
      image,
      mask,
      drags: source.crop.drags(inputs.pairs),
      tool: inputs.tool,
      speed: inputs.speed,
      prompt: inputs.prompt,
      seed: inputs.seed,
      params: { ...inputs.params },
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
   * Image and mask, where they look as before the very ones from before, which the session need not send.
   * @param {Kind} kind
   * @param {Source} source
   */
  _known(kind, source) {
    // They send parts of different sizes, by turns.
    const lane = `${source.document} ${kind === "live" ? "live" : "edit"}`;
    const image = this._same(`${lane} image`, source.image);
    return { image, mask: source.mask === null ? null : this._same(`${lane} mask`, source.mask) };
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

module.exports = { Job, Jobs };
