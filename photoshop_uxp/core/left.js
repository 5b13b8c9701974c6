// @ts-check
/**
 * What the panel leaves behind when it ends, for its next life: the session, its edits, and what a hand did on each layer.
 *
 * Photoshop numbers documents anew in each of its own lives: what is kept of one is taken up only where the document of
 * that number is still called the same.
 */
"use strict";

const { MAX_DRAGS } = require("./limits.js");
const { Job } = require("./job.js");
const { Rect } = require("./rect.js");
const { STILL, tidy } = require("./transform.js");
const { isObject } = require("./checked.js");
const { parsed } = require("./settings.js");

const MAX_JOBS = 32;

/**
 * @typedef {import("./points.js").Pair} Pair
 * @typedef {import("./works.js").Kept} Kept
 * @typedef {{ resume: import("./wire").Resume | null, jobs: Job[], works: Kept[] }} Left
 * @typedef {(document: number) => string} NameOf what an open document is called; "" where it is not open
 */

/**
 * @param {NameOf} nameOf
 * @param {import("./peer.js").Peer} peer
 * @param {Job[]} jobs
 * @param {Kept[]} works
 */
function writeLeft(nameOf, peer, jobs, works) {
  return JSON.stringify({
    session: peer.session,
    last_seq: peer.lastSeq,
    jobs: jobs.slice(-MAX_JOBS).map(({ id, document, layer, crop, inputs, name }) => {
      const { left, top, width, height } = crop;
      return { id, document, of: nameOf(document), layer, crop: [left, top, width, height], inputs, name };
    }),
    works: works.map((kept) => ({ ...kept, of: nameOf(kept.document) })),
  });
}

/**
 * @param {NameOf} nameOf
 * @param {string | null} text
 * @returns {Left}
 */
function readLeft(nameOf, text) {
  const said = parsed(text);
  /** @type {Left} */
  const left = { resume: null, jobs: [], works: [] };
  const isKnown = (/** @type {any} */ each) =>
    isObject(each) && typeof each.document === "number" && typeof each.layer === "number" &&
    Boolean(each.of) && nameOf(each.document) === each.of;
  if (typeof said.session === "string" && Number.isSafeInteger(said.last_seq)) {
    left.resume = { session: said.session, last_seq: /** @type {number} */ (said.last_seq) };
  }
  if (left.resume && Array.isArray(said.jobs)) {
    left.jobs = said.jobs.filter(isKnown).map(jobOf).filter(/** @returns {job is Job} */ (job) => job !== null);
  }
  if (Array.isArray(said.works)) {
    left.works = said.works.filter(isKnown).map(({ document, layer, pairs, moved, pasted, other }) => ({
      document, layer, pairs: pairsOf(pairs), moved: transformOf(moved) || STILL, pasted: transformOf(pasted) || STILL,
      other: Number.isInteger(other) ? other : 0,
    }));
  }
  return left;
}

/**
 * @param {any} said
 * @returns {Job | null}
 */
function jobOf(said) {
  if (typeof said.id !== "string" || !Array.isArray(said.crop) || !isObject(said.inputs)) return null;
  if (said.crop.length !== 4 || !said.crop.every(Number.isInteger)) return null;
  const [left, top, width, height] = said.crop;
  const { tool, speed, prompt, seed, params, pairs, transform, inLayers, other } = said.inputs;
  const inputs = {
    pairs: pairsOf(pairs), transform: transformOf(transform), inLayers: inLayers === true,
    other: Number.isInteger(other) ? Number(other) : 0, tool: String(tool), speed: String(speed), prompt: String(prompt), seed: Number(seed),
    params: isObject(params) ? /** @type {Record<string, any>} */ (params) : {},
  };
  const crop = new Rect(left, top, width, height);
  const gone = { whole: crop, cut: null, piece: null, reference: null, otherMask: null };
  const job = new Job(said.id, "edit", { document: said.document, layer: said.layer, crop, ...gone }, inputs, String(said.name));
  job.state = "queued";
  job.sent = 1;
  return job;
}

/**
 * @param {unknown} said
 * @returns {Pair[]}
 */
function pairsOf(said) {
  if (!Array.isArray(said)) return [];
  const isXY = (/** @type {unknown} */ xy) => Array.isArray(xy) && xy.length === 2 && xy.every(Number.isFinite);
  return said.filter((pair) => isObject(pair) && isXY(pair.handle) && isXY(pair.target)).slice(0, MAX_DRAGS);
}

/**
 * @param {unknown} said
 * @returns {import("./transform.js").Transform | null}
 */
function transformOf(said) {
  if (!isObject(said)) return null;
  const { dx, dy, scale, degrees, mirror } = said;
  if (![dx, dy, scale, degrees].every(Number.isFinite)) return null;
  return tidy({ dx: Number(dx), dy: Number(dy), scale: Number(scale), degrees: Number(degrees), mirror: mirror === true });
}

module.exports = { writeLeft, readLeft };
