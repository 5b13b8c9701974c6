// @ts-check
/** The box round an object that a hand moves: its handles in the stage, and the transform that a pull of each gives. */
"use strict";

const { corners } = require("./transform.js");

/** From the middle of the upper side to the handle that turns, px of the view. */
const STEM_PX = 22;
/** Steps of a turn that is held. */
const HELD_DEGREES = 15;

/**
 * @typedef {import("./rect.js").XY} XY
 * @typedef {import("./transform.js").Transform} Transform
 * @typedef {import("./transform.js").Piece} Piece
 * @typedef {"shift" | "scale" | "turn"} Grip
 * @typedef {{ corners: XY[], top: XY, stem: XY, middle: XY }} Shape px of the view
 */

/**
 * @param {Piece} piece
 * @param {Transform} transform
 * @param {(xy: XY) => XY} toView
 * @returns {Shape}
 */
function shape(piece, transform, toView) {
  const placed = corners(piece, transform).map(toView);
  const [a, b, c, d] = placed;
  const top = between(a, b);
  const middle = between(between(a, b), between(c, d));
  const away = Math.hypot(top[0] - middle[0], top[1] - middle[1]) || 1;
  /** @type {XY} */
  const stem = [
    top[0] + ((top[0] - middle[0]) * STEM_PX) / away,
    top[1] + ((top[1] - middle[1]) * STEM_PX) / away,
  ];
  return { corners: placed, top, stem, middle };
}

/**
 * What a hand takes at a place of the view; null where it is not on the box.
 * @param {Shape} shape
 * @param {XY} at
 * @param {number} reach
 * @returns {Grip | null}
 */
function gripAt({ corners: placed, stem }, at, reach) {
  if (distance(stem, at) <= reach) return "turn";
  if (placed.some((corner) => distance(corner, at) <= reach)) return "scale";
  return holds(placed, at) ? "shift" : null;
}

/**
 * The transform after a hand has gone from one place of the document to another.
 * @param {Grip} grip
 * @param {Transform} before
 * @param {XY} middle of the object before the transform
 * @param {XY} from
 * @param {XY} to
 * @param {boolean} isHeld turns in steps
 * @returns {Transform}
 */
function pulled(grip, before, middle, from, to, isHeld) {
  if (grip === "shift") return { ...before, dx: before.dx + to[0] - from[0], dy: before.dy + to[1] - from[1] };
  /** @type {XY} */
  const centre = [middle[0] + before.dx, middle[1] + before.dy];
  if (grip === "scale") {
    return { ...before, scale: (before.scale * distance(centre, to)) / Math.max(1e-6, distance(centre, from)) };
  }
  const angle = (/** @type {XY} */ [x, y]) => (Math.atan2(y - centre[1], x - centre[0]) * 180) / Math.PI;
  const degrees = before.degrees + angle(to) - angle(from);
  return { ...before, degrees: isHeld ? HELD_DEGREES * Math.round(degrees / HELD_DEGREES) : degrees };
}

/**
 * @param {XY} a
 * @param {XY} b
 * @returns {XY}
 */
function between(a, b) {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

/**
 * @param {XY} a
 * @param {XY} b
 */
function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/**
 * Whether a place lies within corners that go round.
 * @param {XY[]} around
 * @param {XY} at
 */
function holds(around, at) {
  const sides = around.map((a, index) => {
    const b = around[(index + 1) % around.length];
    return (b[0] - a[0]) * (at[1] - a[1]) - (b[1] - a[1]) * (at[0] - a[0]);
  });
  return sides.every((side) => side >= 0) || sides.every((side) => side <= 0);
}

module.exports = { shape, gripAt, pulled };
