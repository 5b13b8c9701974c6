// @ts-check
/** The hand that places an object: a box round it, to be moved, resized by its corners and turned by its handle. */
"use strict";

const { gripAt, pulled, shape } = require("../core/box.js");
const { constrained } = require("../core/points.js");
const { STILL, corners } = require("../core/transform.js");
const { DARK, LIGHT, circle, stroke, trace } = require("./drawing.js");

/** Round a handle, within which it is taken. */
const REACH_PX = 11;
const CORNER_PX = 4.5;
const TURN_PX = 5.5;
const COLOUR = "#2496ff";
const ORIGIN_COLOUR = "#ff5c40";

/**
 * @typedef {import("./stage.js").Press} Press
 * @typedef {import("./stage.js").Board} Board
 */

class BoxHand {
  /** @param {import("../core/studio.js").Studio} studio */
  constructor(studio) {
    this._studio = studio;
    /** @type {{ grip: import("../core/box.js").Grip, from: import("../core/rect.js").XY, before: import("../core/transform.js").Transform } | null} */
    this._grip = null;
  }

  /** @param {Board} board */
  draw({ context, toView, size }) {
    const { front, hand, choices } = this._studio;
    if (front.piece === null) return;
    if (!choices.needs.isPasted && !hand.placing.isStill) {
      // Where it was.
      trace(context, corners(front.piece, STILL).map(toView));
      stroke(context, DARK, 3, 0.4);
      stroke(context, ORIGIN_COLOUR, 1.2, 0.9);
    }
    const { corners: placed, side, stem } = shape(front.piece, hand.placing.transform, toView, size);
    trace(context, placed);
    stroke(context, DARK, 4.5, 0.45);
    stroke(context, LIGHT, 2.6, 1);
    stroke(context, COLOUR, 1.4, 1);
    trace(context, [side, stem]);
    stroke(context, LIGHT, 2.6, 1);
    stroke(context, COLOUR, 1.4, 1);
    for (const corner of placed) handle(context, corner, CORNER_PX, LIGHT);
    handle(context, stem, TURN_PX, COLOUR);
  }

  /** Whether it took hold of something. @param {Press} press */
  press({ view, toView, size, free }) {
    const { front, hand } = this._studio;
    if (front.piece === null) return false;
    const before = hand.placing.transform;
    const grip = gripAt(shape(front.piece, before, toView, size), view, REACH_PX);
    if (grip === null) return false;
    hand.begin();
    this._grip = { grip, from: free, before };
    return true;
  }

  /** @param {Press} press */
  move({ free, isShift }) {
    const { front, hand } = this._studio;
    if (this._grip === null || front.piece === null) return;
    const { grip, from, before } = this._grip;
    const to = isShift && grip === "shift" ? constrained(from, free) : free;
    hand.place(pulled(grip, before, front.piece.middle, from, to, isShift));
  }

  /** @param {boolean} isKept */
  release(isKept) {
    if (this._grip === null) return;
    this._grip = null;
    this._studio.hand.end(isKept);
  }
}

/**
 * @param {any} context
 * @param {import("../core/rect.js").XY} at
 * @param {number} radius
 * @param {string} colour
 */
function handle(context, at, radius, colour) {
  circle(context, at, radius);
  stroke(context, DARK, 3.5, 0.5);
  context.fillStyle = colour;
  context.fill();
  stroke(context, colour === LIGHT ? COLOUR : LIGHT, 1.5, 1);
}

module.exports = { BoxHand };
