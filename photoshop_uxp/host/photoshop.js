// @ts-check
/**
 * Photoshop's API, which no other file requires: modal scopes, pictures that are handed out and given back, and finding
 * documents and layers by their numbers. The other files here are made of this.
 *
 * Reads need no modal scope where Photoshop gives them without; writes hold one for as long as they take and no longer.
 */
"use strict";

const photoshop = require("photoshop");
const uxp = require("uxp");
const words = require("../core/words.js");
const { Lock, realClock, sleep } = require("../core/clock.js");
const { Raster } = require("../core/pixels.js");
const { Rect } = require("../core/rect.js");
const { Refused } = require("../core/errors.js");

const { app, core, imaging } = photoshop;

/** Asked for both ways, so that Photoshop converts whatever a document is in. */
const COLOURS = { colorSpace: "RGB", colorProfile: "sRGB IEC61966-2.1" };
/** Numbers of Photoshop's errors. */
const OUTSIDE_OF_MODAL = 1000;
const ANOTHER_IS_MODAL = 9;
const MODAL_TRIES = 10;
const MODAL_WAIT_MS = 300;

const modal = new Lock();
/** @param {number} id */
function documentOf(id) {
  return each(app.documents).find((document) => document.id === id) || null;
}

/**
 * @param {{ layers: any }} parent
 * @param {number} id
 * @returns {import("photoshop/dom/Layer").Layer | null}
 */
function layerOf(parent, id) {
  for (const layer of each(parent.layers)) {
    if (layer.id === id) return layer;
    const inside = layer.layers ? layerOf(layer, id) : null;
    if (inside !== null) return inside;
  }
  return null;
}

/**
 * The layers of the group that a layer is in.
 * @param {{ layers: any }} parent
 * @param {number} id
 * @returns {ArrayLike<import("photoshop/dom/Layer").Layer>}
 */
function siblingsOf(parent, id) {
  const inside = each(parent.layers).find((/** @type {any} */ layer) => layer.layers && layerOf(layer, id) !== null);
  return inside === undefined ? parent.layers : siblingsOf(/** @type {any} */ (inside), id);
}

/**
 * @param {import("photoshop/dom/Document").Document} document
 * @param {Rect} whole
 */
function selectionOf(document, whole) {
  const bounds = document.selection.bounds;
  return bounds ? rectOf(bounds).within(whole) : null;
}

/** @param {{ left: number, top: number, right: number, bottom: number }} bounds */
function rectOf({ left, top, right, bottom }) {
  return Rect.ofEdges(Math.floor(left), Math.floor(top), Math.ceil(right), Math.ceil(bottom));
}

/** @param {Rect} rect */
function edgesOf({ left, top, right, bottom }) {
  return { left, top, right, bottom };
}

/**
 * Photoshop's collections are arrays of a kind.
 * @template T
 * @param {ArrayLike<T>} collection
 * @returns {T[]}
 */
function each(collection) {
  return Array.from(collection);
}

/**
 * The samples that Photoshop hands out, which then are given back.
 * @param {import("photoshop/dom/ImagingModule").imaging.PhotoshopImageData} imageData
 * @returns {Promise<Raster>}
 */
async function rasterOf(imageData) {
  try {
    const { width, height, components } = imageData;
    const channels = components === 4 ? "rgba" : components === 3 ? "rgb" : "gray";
    const data = await imageData.getData({ chunky: true, fullRange: true });
    if (data instanceof Uint16Array && components === 1) {
      // A selection of a picture of 16 bits.
      return new Raster(width, height, channels, "u8", Uint8Array.from(data, (value) => Math.round(value / 257)));
    }
    if (data instanceof Uint16Array) return new Raster(width, height, channels, "u16", data);
    if (data instanceof Uint8Array) return new Raster(width, height, channels, "u8", data);
    throw new Refused(words.LAYERS.float);
  } finally {
    imageData.dispose();
  }
}

/**
 * @template T
 * @param {Raster} raster
 * @param {(imageData: import("photoshop/dom/ImagingModule").imaging.PhotoshopImageData) => Promise<T>} use
 */
async function handingOver(raster, use) {
  const isMask = raster.channels === "gray";
  const imageData = await imaging.createImageDataFromBuffer(raster.data, {
    width: raster.width,
    height: raster.height,
    components: raster.count,
    chunky: true,
    fullRange: true,
    colorSpace: isMask ? "Grayscale" : COLOURS.colorSpace,
    colorProfile: isMask ? "Gray Gamma 2.2" : COLOURS.colorProfile,
  });
  try {
    return await use(imageData);
  } finally {
    imageData.dispose();
  }
}

/**
 * Whether reading needs a modal scope is not documented; it is opened only where Photoshop asks for it.
 * @template T
 * @param {() => Promise<T>} read
 * @returns {Promise<T>}
 */
async function reading(read) {
  try {
    return await read();
  } catch (error) {
    if (numberOf(error) !== OUTSIDE_OF_MODAL && !/modal/i.test(String(error))) throw error;
    /** @type {T[]} */
    const found = [];
    await modally("Dragbrush: reading", 0, true, async () => void found.push(await read()));
    return found[0];
  }
}

/**
 * One change of the document at a time, as one step of its history or as none.
 * @param {string} commandName
 * @param {number} documentID 0 for what is no step of any history
 * @param {boolean} isKept false: all of it is rolled back
 * @param {() => Promise<unknown>} change
 */
function modally(commandName, documentID, isKept, change) {
  return modal.run(async () => {
    for (let tries = 1; ; tries++) {
      try {
        await core.executeAsModal(
          async (context) => {
            if (!documentID) return change();
            const { hostControl } = /** @type {any} */ (context);
            const suspended = await hostControl.suspendHistory({ documentID, name: commandName });
            let isDone = false;
            try {
              await change();
              isDone = true;
            } finally {
              await hostControl.resumeHistory(suspended, isKept && isDone);
            }
          },
          { commandName },
        );
        return;
      } catch (error) {
        if (error instanceof Refused) throw error;
        if (numberOf(error) !== ANOTHER_IS_MODAL) throw new Refused(words.LAYERS.failed);
        if (tries === MODAL_TRIES) throw new Refused(words.LAYERS.busy);
        await sleep(realClock, MODAL_WAIT_MS);
      }
    }
  });
}

/** @param {unknown} error */
function numberOf(error) {
  return typeof error === "object" && error !== null && "number" in error ? Number(error.number) : 0;
}

module.exports = {
  photoshop, uxp, COLOURS, documentOf, layerOf, siblingsOf, selectionOf, rectOf, edgesOf, each, rasterOf, handingOver,
  reading, modally,
};
