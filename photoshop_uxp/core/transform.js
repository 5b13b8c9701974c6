// @ts-check
/**
 * How an object is changed about its middle, which is that of the box round what its mask selects by half or more:
 * mirrored left to right first, then resized, turned clockwise, and shifted. Places are px of the document.
 */
"use strict";

const { MAX_COORDINATE, MAX_SCALE, MIN_SCALE } = require("./limits.js");
const { Rect } = require("./rect.js");
const { boxFrom } = require("./pixels.js");

/**
 * @typedef {import("./rect.js").XY} XY
 * @typedef {{ readonly dx: number, readonly dy: number, readonly scale: number, readonly degrees: number,
 *   readonly mirror: boolean }} Transform
 * @typedef {object} Piece an object that lies in the document
 * @property {Rect} rect of all that its mask selects at all
 * @property {Rect} box of what it selects by half or more of its highest value
 * @property {XY} middle of that box
 */

/** @type {Transform} */
const STILL = Object.freeze({ dx: 0, dy: 0, scale: 1, degrees: 0, mirror: false });

/** Whether it leaves the object as it is. @param {Transform} transform */
function isStill({ dx, dy, scale, degrees, mirror }) {
  return dx === 0 && dy === 0 && scale === 1 && degrees === 0 && !mirror;
}

/**
 * @param {Transform} a
 * @param {Transform} b
 */
function areAlike(a, b) {
  return a.dx === b.dx && a.dy === b.dy && a.scale === b.scale && a.degrees === b.degrees && a.mirror === b.mirror;
}

/**
 * Whole px, so that an object that is only shifted keeps its very pixels; sizes and angles as a person would type them.
 * @param {Transform} transform
 * @returns {Transform}
 */
function tidy({ dx, dy, scale, degrees, mirror }) {
  const turned = Math.round(10 * degrees) / 10;
  return {
    dx: whole(dx),
    dy: whole(dy),
    scale: Math.min(Math.max(Math.round(1000 * scale) / 1000, MIN_SCALE), MAX_SCALE),
    degrees: turned - 360 * Math.ceil(turned / 360 - 0.5),
    mirror,
  };
}

/** @param {number} value */
function whole(value) {
  return Math.min(Math.max(Math.round(value), -MAX_COORDINATE), MAX_COORDINATE) + 0;
}

/**
 * Where a place of the object goes.
 * @param {XY} middle
 * @param {Transform} transform
 * @param {XY} xy
 * @returns {XY}
 */
function carried(middle, { dx, dy, scale, degrees, mirror }, [x, y]) {
  const angle = (degrees * Math.PI) / 180;
  const across = (x - middle[0]) * (mirror ? -scale : scale);
  const down = (y - middle[1]) * scale;
  return [
    middle[0] + dx + across * Math.cos(angle) - down * Math.sin(angle),
    middle[1] + dy + across * Math.sin(angle) + down * Math.cos(angle),
  ];
}

/**
 * The corners of the object's box where it goes, from what was its top left one clockwise.
 * @param {Piece} piece
 * @param {Transform} transform
 * @returns {XY[]}
 */
function corners({ box, middle }, transform) {
  const { left, top, right, bottom } = box;
  return /** @type {XY[]} */ ([
    [left - 0.5, top - 0.5], [right - 0.5, top - 0.5], [right - 0.5, bottom - 0.5], [left - 0.5, bottom - 0.5],
  ]).map((corner) => carried(middle, transform, corner));
}

/**
 * The box of all pixels that the object covers where it goes, mixed ones along its border included.
 * @param {Piece} piece
 * @param {Transform} transform
 */
function placedRect({ rect, middle }, transform) {
  const ends = [rect.left - 1, rect.right].flatMap((x) =>
    [rect.top - 1, rect.bottom].map((y) => carried(middle, transform, [x, y])),
  );
  const xs = ends.map(([x]) => x);
  const ys = ends.map(([, y]) => y);
  return Rect.ofEdges(
    Math.floor(Math.min(...xs)), Math.floor(Math.min(...ys)), Math.ceil(Math.max(...xs)) + 1, Math.ceil(Math.max(...ys)) + 1,
  );
}

/**
 * The object that a mask shows, whose top left pixel is at a place of the document; null where it shows none.
 * @param {import("./pixels.js").Raster} mask gray
 * @param {Rect} at
 * @returns {Piece | null}
 */
function pieceOf(mask, at) {
  const rect = boxFrom(mask, 1);
  if (rect === null) return null;
  let highest = 0;
  for (const value of mask.data) highest = Math.max(highest, value);
  const box = /** @type {Rect} */ (boxFrom(mask, highest / 2));
  const inDocument = (/** @type {Rect} */ { left, top, width, height }) => new Rect(left + at.left, top + at.top, width, height);
  const { left, top, width, height } = inDocument(box);
  return { rect: inDocument(rect), box: inDocument(box), middle: [left + (width - 1) / 2, top + (height - 1) / 2] };
}

module.exports = { STILL, isStill, areAlike, tidy, carried, corners, placedRect, pieceOf };
