// @ts-check
/** What the person does by hand on the layer of the moment: points that are pulled, or a box that is placed. */
"use strict";

const words = require("./words.js");
const native = require("./native_points.js");
const { Refused } = require("./errors.js");

/**
 * @typedef {import("./studio.js").Outside} Outside
 * @typedef {import("./transform.js").Transform} Transform
 */

class Hand {
  /**
   * @param {Outside["host"]} host
   * @param {import("./front.js").Front} front
   * @param {import("./choices.js").Choices} choices
   * @param {import("./talk.js").Talk} talk
   */
  constructor(host, front, choices, talk) {
    this._host = host;
    this._front = front;
    this._choices = choices;
    this._talk = talk;
    /** A hand takes hold of something. */
    this.onBegin = () => {};
    /** Something was placed. */
    this.onChange = () => {};
    /** All is placed anew, at once. */
    this.onReplace = () => {};
  }

  get points() {
    return this._front.work.points;
  }

  /** Where the object goes. */
  get placing() {
    const { moved, pasted } = this._front.work;
    return this._choices.needs.isPasted ? pasted : moved;
  }

  /** What the tool's hand changes. */
  get subject() {
    return this._choices.needs.box ? this.placing : this.points;
  }

  /** @returns {import("./inputs.js").Hand} */
  get shown() {
    const { needs } = this._choices;
    return { pairs: needs.drags ? this.points.pairs : [], transform: needs.box ? this.placing.transform : null };
  }

  /** The same, to be followed; null where it changes nothing. */
  get followed() {
    const { needs } = this._choices;
    const isAnywhere = needs.box
      ? needs.isPasted || !this.placing.isStill
      : this.points.pairs.some(({ handle, target }) => handle[0] !== target[0] || handle[1] !== target[1]);
    return isAnywhere ? this.shown : null;
  }

  /** A hand took an end or the box, or pulls a new pair. */
  begin() {
    this._talk.say("");
    this.onBegin();
    this.subject.begin();
  }

  /** @param {boolean} isKept */
  end(isKept) {
    if (isKept) this.subject.commit();
    else this.subject.abandon();
    this.changed();
  }

  /** What is placed is other than before. */
  changed() {
    this._talk.tell("hand");
    this.onChange();
  }

  // The box

  /** Where the object is to go; what is pasted keeps its middle in the picture. @param {Partial<Transform>} changed */
  place(changed) {
    const { piece, desk } = this._front;
    const next = { ...this.placing.transform, ...changed };
    if (this._choices.needs.isPasted && piece !== null) {
      const within = (/** @type {number} */ by, /** @type {0 | 1} */ axis) =>
        Math.min(Math.max(by, Math.ceil(-piece.middle[axis])), Math.floor(desk.size[axis] - 1 - piece.middle[axis]));
      next.dx = within(next.dx, 0);
      next.dy = within(next.dy, 1);
    }
    this.placing.set(next);
  }

  // The layer that an object or look comes from

  /** @param {number} layer */
  takeFrom(layer) {
    this._front.work.takeFrom(layer);
    this._replaced();
  }

  /** What is selected now is the object of that layer; without a selection, all that it shows is again. */
  useSelection() {
    return this._talk.saying(async () => {
      const { work } = this._front;
      const { document, selection } = this._host.look(this._choices.settings.origin);
      if (selection === null) throw new Refused(words.NO_SELECTION);
      const mask = await this._host.readSelection(document, selection, false);
      work.otherMask = mask && { rect: selection, mask };
      work.pasted.clear();
      this._replaced();
    });
  }

  useAll() {
    const { work } = this._front;
    work.otherMask = null;
    work.pasted.clear();
    this._replaced();
  }

  _replaced() {
    this._talk.say("");
    this.onReplace();
    this._front.look();
    this.changed();
  }

  // Points that were placed on Photoshop's own canvas

  /** Arrows that were drawn with the Pen. */
  takePaths() {
    return this._talk.saying(async () => {
      const { subpaths, factor } = await this._host.readPaths(this._front.desk.document);
      this._take(native.pairsOfPaths(subpaths, factor), words.NO_PATHS);
    });
  }

  takeSamplers() {
    return this._talk.saying(async () => {
      const positions = this._host.readSamplers(this._front.desk.document);
      this._take(native.pairsOfSamplers(positions), words.NO_SAMPLERS);
      if (positions.length % 2) this._talk.say(words.ODD_SAMPLERS);
    });
  }

  /**
   * @param {import("./points.js").Pair[]} pairs
   * @param {string} none
   */
  _take(pairs, none) {
    if (!pairs.length) throw new Refused(none);
    this.onReplace();
    this.points.replace(pairs);
    this._talk.say("");
    this.changed();
  }
}

module.exports = { Hand };
