// @ts-check
/** Makes a layer of a result. */
"use strict";

const words = require("../core/words.js");
const { Raster, cutTo, isOpaque, withPart } = require("../core/pixels.js");
const { Rect } = require("../core/rect.js");
const { Refused } = require("../core/errors.js");
const { documentOf, each, edgesOf, handingOver, layerOf, modally, photoshop, siblingsOf } = require("./photoshop.js");
const { readPixels } = require("./reading.js");

const { action, constants, imaging } = photoshop;
/** Layers that results became: a newer one belongs above them. @type {Set<number>} */
const results = new Set();

/**
 * @typedef {import("../core/jobs.js").Placed} Placed
 *
 * @typedef {object} Written
 * @property {number} document
 * @property {number} layer that was edited
 * @property {string} name
 * @property {readonly Placed[]} result
 * @property {Raster | null} mask of the size of the first part: what was selected
 * @property {boolean} hasMask makes a layer mask of it, instead of leaving the rest out
 */

/**
 * Makes one new layer of a result directly above what was edited, in one step of the history; the selection and the
 * active layer stay. Returns what to say about it, if anything. Throws Refused.
 * @param {Written} written
 * @returns {Promise<string>}
 */
async function write({ document: documentID, layer: layerID, name, result, mask, hasMask }) {
  const document = documentOf(documentID);
  if (document === null) throw new Refused(words.LAYERS.closed);
  const source = layerID ? layerOf(document, layerID) : null;
  if (layerID && source === null) throw new Refused(words.LAYERS.gone);
  const whole = new Rect(0, 0, document.width, document.height);
  if (!result.every(({ rect }) => whole.holds(rect))) throw new Refused(words.LAYERS.smaller);

  const { parts, isSeenThrough } = await partsOf({ document: documentID, layer: layerID }, result, hasMask ? null : mask);
  const selected = each(document.activeLayers);
  await modally(name, documentID, true, async () => {
    const layer = await document.createLayer(constants.LayerKind.NORMAL, { name });
    if (layer === null) throw new Refused(words.LAYERS.failed);
    const below = source === null ? each(document.layers).find((other) => other.id !== layer.id) : topOf(document, source);
    if (below) layer.move(below, constants.ElementPlacement.PLACEBEFORE);
    for (const { rect, picture } of parts) {
      await handingOver(picture, (imageData) =>
        imaging.putPixels({
          documentID, layerID: layer.id, imageData, replace: false, targetBounds: edgesOf(rect), commandName: name,
        }),
      );
    }
    if (hasMask && mask !== null && !isSeenThrough) await putMask(documentID, layer.id, result[0].rect, mask, name);
    layer.selected = false;
    for (const other of selected) other.selected = true;
    results.add(layer.id);
  });
  return isSeenThrough ? words.LAYERS.seen_through : "";
}

/**
 * A layer, or the uppermost of the results that lie directly on it.
 * @param {import("photoshop/dom/Document").Document} document
 * @param {import("photoshop/dom/Layer").Layer} source
 */
function topOf(document, source) {
  const beside = each(siblingsOf(document, source.id));
  let at = beside.findIndex(({ id }) => id === source.id);
  while (at > 0 && results.has(beside[at - 1].id)) at -= 1;
  return beside[at];
}

/**
 * Over an opaque source the new layer holds the part that was edited. One that can be seen through needs all of it: what
 * moved away would be seen through it otherwise.
 * @param {{ document: number, layer: number }} of
 * @param {readonly Placed[]} result
 * @param {Raster | null} mask
 */
async function partsOf({ document, layer }, result, mask) {
  const bits = result[0].picture.depth === "u16" ? 16 : 8;
  /** @type {Placed[]} */
  const parts = [];
  for (const { rect, picture } of result) {
    const before = await readPixels({ document, layer, bits }, rect);
    if (!isOpaque(before) || !isOpaque(picture)) return { parts: [await alone({ document, layer, bits }, result)], isSeenThrough: true };
    const isOfMask = mask !== null && mask.width === rect.width && mask.height === rect.height;
    parts.push({ rect, picture: cutTo(picture, isOfMask ? mask : null) });
  }
  return { parts, isSeenThrough: false };
}

/**
 * The whole source with the result in it.
 * @param {{ document: number, layer: number, bits: 8 | 16 }} of
 * @param {readonly Placed[]} result
 * @returns {Promise<Placed>}
 */
async function alone(of, result) {
  const document = documentOf(of.document);
  const whole = document === null ? result[0].rect : new Rect(0, 0, document.width, document.height);
  let picture = await readPixels(of, whole);
  for (const part of result) picture = withPart(picture, cutTo(part.picture, null), part.rect.left, part.rect.top);
  return { rect: whole, picture };
}

/**
 * @param {number} documentID
 * @param {number} layerID
 * @param {Rect} rect
 * @param {Raster} mask
 * @param {string} commandName
 */
async function putMask(documentID, layerID, rect, mask, commandName) {
  // All or nothing: the result is blended through the feather already.
  const hard = new Raster(mask.width, mask.height, "gray", "u8", mask.data.map((value) => (value ? 255 : 0)));
  await action.batchPlay(
    [
      {
        _obj: "make",
        _target: [{ _ref: "layer", _id: layerID }],
        new: { _class: "channel" },
        at: { _ref: "channel", _enum: "channel", _value: "mask" },
        using: { _enum: "userMaskEnabled", _value: "hideAll" },
      },
    ],
    {},
  );
  await handingOver(hard, (imageData) =>
    imaging.putLayerMask({ documentID, layerID, kind: "user", imageData, replace: true, targetBounds: edgesOf(rect), commandName }),
  );
}

module.exports = { write };
