// @ts-check
/** What of an edit can be seen to be wrong before anything is sent. Says which; `words.refusal` says it to a person. */
"use strict";

const { Rect } = require("./rect.js");
const { isStill, placedRect } = require("./transform.js");

/**
 * @typedef {"no_pairs" | "handle_outside" | "target_outside" | "no_way" | "nothing_selected" | "handle_unselected"
 *   | "no_object" | "all_selected" | "not_placed" | "placed_outside" | "no_other" | "other_gone" | "other_empty" | "other_whole"
 * } Refusal
 */

/**
 * Why an edit cannot be, and for which pair (0 where for none); null where it can.
 *
 * `part` is what of the document `mask` shows; both null where nothing is selected.
 * @param {import("./crop.js").Size} document
 * @param {Rect | null} part
 * @param {import("./pixels.js").Raster | null} mask
 * @param {readonly import("./points.js").Pair[]} pairs
 * @returns {{ why: Refusal, index: number } | null}
 */
function refusal(document, part, mask, pairs) {
  const whole = new Rect(0, 0, document[0], document[1]);
  if (!pairs.length) return { why: "no_pairs", index: 0 };
  if (mask !== null && !mask.data.some(Boolean)) return { why: "nothing_selected", index: 0 };
  for (const [index, { handle, target }] of pairs.entries()) {
    if (!whole.holdsPoint(handle)) return { why: "handle_outside", index };
    if (!whole.holdsPoint(target)) return { why: "target_outside", index };
    if (handle[0] === target[0] && handle[1] === target[1]) return { why: "no_way", index };
    if (part !== null && mask !== null && !isSelected(part, mask, handle)) return { why: "handle_unselected", index };
  }
  return null;
}

/**
 * Why an object cannot be placed so; null where it can.
 * @param {Rect} whole
 * @param {import("./transform.js").Piece} piece
 * @param {import("./transform.js").Transform} transform
 * @param {boolean} isPasted one that is may stay where it is in its own layer
 * @returns {{ why: Refusal, index: number } | null}
 */
function refusalToPlace(whole, piece, transform, isPasted) {
  if (!isPasted && isStill(transform)) return { why: "not_placed", index: 0 };
  return placedRect(piece, transform).within(whole).isEmpty ? { why: "placed_outside", index: 0 } : null;
}

/**
 * @param {Rect} part
 * @param {import("./pixels.js").Raster} mask
 * @param {import("./rect.js").XY} handle
 */
function isSelected(part, mask, handle) {
  const [x, y] = part.into(handle).map((value) => Math.floor(value + 0.5));
  return x >= 0 && x < mask.width && y >= 0 && y < mask.height && mask.data[y * mask.width + x] > 0;
}

module.exports = { refusal, refusalToPlace };
