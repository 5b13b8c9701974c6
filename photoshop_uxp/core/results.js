// @ts-check
/**
 * What becomes of a finished edit: layers in the document that it was made for, and an entry in that one's history.
 *
 * The document may be closed by then, or the layer be gone: the result is never put anywhere else.
 */
"use strict";

const words = require("./words.js");
const { Rect } = require("./rect.js");
const { Refused } = require("./errors.js");
const { scaledDown, shown } = require("./pixels.js");

const THUMBNAIL_PX = 96;
/** Longest side of what the stage shows of a result. */
const SHOWN_PX = 1024;
/** Layers of a move, from below. */
const LAYERS = /** @type {const} */ (["background", "object"]);

/**
 * @typedef {import("./job.js").Job} Job
 * @typedef {import("./job.js").Placed} Placed
 * @typedef {import("./history.js").Entry} Entry
 * @typedef {import("./pixels.js").Raster} Raster
 * @typedef {object} Face
 * @property {() => boolean} hasMask
 * @property {(overlay: { rect: Rect, picture: Raster } | null) => void} show
 */

class Results {
  /**
   * @param {Pick<import("./studio.js").Host, "nameOf" | "write">} host
   * @param {import("./jobs.js").Jobs} jobs
   * @param {import("./works.js").Works} works
   * @param {Face} face
   */
  constructor(host, jobs, works, face) {
    this._host = host;
    this._jobs = jobs;
    this._works = works;
    this._face = face;
    /** @type {string | null} of the result that the stage shows */
    this.shown = null;
  }

  /**
   * Makes layers of a finished edit; returns what to say about it. Throws Refused: it is kept all the same.
   * @param {Job} job
   * @param {number} current the document in front of the person
   */
  async put(job, current) {
    // Its job keeps it until the document is there again.
    if (!this._host.nameOf(job.document)) throw new Refused(words.LAYERS.closed);
    const result = this._jobs.take(job.id);
    const first = editOf(result);
    // Another look has taken it in the meantime.
    if (!first) return "";
    const { id, name, layer, inputs, otherMask } = job;
    const [left, top] = job.crop.into([first.rect.left, first.rect.top]);
    const mask = job.cut && job.cut.part(new Rect(left, top, first.rect.width, first.rect.height));
    const thumbnail = scaledDown(shown(first.picture), THUMBNAIL_PX);
    const seconds = (job.report && job.report.seconds) || 0;
    const entry = { id, name, layer, inputs, thumbnail, mask, otherMask, seconds };
    this._works.history(job.document).add(entry, result);
    if (job.document === current) this.show(current, id);
    return this._write(job.document, entry, result);
  }

  /**
   * Makes layers of it, again. Throws Refused.
   * @param {number} document
   * @param {string} id
   */
  async apply(document, id) {
    const history = this._works.history(document);
    const entry = history.get(id);
    const result = history.result(id);
    if (entry === null) return "";
    if (!result.length) throw new Refused(words.NOT_KEPT);
    return this._write(document, entry, result);
  }

  /**
   * Lays a result over the stage's picture; null takes it away.
   * @param {number} document
   * @param {string | null} id
   */
  show(document, id) {
    const first = id === null ? undefined : editOf(this._works.history(document).result(id));
    this.shown = first ? id : null;
    this._face.show(first ? { rect: first.rect, picture: scaledDown(shown(first.picture), SHOWN_PX) } : null);
  }

  /**
   * @param {number} document
   * @param {Entry} entry
   * @param {readonly Placed[]} result
   */
  _write(document, { layer, name, inputs, mask }, result) {
    /** @type {import("../host/writing.js").NewLayer[]} */
    let layers = [];
    if (inputs.inLayers) {
      layers = LAYERS.map((role) => ({
        name: `${name}, ${role}`, parts: result.filter((part) => part.role === role), mask: null, isAlone: role === "object",
      })).filter(({ parts }) => parts.length > 0);
    }
    if (!layers.length) layers = [{ name, parts: result.filter(({ role }) => role === "edit"), mask, isAlone: false }];
    return this._host.write({ document, layer, name, layers, hasMask: this._face.hasMask() });
  }
}

/** @param {readonly Placed[]} result */
function editOf(result) {
  return result.find(({ role }) => role === "edit");
}

module.exports = { Results };
