// @ts-check
/** Makes layers of a result. */
"use strict";

const words = require("../core/words.js");
const { Raster, changed, cutTo, isOpaque, withPart } = require("../core/pixels.js");
const { Rect } = require("../core/rect.js");
const { Refused } = require("../core/errors.js");
const { documentOf, each, edgesOf, handingOver, layerOf, modally, photoshop, siblingsOf } = require("./photoshop.js");
const { readPixels } = require("./reading.js");

const { action, constants, imaging } = photoshop;
/** Layers that results became: a newer one belongs above them. @type {Set<number>} */
const results = new Set();

/**
 * @typedef {import("../core/job.js").Placed} Placed
 * @typedef {Pick<Placed, "rect" | "picture">} Part
 *
 * @typedef {object} NewLayer
 * @property {string} name
 * @property {readonly Placed[]} parts
 * @property {Raster | null} mask of the size of the first part: what was selected
 * @property {boolean} isAlone shows just its own pixels, of which some are clear
 *
 * @typedef {object} Written
 * @property {number} document
 * @property {number} layer that was edited
 * @property {string} name of the step in the history
 * @property {readonly NewLayer[]} layers from below
 * @property {boolean} hasMask makes layer masks of what was selected, instead of leaving the rest out
 */

/**
 * Makes the new layers of a result directly above what was edited, in one step of the history; the selection and the
 * active layer stay. Returns what to say about it, if anything. Throws Refused.
 * @param {Written} written
 * @returns {Promise<string>}
 */
async function write({ document: documentID, layer: layerID, name, layers, hasMask }) {
  const document = documentOf(documentID);
  if (document === null) throw new Refused(words.LAYERS.closed);
  const source = layerID ? layerOf(document, layerID) : null;
  if (layerID && source === null) throw new Refused(words.LAYERS.gone);
  const whole = new Rect(0, 0, document.width, document.height);
  if (!layers.every(({ parts }) => parts.every(({ rect }) => whole.holds(rect)))) throw new Refused(words.LAYERS.smaller);

  /** @type {Awaited<ReturnType<typeof drawnOf>>[]} */
  const drawn = [];
  for (const layer of layers) drawn.push(await drawnOf({ document: documentID, layer: layerID }, layer, hasMask));
  const selected = each(document.activeLayers);
  await modally(name, documentID, true, async () => {
    let below = source === null ? null : topOf(document, source);
    for (const { layer: { name: title }, parts, mask } of drawn) {
      const layer = await document.createLayer(constants.LayerKind.NORMAL, { name: title });
      if (layer === null) throw new Refused(words.LAYERS.failed);
      const above = below || each(document.layers).find((other) => other.id !== layer.id);
      if (above) layer.move(above, constants.ElementPlacement.PLACEBEFORE);
      for (const { rect, picture } of parts) {
        await handingOver(picture, (imageData) =>
          imaging.putPixels({
            documentID, layerID: layer.id, imageData, replace: false, targetBounds: edgesOf(rect), commandName: name,
          }),
        );
      }
      if (mask !== null) await putMask(documentID, layer.id, mask.rect, mask.picture, name);
      layer.selected = false;
      results.add(layer.id);
      below = layer;
    }
    for (const other of selected) other.selected = true;
  });
  return drawn.some(({ isSeenThrough }) => isSeenThrough) ? words.LAYERS.seen_through : "";
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
 * What is put into a new layer. Over an opaque source it holds the part that was edited. One that can be seen through
 * needs all of it: what moved away would be seen through it otherwise.
 * @param {{ document: number, layer: number }} of
 * @param {NewLayer} layer
 * @param {boolean} hasMask
 * @returns {Promise<{ layer: NewLayer, parts: Part[], mask: Part | null, isSeenThrough: boolean }>}
 */
async function drawnOf({ document, layer: layerID }, layer, hasMask) {
  const { parts: result, mask, isAlone } = layer;
  if (isAlone) {
    const parts = result.map(({ rect, picture }) => ({ rect, picture: cutTo(picture, null) }));
    return { layer, parts, mask: null, isSeenThrough: false };
  }
  const bits = result[0].picture.depth === "u16" ? 16 : 8;
  /** @type {Part[]} */
  const parts = [];
  for (const { rect, picture } of result) {
    const before = await readPixels({ document, layer: layerID, bits }, rect);
    if (!isOpaque(before) || !isOpaque(picture)) {
      const all = await alone({ document, layer: layerID, bits }, result);
      return { layer, parts: [all], mask: null, isSeenThrough: true };
    }
    const isOfMask = mask !== null && mask.width === rect.width && mask.height === rect.height;
    const kept = isOfMask ? (hasMask ? null : mask) : changed(before, picture);
    parts.push({ rect, picture: cutTo(picture, kept) });
  }
  const layerMask = hasMask && mask !== null ? { rect: result[0].rect, picture: mask } : null;
  return { layer, parts, mask: layerMask, isSeenThrough: false };
}

/**
 * The whole source with the result in it.
 * @param {{ document: number, layer: number, bits: 8 | 16 }} of
 * @param {readonly Placed[]} result
 * @returns {Promise<Part>}
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
