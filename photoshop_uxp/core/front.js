// @ts-check
/** What is in front of the person: document, layer and selection, and the picture of them that the stage shows. */
"use strict";

const { Rect } = require("./rect.js");
const { readStage } = require("./sources.js");

/** Photoshop does not tell of everything. */
const LOOK_MS = 1000;
/** Of its own messages, several come at once. */
const HEARD_MS = 150;

/**
 * @typedef {import("../host/desk.js").Desk} Desk
 * @typedef {import("./pixels.js").Raster} Raster
 * @typedef {import("./studio.js").Outside} Outside
 */

class Front {
  /**
   * @param {Outside} outside
   * @param {import("./choices.js").Choices} choices
   * @param {import("./works.js").Works} works
   * @param {import("./talk.js").Talk} talk
   */
  constructor({ host, clock }, choices, works, talk) {
    this._host = host;
    this._clock = clock;
    this._choices = choices;
    this._works = works;
    this._talk = talk;
    /** @type {Desk} */
    this.desk = host.look(choices.settings.origin);
    /** Layers that an object or a look can come from, where the tool takes one. @type {{ id: number, name: string }[]} */
    this.others = [];
    /** The part of the document that the stage shows, and what is seen of it. */
    this.region = new Rect(0, 0, 1, 1);
    /** @type {Raster | null} */
    this.picture = null;
    /** What is selected, over the region. @type {Raster | null} */
    this.mask = null;
    /** The object that is placed. @type {import("./transform.js").Piece | null} */
    this.piece = null;
    /** @type {(before: Desk) => void} */
    this.onChange = () => {};
    this._looked = "";
    this._pieceOf = "";
    this._reads = 0;
    this._heard = () => {};
    this._looking = () => {};
    this._stopListening = () => {};
  }

  start() {
    this._stopListening = this._host.listen(() => {
      this._heard();
      this._heard = this._clock.later(HEARD_MS, () => this.look());
    });
    this.look();
    this._lookAgain();
  }

  stop() {
    this._looking();
    this._heard();
    this._stopListening();
  }

  get work() {
    return this.workOf(this.desk);
  }

  /** @param {Desk} desk */
  workOf({ document, layer }) {
    return this._works.of(document, layer);
  }

  get history() {
    return this._works.history(this.desk.document);
  }

  /** Looks whether the document, its layer or its selection are others, or what of them is wanted. */
  look() {
    const { settings, needs } = this._choices;
    const desk = this._host.look(settings.origin);
    const { selection, content } = desk;
    const { other, otherMask } = this.workOf(desk);
    const looked = JSON.stringify([
      desk.document, desk.layer, desk.layerName, desk.state, desk.problem, desk.bits, desk.size,
      selection && [selection.left, selection.top, selection.width, selection.height], content.left, content.top,
      content.width, content.height, settings.isMaskInverted, needs, other, otherMask && otherMask.rect,
    ]);
    if (looked === this._looked) return;
    const before = this.desk;
    this._looked = looked;
    this.desk = desk;
    this.others = needs.other && desk.document ? this._host.layersOf(desk.document) : [];
    this._takeFrom(desk);
    const pieceOf = JSON.stringify([desk.document, desk.layer, needs, this.work.other]);
    if (pieceOf !== this._pieceOf) this.piece = null;
    this._pieceOf = pieceOf;
    this.onChange(before);
    this._talk.tell("desk");
    void this._read();
  }

  /** The first layer that is another one, until the person chooses. @param {Desk} desk */
  _takeFrom(desk) {
    if (!this.others.length) return;
    const work = this.workOf(desk);
    if (this.others.some(({ id }) => id === work.other)) return;
    work.takeFrom((this.others.find(({ id }) => id !== desk.layer) || { id: 0 }).id);
  }

  _lookAgain() {
    this._looking = this._clock.later(LOOK_MS, () => {
      this.look();
      this._lookAgain();
    });
  }

  /** Reads what the stage shows. */
  async _read() {
    const read = ++this._reads;
    const { desk, work } = this;
    const { needs, settings } = this._choices;
    let seen = null;
    try {
      const isThere = desk.document && !desk.problem;
      seen = isThere ? await readStage(this._host, { desk, work, needs, isInverted: settings.isMaskInverted }) : null;
    } catch (error) {
      // The document went while it was read; the next look says so.
    }
    if (read !== this._reads) return;
    const whole = new Rect(0, 0, Math.max(1, desk.size[0]), Math.max(1, desk.size[1]));
    Object.assign(this, seen || { region: whole, picture: null, mask: null, piece: null });
    this._talk.tell("picture");
  }
}

module.exports = { Front };
