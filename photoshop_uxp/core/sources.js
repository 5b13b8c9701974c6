// @ts-check
/** What is read of the document: for an edit exactly what it needs, for the stage what a person should see. */
"use strict";

const words = require("./words.js");
const { CropTooLarge, cropToMove, cropToSend, withRoom } = require("./crop.js");
const { Rect } = require("./rect.js");
const { Refused } = require("./errors.js");
const { alphaOf, isEmpty, replaced } = require("./pixels.js");
const { pieceOf, placedRect } = require("./transform.js");
const { refusal, refusalToPlace } = require("./checks.js");

/** Longest side of what the stage shows. */
const STAGE_PX = 1024;
/** Beside what is selected, in shares of it, and at least. */
const CONTEXT = 0.35;
const CONTEXT_MIN_PX = 16;

/**
 * @typedef {import("./studio.js").Outside["host"]} Host
 * @typedef {import("./front.js").Desk} Desk
 * @typedef {import("./pixels.js").Raster} Raster
 * @typedef {import("./job.js").Source} Source
 * @typedef {import("./transform.js").Piece} Piece
 * @typedef {import("./checks.js").Refusal} Refusal
 * @typedef {"edit" | "prepare" | "live"} Purpose
 * @typedef {object} Asked
 * @property {Desk} desk
 * @property {import("./works.js").Work} work of the desk's layer
 * @property {import("./form.js").Needs} needs
 * @property {boolean} isInverted
 * @property {Purpose} purpose
 */

/**
 * Throws Refused.
 * @param {Host} host
 * @param {Asked} asked
 * @returns {Promise<Source>}
 */
async function readSource(host, asked) {
  const { desk, needs } = asked;
  if (desk.problem) throw new Refused(words.LAYERS[desk.problem]);
  const read = needs.isPasted ? readPasted : needs.object ? readObject : readPulled;
  const source = await read(host, asked);
  if (isEmpty(source.image)) throw new Refused(words.LAYERS.empty);
  return source;
}

/**
 * What handles pull, and what of it may change.
 * @param {Host} host
 * @param {Asked} asked
 */
async function readPulled(host, { desk, work, isInverted, purpose }) {
  const { pairs } = work.points;
  const box = await host.changeableBox(desk, isInverted);
  refuse(refusal(desk.size, null, null, pairs), purpose);
  if (box !== null && box.isEmpty) throw refused("nothing_selected");
  const crop = cropFor(desk, purpose, () => cropToSend(desk.size, box, pairs));
  const mask = box === null ? null : await host.readSelection(desk.document, crop, isInverted);
  refuse(refusal(desk.size, crop, mask, pairs), purpose);
  return { ...(await picture(host, desk, crop)), mask, cut: mask, piece: null, reference: null, otherMask: null };
}

/**
 * A selected object, where it is and where it goes; and the other one whose look it gets.
 * @param {Host} host
 * @param {Asked} asked
 */
async function readObject(host, { desk, work, needs, isInverted, purpose }) {
  const piece = await selectedPiece(host, desk, isInverted);
  if (piece === null) throw refused("no_object");
  if (piece.isAll) throw refused("all_selected");
  const { transform } = work.moved;
  if (needs.box) refuse(refusalToPlace(wholeOf(desk), piece, transform, false), purpose);
  const to = needs.box ? placedRect(piece, transform).within(wholeOf(desk)) : piece.rect;
  const crop = cropFor(desk, purpose, () => cropToMove(desk.size, piece.rect, to));
  const mask = await host.readSelection(desk.document, crop, isInverted);
  const other = needs.other ? await readOther(host, desk, work) : null;
  const reference = other && other.reference;
  return { ...(await picture(host, desk, crop)), mask, cut: null, piece, reference, otherMask: work.otherMask };
}

/**
 * The object of another layer, and where it goes.
 * @param {Host} host
 * @param {Asked} asked
 */
async function readPasted(host, { desk, work, purpose }) {
  const { piece, reference } = await readOther(host, desk, work);
  const { transform } = work.pasted;
  refuse(refusalToPlace(wholeOf(desk), piece, transform, true), purpose);
  const to = placedRect(piece, transform).within(wholeOf(desk));
  const crop = cropFor(desk, purpose, () => cropToSend(desk.size, to, []));
  return { ...(await picture(host, desk, crop)), mask: null, cut: null, piece, reference, otherMask: work.otherMask };
}

/**
 * @param {Host} host
 * @param {Desk} desk
 * @param {Rect} crop
 */
async function picture(host, desk, crop) {
  const { document, layer } = desk;
  return { document, layer, whole: wholeOf(desk), crop, image: await host.readPixels(desk, crop) };
}

/**
 * What is selected, as an object; null where nothing is.
 * @param {Host} host
 * @param {Desk} desk
 * @param {boolean} isInverted
 */
async function selectedPiece(host, desk, isInverted) {
  const box = await host.changeableBox(desk, isInverted);
  const mask = box === null || box.isEmpty ? null : await host.readSelection(desk.document, box, isInverted);
  return box === null || mask === null ? null : measured(mask, box, desk);
}

/**
 * What of another layer is the object; throws Refused where that is nothing, or all.
 * @param {Host} host
 * @param {Desk} desk
 * @param {import("./works.js").Work} work
 */
async function otherPiece(host, desk, work) {
  if (!work.other) throw refused("no_other");
  const rect = host.contentOf(desk.document, work.other);
  if (rect === null) throw refused("other_gone");
  if (rect.isEmpty) throw refused("other_empty");
  const { otherMask } = work;
  const piece = otherMask
    ? measured(otherMask.mask, otherMask.rect, desk)
    : measured(alphaOf(await host.readPixels({ ...desk, layer: work.other }, rect)), rect, desk);
  if (piece === null) throw refused("other_empty");
  if (piece.isAll) throw refused("other_whole");
  return piece;
}

/**
 * @param {Host} host
 * @param {Desk} desk
 * @param {import("./works.js").Work} work
 */
async function readOther(host, desk, work) {
  const piece = await otherPiece(host, desk, work);
  const crop = cropFor(desk, "edit", () => cropToSend(desk.size, piece.rect, []));
  const image = await host.readPixels({ ...desk, layer: work.other }, crop);
  const { otherMask } = work;
  return { piece, reference: { image, mask: otherMask && replaced(crop, otherMask.rect, otherMask.mask) } };
}

/**
 * @param {Raster} mask
 * @param {Rect} rect
 * @param {Desk} desk
 */
function measured(mask, rect, desk) {
  const piece = pieceOf(mask, rect);
  return piece && { ...piece, isAll: piece.rect.holds(wholeOf(desk)) && mask.data.every((value) => value === 255) };
}

/**
 * @param {Desk} desk
 * @param {Purpose} purpose
 * @param {() => Rect} crop
 */
function cropFor(desk, purpose, crop) {
  try {
    return purpose === "live" ? withRoom(desk.size, crop()) : crop();
  } catch (error) {
    if (error instanceof CropTooLarge) throw new Refused(words.CROP_TOO_LARGE);
    throw error;
  }
}

/** @param {Desk} desk */
function wholeOf({ size }) {
  return new Rect(0, 0, size[0], size[1]);
}

/** @param {Refusal} why */
function refused(why) {
  return new Refused(words.refusal({ why, index: 0 }));
}

/** Of these, before Run a person may still be at it. @type {Refusal[]} */
const STILL_COMING = ["no_way", "no_pairs", "not_placed"];

/**
 * @param {ReturnType<typeof refusal>} found
 * @param {Purpose} purpose
 */
function refuse(found, purpose) {
  if (found === null || (purpose !== "edit" && STILL_COMING.includes(found.why))) return;
  throw new Refused(words.refusal(found));
}

/**
 * The part of the document round what the tool is about, what of it is selected, and the object that is placed.
 * @param {Host} host
 * @param {Omit<Asked, "purpose">} asked
 * @returns {Promise<{ region: Rect, picture: Raster, mask: Raster | null, piece: Piece | null }>}
 */
async function readStage(host, { desk, work, needs, isInverted }) {
  const whole = wholeOf(desk);
  const box = needs.isPasted ? null : await host.changeableBox(desk, isInverted);
  let region = whole;
  // What is placed may go anywhere.
  if (box !== null && !box.isEmpty && !needs.box) {
    const beside = Math.round(CONTEXT * Math.max(box.width, box.height));
    region = box.grown(Math.max(CONTEXT_MIN_PX, beside)).within(whole);
  }
  const seen = await host.readPreview(desk, region, STAGE_PX);
  const mask = box === null ? null : await host.readSelection(desk.document, region, isInverted);
  return { region, picture: seen, mask, piece: needs.box ? await placedPiece(host, { desk, work, needs, isInverted }) : null };
}

/**
 * @param {Host} host
 * @param {Omit<Asked, "purpose">} asked
 */
async function placedPiece(host, { desk, work, needs, isInverted }) {
  if (!needs.isPasted) return selectedPiece(host, desk, isInverted);
  try {
    return await otherPiece(host, desk, work);
  } catch (error) {
    // Run will say why.
    if (error instanceof Refused) return null;
    throw error;
  }
}

module.exports = { readSource, readStage };
