// @ts-check
/** What a person chose for an edit, apart from the pixels: enough to do it again. */
"use strict";

const { MAX_SEED } = require("./limits.js");

/**
 * @typedef {import("./wire").Value} Value
 * @typedef {object} Hand what a hand changes while it is followed
 * @property {readonly import("./points.js").Pair[]} pairs px of the document; empty of tools without
 * @property {import("./transform.js").Transform | null} transform of tools that place an object
 * @typedef {object} Chosen
 * @property {string} tool
 * @property {string} speed
 * @property {string} prompt
 * @property {number} seed
 * @property {Record<string, Value>} params only what differs from the speed's own settings
 * @property {boolean} inLayers background and object as layers of their own
 * @property {number} other the layer that the object or look comes from; 0 for none
 * @typedef {Hand & Chosen} Inputs
 */

/**
 * Another try with all else alike: seeds are counted, so that a person finds an earlier one again.
 * @param {number} seed
 */
function nextSeed(seed) {
  return seed >= MAX_SEED ? 0 : seed + 1;
}

/**
 * Of the layer that a result becomes; `titles` of tools and speeds as the server publishes them.
 * @param {Inputs} inputs
 * @param {Record<string, string>} titles
 */
function layerName(inputs, titles) {
  const tool = titles[inputs.tool] || inputs.tool;
  const speed = titles[inputs.speed] || inputs.speed;
  // Without a model there is no chance in it.
  const seed = inputs.speed === "instant" ? "" : `, seed ${inputs.seed}`;
  return `${tool} (${speed}${seed})`;
}

module.exports = { nextSeed, layerName };
