/** Panels whose page is broken on purpose: the smoke test in a browser must turn red. */
"use strict";

const { mutants } = require("./breaking.js");

mutants("e2e/smoke", [
  ["a canvas that is cleared", "view/stage.js", 'const context = canvas.getContext("2d");', 'const context = canvas.getContext("2d");\n    context.clearRect(0, 0, 1, 1);'],
  ["a canvas that writes text", "view/stage.js", 'const context = canvas.getContext("2d");', 'const context = canvas.getContext("2d");\n    context.fillText("1", 0, 0);'],
  ["canvases that pile up", "view/stage.js", "if (this._canvas !== null) this._element.removeChild(this._canvas);", ""],
  ["entry points that come late", "main.js", "/** @type {any} */ (entrypoints).setup({", "setTimeout(() => entrypoints.setup(given), 3000);\nconst given = ({"],
  ["another id of the panel", "main.js", "    dragbrush: {", "    dragbrushes: {"],
  ["a port that the manifest lacks", "core/limits.js", "DEFAULT_PORT: 28471", "DEFAULT_PORT: 28470"],
  ["pictures that are held for ever", "view/picture.js", "if (image.src) URL.revokeObjectURL(image.src);", ""],
  ["half a picture", "view/picture.js", "    width: raster.width,", "    width: raster.width / 2,"],
  ["an observer that is not there", "main.js", "const LAYOUT_MS = 300;", "const LAYOUT_MS = 300;\nnew MutationObserver(() => {});"],
  ["code from text", "main.js", "const LAYOUT_MS = 300;", 'const LAYOUT_MS = new Function("return 300")();'],
  ["options that listeners do not have", "view/stage.js", "this._element.addEventListener(name, heard);", "this._element.addEventListener(name, heard, { passive: true });"],
  ["an attribute that a widget lacks", "index.html", '<sp-button id="run" variant="cta"', '<sp-button id="run" tone="cta" variant="cta"'],
  ["a module that is not there", "core/points.js", 'require("./undoable.js")', 'require("events")'],
]);
