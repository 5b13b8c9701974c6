// @ts-check
/** Where the object goes, in numbers. */
"use strict";

const { byId, enable, fill, show } = require("./elements.js");

/** Fields, and how their number stands for one of the transform. */
const FIELDS = /** @type {const} */ ({
  "box-x": { name: "dx", unit: 1 }, "box-y": { name: "dy", unit: 1 }, "box-scale": { name: "scale", unit: 100 },
  "box-turn": { name: "degrees", unit: 1 },
});
const MAX_DIGITS = 6;

class PlacingView {
  /** @param {import("../core/studio.js").Studio} studio */
  constructor(studio) {
    this._studio = studio;
    for (const [id, { name, unit }] of Object.entries(FIELDS)) {
      byId(id).addEventListener("change", () => {
        const typed = String(byId(id).value).trim().replace(",", ".");
        if (typed !== "" && Number.isFinite(Number(typed))) this._place({ [name]: Number(typed) / unit });
        byId(id).value = this._text(name, unit);
      });
    }
    byId("mirror").addEventListener("click", () => this._place({ mirror: !studio.hand.placing.transform.mirror }));
    /** What the listening is for. @type {import("../core/placing.js").Placing | null} */
    this._placing = null;
    this._stopListening = () => {};
  }

  update() {
    const { choices, hand, front } = this._studio;
    const { box } = choices.needs;
    show(byId("box-row"), box);
    show(byId("mirror"), box);
    if (!box) return;
    if (hand.placing !== this._placing) {
      this._stopListening();
      this._placing = hand.placing;
      this._stopListening = hand.placing.listen(() => this._fill());
    }
    enable(byId("mirror"), front.piece !== null);
    this._fill();
  }

  _fill() {
    for (const [id, { name, unit }] of Object.entries(FIELDS)) fill(byId(id), this._text(name, unit));
    byId("mirror").classList.toggle("is-on", this._studio.hand.placing.transform.mirror);
  }

  /**
   * @param {"dx" | "dy" | "scale" | "degrees"} name
   * @param {number} unit
   */
  _text(name, unit) {
    return String(Number((this._studio.hand.placing.transform[name] * unit).toPrecision(MAX_DIGITS)));
  }

  /** As a hand would. @param {Partial<import("../core/transform.js").Transform>} changed */
  _place(changed) {
    const { hand } = this._studio;
    hand.begin();
    hand.place(changed);
    hand.end(true);
  }
}

module.exports = { PlacingView };
