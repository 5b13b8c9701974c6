// @ts-check
/** What a person placed on Photoshop's own canvas: paths and colour samplers. */
"use strict";

const words = require("../core/words.js");
const { Refused } = require("../core/errors.js");
const { unitFactor } = require("../core/native_points.js");
const { documentOf, each, modally, photoshop } = require("./photoshop.js");

const { app, constants } = photoshop;
const PPI_OF_POINTS = 72;
/** Px for one unit of path anchors, of each document that has been asked. @type {Map<number, number>} */
const factors = new Map();

/** @typedef {import("../core/rect.js").XY} XY */

/**
 * The open and closed subpaths of a document, and how many px one unit of their anchors is.
 * @param {number} id
 */
async function readPaths(id) {
  const document = documentOf(id);
  if (document === null) throw new Refused(words.LAYERS.no_document);
  /** @type {import("../core/native_points.js").Subpath[]} */
  const subpaths = [];
  for (const path of each(document.pathItems)) {
    for (const subpath of each(path.subPathItems)) {
      const anchors = each(subpath.pathPoints).map((point) => /** @type {XY} */ ([point.anchor[0], point.anchor[1]]));
      subpaths.push({ isClosed: subpath.closed, anchors });
    }
  }
  const isThere = subpaths.some(({ isClosed, anchors }) => !isClosed && anchors.length > 1);
  return { subpaths, factor: isThere ? await factorOf(document) : 1 };
}

/**
 * Colour samplers in the order of their numbers.
 * @param {number} id
 * @returns {XY[]}
 */
function readSamplers(id) {
  const document = documentOf(id);
  if (document === null) throw new Refused(words.LAYERS.no_document);
  return each(document.colorSamplers).map(({ position }) => [position.x, position.y]);
}

/**
 * Photoshop does not say which unit anchors have, and some of its versions count in points. A path of a known number of
 * units is made a selection, whose box is px; all of that is rolled back.
 * @param {import("photoshop/dom/Document").Document} document
 */
async function factorOf(document) {
  if (document.resolution === PPI_OF_POINTS) return 1;
  const known = factors.get(document.id);
  if (known !== undefined) return known;
  const ofPoints = document.resolution / PPI_OF_POINTS;
  let factor = 1;
  // Within the picture, whichever unit it is: a selection ends with it.
  const probe = Math.max(1, Math.floor(Math.min(document.width, document.height) / 2 / Math.max(1, ofPoints)));
  await modally("Dragbrush: unit of paths", document.id, false, async () => {
    /** @type {any} */
    const info = new /** @type {any} */ (app).SubPathInfo();
    info.closed = true;
    info.operation = constants.ShapeOperation.SHAPEXOR;
    info.entireSubPath = [[0, 0], [probe, 0], [probe, probe], [0, probe]].map((anchor) => {
      const point = new /** @type {any} */ (app).PathPointInfo();
      Object.assign(point, { kind: constants.PointKind.CORNERPOINT, anchor, leftDirection: anchor, rightDirection: anchor });
      return point;
    });
    const path = await document.pathItems.add("Dragbrush", [info]);
    const anchors = each(each(path.subPathItems)[0].pathPoints).map(({ anchor }) => anchor[0]);
    await path.makeSelection(0, false);
    const box = document.selection.bounds;
    if (box) factor = unitFactor(box.right - box.left, Math.max(...anchors) - Math.min(...anchors), [1, ofPoints]);
  });
  factors.set(document.id, factor);
  return factor;
}

module.exports = { readPaths, readSamplers };
