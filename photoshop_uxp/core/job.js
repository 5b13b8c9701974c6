// @ts-check
/** One job as the panel sees it: what it was made of, how far it is, and what came of it. */
"use strict";

/** What is sent counts little, and 1 is said only when the result is here. */
const SENT_SHARE = 0.05;

/**
 * @typedef {import("./rect.js").Rect} Rect
 * @typedef {import("./pixels.js").Raster} Raster
 * @typedef {import("./inputs.js").Inputs} Inputs
 * @typedef {"edit" | "prepare" | "live"} Kind
 * @typedef {"sending" | "queued" | "running" | "cancelling" | "done" | "failed" | "cancelled"} JobState
 * @typedef {"edit" | "background" | "object"} Role
 * @typedef {object} Source what is edited: a part of a layer, and where it is to be found again
 * @property {number} document
 * @property {number} layer 0 for all that is visible
 * @property {Rect} whole the document
 * @property {Rect} crop the part that is sent
 * @property {Raster} image
 * @property {Raster | null} mask what is sent as selected: what may change, or the object
 * @property {Raster | null} cut what the result is cut to
 * @property {import("./transform.js").Piece | null} piece the object that is placed
 * @property {{ image: Raster, mask: Raster | null } | null} reference the picture that an object or look comes from
 * @property {import("./works.js").Selected | null} otherMask what of it was selected, in the document
 * @typedef {{ role: Role, rect: Rect, picture: Raster }} Placed a part of the result, and where in the document it belongs
 * @typedef {{ picture: Raster, rect: Rect, number: number }} Preview rgba of 8 bits
 * @typedef {object} Order
 * All that a job is made of. Places are px of `image`; the same Raster again is not sent again.
 * @property {string} job
 * @property {Kind} kind
 * @property {Raster | null} image
 * @property {Raster | null} mask
 * @property {Raster | null} reference
 * @property {Raster | null} referenceMask
 * @property {import("./hand_on_wire.js").WireHand} hand
 * @property {string} tool
 * @property {string} speed
 * @property {string} prompt
 * @property {number} seed
 * @property {Record<string, import("./wire").Value>} params
 * @property {boolean} inLayers
 * @property {number} previewPx
 *
 * @typedef {{ role: Role, box: import("./wire").Box, picture: Raster }} Patch
 * @typedef {{ type: "status", line: import("./connection.js").Line, why: string,
 *   welcome: import("./wire").Welcome | null }} Status
 * @typedef {{ type: "sent", job: string, fraction: number }} Sent
 * @typedef {{ type: "shown", job: string, picture: Raster, box: import("./wire").Box, number: number }} Shown
 * @typedef {{ type: "finished", job: string, patches: Patch[], report: import("./wire").Report }} Finished
 * @typedef {{ type: "ended", job: string, code: string, message: string }} Ended
 * @typedef {Status | Sent | Shown | Finished | Ended | import("./wire").State | import("./wire").Progress} Event
 */

/** Read by all; changed by `Jobs` alone. */
class Job {
  /**
   * @param {string} id
   * @param {Kind} kind
   * @param {Omit<Source, "image" | "mask">} source
   * @param {Inputs} inputs
   * @param {string} name of the layer that it becomes
   */
  constructor(id, kind, source, inputs, name) {
    this.id = id;
    this.kind = kind;
    this.document = source.document;
    this.layer = source.layer;
    this.crop = source.crop;
    /** What the result is cut to, of the crop's size. */
    this.cut = source.cut;
    this.otherMask = source.otherMask;
    /** What a hand moves, and within what. */
    this.frame = { crop: source.crop, whole: source.whole, piece: source.piece, isPasted: source.reference !== null };
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

module.exports = { Job };
