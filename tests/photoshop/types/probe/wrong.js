// @ts-check
/** Uses of what a panel does not have: the type check must report every line that says so, or it checks nothing. */
"use strict";

const { app, core, imaging } = require("photoshop");

async function wrong() {
  new Worker("x.js"); // wrong
  structuredClone({}); // wrong
  window.open("x"); // wrong
  new TextEncoder(); // wrong
  const context = document.createElement("canvas").getContext("2d"); // wrong
  app.activeDocument.selection.getBounds(); // wrong
  await imaging.getPixels({ layer: 3 }); // wrong
  await imaging.getPixels({ componentSize: "8" }); // wrong
  await imaging.putPixel({}); // wrong
  await core.executeAsModal(async () => {}); // wrong
  await app.activeDocument.createLayer({ name: "x" }); // wrong
  return context;
}

module.exports = { wrong };
