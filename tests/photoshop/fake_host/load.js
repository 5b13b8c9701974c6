/** The panel's host adapter over a Photoshop in memory, in Node. */
"use strict";

const Module = require("node:module");
const path = require("node:path");
const { PANEL } = require("../core/paths.js");
const { makePhotoshop } = require("./world.js");

/** A fresh adapter for each Photoshop. */
function loadHost(habits) {
  const fake = makePhotoshop(habits);
  const folder = path.join(PANEL, "host");
  const original = Module._load;
  Module._load = (name, ...rest) => (name === "photoshop" ? fake.module : name === "uxp" ? fake.uxp : original(name, ...rest));
  try {
    for (const file of Object.keys(require.cache)) if (file.startsWith(folder)) delete require.cache[file];
    return { fake, host: require(path.join(folder, "host.js")) };
  } finally {
    Module._load = original;
  }
}

module.exports = { loadHost };
