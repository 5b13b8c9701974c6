// @ts-check
/** The shapes of a pair in the stage: an arrow from the ring around the handle to the target, and where its number is. */
"use strict";

/** @typedef {import("./rect.js").XY} XY */

const RING_PX = 6;
const RING_LINE_PX = 2.4;
const BADGE_AWAY_PX = 17;
const HEAD_LENGTH_PX = 17;
const HEAD_HALF_PX = 7.5;
const MIN_HEAD_HALF_PX = 5;
const HEAD_NOTCH_PX = 4.5;
const SHAFT_START_PX = 1.4;
const SHAFT_END_PX = 2.6;
/** A shorter way has no arrow. */
const SHORTEST_PX = 4;

/**
 * The outline of an arrow; nothing where handle and target nearly touch.
 * @param {XY} handle
 * @param {XY} target
 * @returns {XY[]}
 */
function arrow(handle, target) {
  const dx = target[0] - handle[0];
  const dy = target[1] - handle[1];
  const distance = Math.hypot(dx, dy);
  const length = distance - RING_PX - RING_LINE_PX / 2;
  if (length < SHORTEST_PX) return [];
  const ux = dx / distance;
  const uy = dy / distance;
  const head = Math.min(HEAD_LENGTH_PX, 0.85 * length);
  const wide = Math.max(MIN_HEAD_HALF_PX, (HEAD_HALF_PX * head) / HEAD_LENGTH_PX);
  const neck = head - (HEAD_NOTCH_PX * head) / HEAD_LENGTH_PX;

  /**
   * @param {number} back
   * @param {number} aside
   * @returns {XY}
   */
  const place = (back, aside) => [target[0] - ux * back - uy * aside, target[1] - uy * back + ux * aside];

  return [
    place(0, 0),
    place(head, wide),
    place(neck, SHAFT_END_PX),
    place(length, SHAFT_START_PX),
    place(length, -SHAFT_START_PX),
    place(neck, -SHAFT_END_PX),
    place(head, -wide),
  ];
}

/**
 * Behind the handle, seen from the target, where it hides neither the handle nor the arrow.
 * @param {XY} handle
 * @param {XY} target
 * @returns {XY}
 */
function badgePlace(handle, target) {
  const dx = target[0] - handle[0];
  const dy = target[1] - handle[1];
  const distance = Math.hypot(dx, dy);
  const [ux, uy] = distance > 1 ? [dx / distance, dy / distance] : [Math.SQRT1_2, Math.SQRT1_2];
  return [handle[0] - ux * BADGE_AWAY_PX, handle[1] - uy * BADGE_AWAY_PX];
}

module.exports = { RING_PX, RING_LINE_PX, arrow, badgePlace };
