// @ts-check
/**
 * Pairs from what a person placed on Photoshop's own canvas: open paths and colour samplers.
 *
 * Photoshop counts from the corner of the top left pixel, this panel from its centre.
 */
"use strict";

/**
 * @typedef {import("./points.js").Pair} Pair
 * @typedef {import("./rect.js").XY} XY
 * @typedef {{ isClosed: boolean, anchors: XY[] }} Subpath
 */

const CORNER_PX = 0.5;

/**
 * Each open subpath of at least two anchors goes from its first to its last.
 * @param {readonly Subpath[]} subpaths
 * @param {number} factor px of the document for one unit of the anchors
 * @returns {Pair[]}
 */
function pairsOfPaths(subpaths, factor) {
  return subpaths
    .filter(({ isClosed, anchors }) => !isClosed && anchors.length > 1)
    .map(({ anchors }) => ({ handle: centred(anchors[0], factor), target: centred(anchors[anchors.length - 1], factor) }));
}

/**
 * Samplers taken in pairs, as they are numbered; an odd last one is left out.
 * @param {readonly XY[]} positions
 * @returns {Pair[]}
 */
function pairsOfSamplers(positions) {
  const pairs = [];
  for (let at = 0; at + 1 < positions.length; at += 2) {
    pairs.push({ handle: centred(positions[at], 1), target: centred(positions[at + 1], 1) });
  }
  return pairs;
}

/**
 * How many px one unit of the anchors is, from a path of so many units that covers so many whole px: the nearest of what
 * it can be, and the first where that tells nothing.
 * @param {number} px
 * @param {number} units
 * @param {number[]} known
 */
function unitFactor(px, units, known) {
  const found = px / units;
  if (!Number.isFinite(found) || found <= 0) return known[0];
  return known.reduce((best, other) => (Math.abs(Math.log(other / found)) < Math.abs(Math.log(best / found)) ? other : best));
}

/**
 * A place as Photoshop counts it.
 * @param {XY} xy
 * @returns {XY}
 */
function cornered([x, y]) {
  return [x + CORNER_PX, y + CORNER_PX];
}

/**
 * @param {XY} place
 * @param {number} factor
 * @returns {XY}
 */
function centred([x, y], factor) {
  return [x * factor - CORNER_PX, y * factor - CORNER_PX];
}

module.exports = { pairsOfPaths, pairsOfSamplers, unitFactor, cornered };
