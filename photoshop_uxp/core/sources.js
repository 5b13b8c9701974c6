// @ts-check
/** What is read of the document: for an edit exactly what it needs, for the stage what a person should see. */
"use strict";

const words = require("./words.js");
const { CropTooLarge, cropToFollow, cropToSend } = require("./crop.js");
const { Rect } = require("./rect.js");
const { Refused } = require("./errors.js");
const { isEmpty } = require("./pixels.js");
const { refusal } = require("./checks.js");

/** Longest side of what the stage shows. */
const STAGE_PX = 1024;
/** Beside what is selected, in shares of it, and at least. */
const CONTEXT = 0.35;
const CONTEXT_MIN_PX = 16;

/**
 * @typedef {import("./studio.js").Outside["host"]} Host
 * @typedef {import("./studio.js").Desk} Desk
 * @typedef {import("./pixels.js").Raster} Raster
 * @typedef {"edit" | "prepare" | "live"} Purpose
 */

/**
 * Throws Refused.
 * @param {Host} host
 * @param {Desk} desk
 * @param {import("./works.js").Works} works
 * @param {boolean} isInverted
 * @param {Purpose} purpose
 * @returns {Promise<import("./jobs.js").Source>}
 */
async function readSource(host, desk, works, isInverted, purpose) {
  if (desk.problem) throw new Refused(words.LAYERS[desk.problem]);
  const { pairs } = works.points(desk.document, desk.layer);
  const box = await host.changeableBox(desk, isInverted);
  refuse(refusal(desk.size, null, null, pairs), purpose);
  if (box !== null && box.isEmpty) throw new Refused(words.refusal({ why: "nothing_selected", index: 0 }));
  let crop;
  try {
    crop = (purpose === "live" ? cropToFollow : cropToSend)(desk.size, box, pairs);
  } catch (error) {
    if (error instanceof CropTooLarge) throw new Refused(words.CROP_TOO_LARGE);
    throw error;
  }
  const mask = box === null ? null : await host.readSelection(desk.document, crop, isInverted);
  refuse(refusal(desk.size, crop, mask, pairs), purpose);
  const image = await host.readPixels(desk, crop);
  if (isEmpty(image)) throw new Refused(words.LAYERS.empty);
  return { document: desk.document, layer: desk.layer, crop, image, mask };
}

/**
 * Before Run only what can never be is refused.
 * @param {ReturnType<typeof refusal>} found
 * @param {Purpose} purpose
 */
function refuse(found, purpose) {
  if (found === null || (purpose !== "edit" && (found.why === "no_way" || found.why === "no_pairs"))) return;
  throw new Refused(words.refusal(found));
}

/**
 * The part of the document round what may change, and what of that may.
 * @param {Host} host
 * @param {Desk} desk
 * @param {boolean} isInverted
 * @returns {Promise<{ region: Rect, picture: Raster, mask: Raster | null }>}
 */
async function readStage(host, desk, isInverted) {
  const whole = new Rect(0, 0, desk.size[0], desk.size[1]);
  const box = await host.changeableBox(desk, isInverted);
  let region = whole;
  if (box !== null && !box.isEmpty) {
    const beside = Math.round(CONTEXT * Math.max(box.width, box.height));
    region = box.grown(Math.max(CONTEXT_MIN_PX, beside)).within(whole);
  }
  const picture = await host.readPreview(desk, region, STAGE_PX);
  const mask = box === null ? null : await host.readSelection(desk.document, region, isInverted);
  return { region, picture, mask };
}

module.exports = { readSource, readStage };
