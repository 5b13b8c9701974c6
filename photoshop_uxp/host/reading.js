// @ts-check
/** Pixels and selections of a part of the document, all of it, whatever Photoshop leaves out. */
"use strict";

const words = require("../core/words.js");
const { Raster, inverted, replaced, scaledDown, selectedBox, shown, withoutHidden } = require("../core/pixels.js");
const { Rect } = require("../core/rect.js");
const { Refused } = require("../core/errors.js");
const { COLOURS, documentOf, edgesOf, layerOf, photoshop, rasterOf, reading, rectOf, selectionOf } = require("./photoshop.js");

const { imaging } = photoshop;

/** @typedef {import("./desk.js").Desk} Desk */

/**
 * The pixels of a part of the document, all of it: where the layer has none they are empty.
 * @param {{ document: number, layer: number, bits: 8 | 16 }} of
 * @param {Rect} rect
 * @returns {Promise<Raster>}
 */
async function readPixels({ document, layer, bits }, rect) {
  const got = await readTile({ documentID: document, layerID: layer, componentSize: bits }, rect);
  return withoutHidden(got);
}

/**
 * A part of the document as the stage shows it: 8 bits, its longer side at most that many px.
 * @param {{ document: number, layer: number }} of
 * @param {Rect} rect
 * @param {number} longest
 */
async function readPreview({ document, layer }, rect, longest) {
  // Photoshop's own scaling tells places in px of a level that it chooses; a part that is read whole has no such doubt.
  // One that is large is read smaller all the same, and its places are not used.
  const scale = Math.max(rect.width, rect.height) / (2 * longest);
  if (scale <= 1) {
    return scaledDown(shown(await readTile({ documentID: document, layerID: layer, componentSize: 8 }, rect)), longest);
  }
  const whole = await readTile({ documentID: document, layerID: layer, componentSize: 8 }, rect, Math.round(2 * longest));
  return scaledDown(shown(whole), longest);
}

/**
 * @param {{ documentID: number, layerID: number, componentSize: 8 | 16 }} of
 * @param {Rect} rect
 * @param {number} [longest]
 */
async function readTile({ documentID, layerID, componentSize }, rect, longest) {
  /** @type {any} */
  const options = { documentID, componentSize, ...COLOURS };
  if (layerID) options.layerID = layerID;
  // Asked only for where pixels are: an area without any is an error.
  const document = documentOf(documentID);
  if (document === null) throw new Refused(words.LAYERS.closed);
  const layer = layerID ? layerOf(document, layerID) : null;
  if (layerID && layer === null) throw new Refused(words.LAYERS.gone);
  const there = layer === null ? rect : rectOf(layer.boundsNoEffects).within(rect);
  if (there.isEmpty) return replaced(rect, rect, emptyRaster(rect, componentSize));
  options.sourceBounds = edgesOf(there);
  const isWide = there.width >= there.height;
  const share = longest === undefined ? 1 : longest / Math.max(rect.width, rect.height);
  if (share < 1) {
    const size = Math.max(1, Math.round(Math.max(there.width, there.height) * share));
    options.targetSize = isWide ? { width: size } : { height: size };
  }
  const result = await reading(() => imaging.getPixels(options));
  const tile = await rasterOf(result.imageData);
  if (share >= 1) return replaced(rect, rectOf(result.sourceBounds), tile);
  // Scaled: what is asked for is what is shown, whatever was trimmed inside of it.
  const small = new Rect(0, 0, Math.max(1, Math.round(rect.width * share)), Math.max(1, Math.round(rect.height * share)));
  const left = Math.round((there.left - rect.left) * share);
  const top = Math.round((there.top - rect.top) * share);
  return replaced(small, new Rect(left, top, tile.width, tile.height), tile);
}

/**
 * @param {Rect} rect
 * @param {8 | 16} bits
 */
function emptyRaster({ width, height }, bits) {
  const length = 4 * width * height;
  return bits === 16
    ? new Raster(width, height, "rgba", "u16", new Uint16Array(length))
    : new Raster(width, height, "rgba", "u8", new Uint8Array(length));
}

/**
 * What is selected in a part of the document; null where nothing is selected at all, which then means all.
 * @param {number} id
 * @param {Rect} rect
 * @param {boolean} isInverted
 * @returns {Promise<Raster | null>}
 */
async function readSelection(id, rect, isInverted) {
  const document = documentOf(id);
  if (document === null) throw new Refused(words.LAYERS.closed);
  const box = selectionOf(document, new Rect(0, 0, document.width, document.height));
  if (box === null) return null;
  const there = box.within(rect);
  let mask = new Raster(rect.width, rect.height, "gray", "u8", new Uint8Array(rect.width * rect.height));
  if (!there.isEmpty) {
    const asked = { documentID: id, sourceBounds: edgesOf(there) };
    const { imageData, sourceBounds } = await reading(() => imaging.getSelection(asked));
    mask = replaced(rect, rectOf(sourceBounds), await rasterOf(imageData));
  }
  return isInverted ? inverted(mask) : mask;
}

/**
 * The box of what may change; null where nothing is selected.
 * @param {Desk} desk
 * @param {boolean} isInverted
 */
async function changeableBox(desk, isInverted) {
  if (desk.selection === null || !isInverted) return desk.selection;
  const mask = await readSelection(desk.document, new Rect(0, 0, desk.size[0], desk.size[1]), true);
  return mask && (selectedBox(mask) || new Rect(0, 0, 0, 0));
}

module.exports = { readPixels, readPreview, readSelection, changeableBox };
