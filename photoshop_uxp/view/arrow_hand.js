// @ts-check
/** The hand that pulls points: arrows over the picture, and what a press on them does. */
"use strict";

const { RING_LINE_PX, RING_PX, arrow, badgePlace } = require("../core/arrows.js");
const { PointsFull, constrained, nearestEnd } = require("../core/points.js");
const words = require("../core/words.js");
const { DARK, LIGHT, circle, stroke, trace } = require("./drawing.js");

/** Round an end, within which it is taken. */
const REACH_PX = 12;
const HANDLE_COLOUR = "#ff5c40";
const TARGET_COLOUR = "#2496ff";

/**
 * @typedef {import("../core/rect.js").XY} XY
 * @typedef {import("./stage.js").Press} Press
 * @typedef {import("./stage.js").Board} Board
 */

class ArrowHand {
  /** @param {import("../core/studio.js").Studio} studio */
  constructor(studio) {
    this._studio = studio;
    /** @type {{ index: number, end: import("../core/points.js").End, isNew: boolean } | null} */
    this._grip = null;
  }

  /** @param {Board} board */
  draw({ context, toView, badge }) {
    const { pairs, selected } = this._studio.hand.points;
    const order = pairs.map((_, index) => index).sort((a, b) => Number(a === selected) - Number(b === selected));
    for (const index of order) {
      const handle = toView(pairs[index].handle);
      const target = toView(pairs[index].target);
      drawPair(context, handle, target, index === selected);
      badge(badgePlace(handle, target), String(index + 1), index === selected);
    }
  }

  /** Whether it took hold of something. @param {Press} press */
  press({ view, toView, place, isAlt }) {
    const { hand, talk } = this._studio;
    const { points } = hand;
    const found = nearestEnd(points.pairs, view, toView, REACH_PX);
    if (found !== null && isAlt) {
      points.delete(found.index);
      hand.changed();
      return false;
    }
    hand.begin();
    try {
      const index = found === null ? points.add(place) : found.index;
      points.select(index);
      this._grip = { index, end: found === null ? "target" : found.end, isNew: found === null };
      return true;
    } catch (error) {
      if (!(error instanceof PointsFull)) throw error;
      hand.end(false);
      talk.say(words.POINTS_FULL);
      return false;
    }
  }

  /** @param {Press} press */
  move({ place, isShift }) {
    if (this._grip === null) return;
    const { points } = this._studio.hand;
    const { index, end } = this._grip;
    const pair = points.pairs[index];
    points.move(index, end, isShift ? constrained(end === "target" ? pair.handle : pair.target, place) : place);
  }

  /** @param {boolean} isKept @param {boolean} hasMoved */
  release(isKept, hasMoved) {
    if (this._grip === null) return;
    const { isNew } = this._grip;
    this._grip = null;
    // A press that pulled nothing places nothing.
    this._studio.hand.end(isKept && (hasMoved || !isNew));
  }
}

/**
 * @param {any} context
 * @param {XY} handle
 * @param {XY} target
 * @param {boolean} isSelected
 */
function drawPair(context, handle, target, isSelected) {
  const outline = arrow(handle, target);
  if (outline.length) {
    trace(context, outline);
    context.lineJoin = "round";
    stroke(context, DARK, isSelected ? 6 : 4.5, 0.5);
    stroke(context, LIGHT, isSelected ? 3.5 : 2.5, 1);
    context.fillStyle = TARGET_COLOUR;
    context.fill();
  } else if (Math.hypot(target[0] - handle[0], target[1] - handle[1]) > 1) {
    circle(context, target, 2.6);
    context.fillStyle = TARGET_COLOUR;
    context.fill();
  }
  circle(context, handle, RING_PX);
  stroke(context, DARK, RING_LINE_PX + 4.5, 0.5);
  stroke(context, LIGHT, RING_LINE_PX + 2.5, 1);
  stroke(context, HANDLE_COLOUR, RING_LINE_PX, 1);
}

module.exports = { ArrowHand };
