// @ts-check
/**
 * Which part of a document is sent, so that the server's result is the one it would give for the whole of it.
 *
 * The server cuts the crop that its model sees out of what it is sent. Whatever part it is sent, it chooses the same
 * crop, pixel for pixel, as long as that part holds the crop that it would choose in the whole: a smaller picture only
 * makes every other choice worse. So this module asks, for each canvas that a model may have, which crop the server
 * would choose, and sends the box round all of them. Without a selection the whole is sent: the server then draws one,
 * whose width is a share of the picture's short side.
 */
"use strict";

const { MAX_PIXELS, MAX_SIDE_PX } = require("./limits.js");
const { Rect } = require("./rect.js");

/**
 * Side of the square canvas and what its sides are multiples of: of the warp, of small models, of Stable Diffusion 1, 2
 * and XL. For a model with another one the part may be a little too small for the very same result.
 * @type {[number, number][]}
 */
const CANVASES = [
  [160, 16], [128, 64], [256, 64], [512, 64], [768, 64], [1024, 64], [512, 32], [768, 32], [1024, 32],
];
/** The part grows to this grid, so that a target that moves a little needs no other part. */
const GRID_PX = 64;
/** Costs that near are one: which is the least, the last digit of a logarithm decides, on each machine by itself. */
const TIE = 1e-9;
/** The server's own arithmetic rounds. */
const MARGIN_PX = 2;

// The server's rule: context beside the box that is edited, at least and at most; longest canvas; area from the asked
// one; what area, enlarging and reaching past the picture cost against one unit of log aspect.
const CONTEXT = 0.25;
const CONTEXT_MIN_PX = 16;
const ASPECT_MAX = 4.0;
const AREA_SHARE_MAX = 1.3;
const AREA_COST = 0.5;
const ENLARGED_COST = 2.0;
const OUTSIDE_COST = 4.0;

/**
 * @typedef {import("./rect.js").XY} XY
 * @typedef {import("./points.js").Pair} Pair
 * @typedef {[number, number]} Size width and height, px
 */

/** The part is larger than what the server edits at once. */
class CropTooLarge extends Error {}

/**
 * The part of a document to send for an edit; `selection` is the box of all that is selected at all.
 *
 * Points must lie in the document. Throws CropTooLarge.
 * @param {Size} document
 * @param {Rect | null} selection
 * @param {readonly Pair[]} pairs
 */
function cropToSend(document, selection, pairs) {
  const whole = new Rect(0, 0, document[0], document[1]);
  let part = whole;
  if (selection !== null) {
    const needed = neededBox(whole, selection.within(whole), pairs);
    part = needed;
    for (const [side, multiple] of CANVASES) part = part.joined(chosen(document, needed, side, multiple));
    part = part.within(whole).grown(MARGIN_PX).onGrid(GRID_PX).within(whole);
  }
  if (isTooLarge(part)) throw new CropTooLarge(`${part.width} x ${part.height}`);
  return part;
}

/**
 * The part to send for an object that goes from one place to another: the server cuts one crop round where it was, and
 * for some speeds one round both. Throws CropTooLarge.
 * @param {Size} document
 * @param {Rect} from
 * @param {Rect} to
 */
function cropToMove(document, from, to) {
  const part = cropToSend(document, from, []).joined(cropToSend(document, from.joined(to), []));
  if (isTooLarge(part)) throw new CropTooLarge(`${part.width} x ${part.height}`);
  return part;
}

/**
 * A part to send for what follows the hand: with room to pull to, where that is not too much.
 * @param {Size} document
 * @param {Rect} part
 */
function withRoom(document, part) {
  const whole = new Rect(0, 0, document[0], document[1]);
  const room = Math.floor(Math.max(part.width, part.height) / 2);
  const roomy = part.grown(room).within(whole).onGrid(GRID_PX).within(whole);
  return isTooLarge(roomy) ? part : roomy;
}

/** @param {Rect} part */
function isTooLarge(part) {
  return part.width * part.height > MAX_PIXELS || Math.max(part.width, part.height) > MAX_SIDE_PX;
}

/**
 * Selection, points and their context, within the document.
 * @param {Rect} whole
 * @param {Rect} selection
 * @param {readonly Pair[]} pairs
 */
function neededBox(whole, selection, pairs) {
  let box = selection;
  for (const pair of pairs) {
    for (const [x, y] of [pair.handle, pair.target]) {
      box = box.joined(new Rect(Math.floor(x + 0.5), Math.floor(y + 0.5), 1, 1));
    }
  }
  const beside = Math.max(CONTEXT_MIN_PX, CONTEXT * box.width);
  const above = Math.max(CONTEXT_MIN_PX, CONTEXT * box.height);
  return Rect.ofEdges(
    Math.floor(box.left - beside),
    Math.floor(box.top - above),
    Math.ceil(box.right + beside),
    Math.ceil(box.bottom + above),
  ).within(whole);
}

/**
 * The crop that the server chooses for a canvas of about `side` squared, or all that it may choose; may reach past the
 * document.
 * @param {Size} document
 * @param {Rect} needed
 * @param {number} side
 * @param {number} multiple
 */
function chosen(document, needed, side, multiple) {
  const { width, height } = needed;
  const aspect = Math.min(Math.max(width / height, 1 / ASPECT_MAX), ASPECT_MAX);

  /** @param {Size} canvas */
  const scaleOf = (canvas) => {
    const holdsNeeded = Math.max(width / canvas[0], height / canvas[1]);
    const liesInside = Math.min(document[0] / canvas[0], document[1] / canvas[1]);
    return Math.max(holdsNeeded, Math.min(1.0, liesInside));
  };

  /** @param {Size} canvas */
  const cost = (canvas) => {
    const scale = scaleOf(canvas);
    const across = canvas[0] * scale;
    const down = canvas[1] * scale;
    const inside = (Math.min(across, document[0]) * Math.min(down, document[1])) / (across * down);
    const area = (canvas[0] * canvas[1]) / side ** 2;
    return (
      Math.abs(Math.log(canvas[0] / canvas[1] / aspect)) +
      AREA_COST * Math.abs(Math.log(area)) +
      ENLARGED_COST * Math.max(0.0, -Math.log(scale)) +
      OUTSIDE_COST * (1 - inside)
    );
  };

  /** @param {Size} canvas */
  const cropOf = (canvas) => {
    const [cropWidth, cropHeight] = canvas.map((length) => Math.ceil(length * scaleOf(canvas) - 1e-9));
    const left = placed(needed.left, width, cropWidth, document[0]);
    const top = placed(needed.top, height, cropHeight, document[1]);
    return new Rect(left, top, cropWidth, cropHeight);
  };

  const known = canvases(side, multiple).map((canvas) => ({ canvas, at: cost(canvas) }));
  const least = Math.min(...known.map(({ at }) => at));
  return known
    .filter(({ at }) => at - least < TIE)
    .map(({ canvas }) => cropOf(canvas))
    .reduce((all, crop) => all.joined(crop));
}

/**
 * @param {number} side
 * @param {number} multiple
 * @returns {Size[]}
 */
function canvases(side, multiple) {
  /** @type {Size[]} */
  const found = [];
  const most = Math.ceil((side * Math.sqrt(ASPECT_MAX)) / multiple) * multiple;
  for (let width = multiple; width <= most; width += multiple) {
    for (let height = multiple; height <= most; height += multiple) {
      const area = width * height;
      const isLong = Math.max(width, height) > ASPECT_MAX * Math.min(width, height);
      if (side ** 2 / AREA_SHARE_MAX <= area && area <= side ** 2 * AREA_SHARE_MAX && !isLong) {
        found.push([width, height]);
      }
    }
  }
  const nearest = multiple * Math.max(1, Math.round(side / multiple));
  return found.length ? found : [[nearest, nearest]];
}

/**
 * Where a crop begins that is centred on [start, start + length), shifted into the document if it fits.
 * @param {number} start
 * @param {number} length
 * @param {number} crop
 * @param {number} document
 */
function placed(start, length, crop, document) {
  if (crop > document) return -Math.floor((crop - document) / 2);
  return Math.min(Math.max(start - Math.floor((crop - length) / 2), 0), document - crop);
}

module.exports = { CANVASES, CropTooLarge, cropToSend, cropToMove, withRoom };
