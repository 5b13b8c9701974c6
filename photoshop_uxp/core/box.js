// @ts-check
/** The box round an object that a hand moves: its handles in the stage, and the transform that a pull of each gives. */
"use strict";

const { corners } = require("./transform.js");

/** From the middle of a side to the handle that turns, px of the view. */
const STEM_PX = 22;
/** From the border of the view, in which a handle is reached. */
const BORDER_PX = 8;
/** Steps of a turn that is held. */
const HELD_DEGREES = 15;

/**
 * @typedef {import("./rect.js").XY} XY
 * @typedef {import("./transform.js").Transform} Transform
 * @typedef {import("./transform.js").Piece} Piece
 * @typedef {"shift" | "scale" | "turn"} Grip
 * @typedef {{ corners: XY[], side: XY, stem: XY }} Shape px of the view; the stem stands on the middle of a side
 */

/**
 * @param {Piece} piece
 * @param {Transform} transform
 * @param {(xy: XY) => XY} toView
 * @param {[number, number]} size of the view
 * @returns {Shape}
 */
function shape(piece, transform, toView, size) {
  const placed = corners(piece, transform).map(toView);
  const [a, b, c, d] = placed;
  const upper = between(a, b);
  const lower = between(c, d);
  const stems = [stemOn(upper, lower), stemOn(lower, upper)];
  const isReached = (/** @type {XY} */ stem) =>
    stem.every((value, axis) => value >= BORDER_PX && value <= size[axis] - BORDER_PX);
  const at = !isReached(stems[0]) && isReached(stems[1]) ? 1 : 0;
  return { corners: placed, side: [upper, lower][at], stem: stems[at] };
}

/**
 * @param {XY} side
 * @param {XY} opposite
 * @returns {XY}
 */
function stemOn(side, opposite) {
  const away = distance(side, opposite) || 1;
  return [side[0] + ((side[0] - opposite[0]) * STEM_PX) / away, side[1] + ((side[1] - opposite[1]) * STEM_PX) / away];
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
