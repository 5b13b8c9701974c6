// @ts-check
/** What a hand shows, as it is sent: in px of the part that is sent. */
"use strict";

const { placedRect } = require("./transform.js");

/**
 * @typedef {import("./inputs.js").Hand} Hand
 * @typedef {object} Frame what a hand moves, and within what
 * @property {import("./rect.js").Rect} crop
 * @property {import("./rect.js").Rect} whole
 * @property {import("./transform.js").Piece | null} piece
 * @property {boolean} isPasted
 * @typedef {{ drags?: import("./wire").Drag[], transform?: import("./wire").Transform, at?: import("./wire").XY }} WireHand
 */

/**
 * @param {Frame} frame
 * @param {Hand} hand
 * @returns {WireHand}
 */
function handOnWire({ crop, piece, isPasted }, { pairs, transform }) {
  if (transform === null || piece === null) return pairs.length ? { drags: crop.drags(pairs) } : {};
  if (!isPasted) return { transform };
  const { dx, dy, scale, degrees, mirror } = transform;
  return { transform: { scale, degrees, mirror }, at: crop.into([piece.middle[0] + dx, piece.middle[1] + dy]) };
}

/**
 * Whether all that the hand shows lies in the part that was sent, as far as the document goes.
 * @param {Frame} frame
 * @param {Hand} hand
 */
function holdsHand({ crop, whole, piece }, { pairs, transform }) {
  if (transform !== null && piece !== null) return crop.holds(placedRect(piece, transform).within(whole));
  return pairs.length > 0 && pairs.every(({ handle, target }) => crop.holdsPoint(handle) && crop.holdsPoint(target));
}

module.exports = { handOnWire, holdsHand };
