// @ts-check
/** What a person set once and for all documents. Whatever was kept, reading it gives something to go on with. */
"use strict";

const { MAX_PROMPT, MAX_SEED } = require("./limits.js");
const { isObject } = require("./checked.js");

/**
 * @typedef {object} Settings
 * @property {string} address as typed; empty for this machine's own server
 * @property {string} tool
 * @property {string} speed
 * @property {string} prompt
 * @property {number} seed
 * @property {boolean} isSeedLocked false: each edit takes the next seed
 * @property {"layer" | "visible"} origin what is edited: the active layer, or what all visible ones show together
 * @property {boolean} hasMask a drag makes a layer mask of the selection
 * @property {boolean} isMaskInverted what is not selected may change
 * @property {boolean} hasTwoLayers a move gives the background and the object as layers of their own
 * @property {boolean} hasLive shows the warp while an end is pulled
 * @property {boolean} hasPrepare begins with what depends on the picture before Run
 * @property {boolean} isAdvancedOpen
 * @property {Record<string, Record<string, import("./wire").Value>>} params of each tool and speed, where they differ
 */

/** @type {Settings} */
const DEFAULTS = {
  address: "",
  tool: "drag",
  speed: "quality",
  prompt: "",
  seed: 42,
  isSeedLocked: true,
  origin: "layer",
  hasMask: false,
  isMaskInverted: false,
  hasTwoLayers: false,
  hasLive: true,
  hasPrepare: true,
  isAdvancedOpen: false,
  params: {},
};

/**
 * @param {string | null} text
 * @returns {Settings}
 */
function readSettings(text) {
  const said = parsed(text);
  /** @type {Record<string, unknown>} */
  const found = { ...DEFAULTS };
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    if (typeof said[name] === typeof usual && said[name] !== null) found[name] = said[name];
  }
  const settings = /** @type {Settings} */ (/** @type {unknown} */ (found));
  settings.prompt = settings.prompt.slice(0, MAX_PROMPT);
  settings.origin = settings.origin === "visible" ? "visible" : "layer";
  if (!Number.isInteger(settings.seed) || settings.seed < 0 || settings.seed > MAX_SEED) settings.seed = DEFAULTS.seed;
  settings.params = {};
  if (isObject(said.params)) {
    for (const [speed, values] of Object.entries(said.params)) {
      if (isObject(values)) settings.params[speed] = /** @type {Record<string, any>} */ (values);
    }
  }
  return settings;
}

/** @param {string | null} text */
function parsed(text) {
  try {
    const said = JSON.parse(text || "{}");
    return isObject(said) ? said : {};
  } catch (error) {
    return {};
  }
}

module.exports = { DEFAULTS, readSettings, parsed };
