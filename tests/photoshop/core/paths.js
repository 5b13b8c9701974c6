/** Where things are. */
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const ROOT = path.resolve(__dirname, "../../..");
/** The panel under test: the shipped one, or a mutant of it. */
const PANEL = process.env.DRAGBRUSH_PANEL || path.join(ROOT, "photoshop_uxp");
const VECTORS = path.join(ROOT, "tests/vectors");

/** The entries of one file, or of all files of a folder. */
function vectors(name) {
  const place = path.join(VECTORS, name);
  const files = name.endsWith(".json") ? [place] : fs.readdirSync(place).map((file) => path.join(place, file));
  return files.flatMap((file) => JSON.parse(fs.readFileSync(file, "utf8")));
}

function panel(name) {
  return require(path.join(PANEL, name));
}

/** Of a panel that is broken on purpose, the first finding is enough. */
const isMutant = Boolean(process.env.DRAGBRUSH_PANEL);

/** `test` of node:test, which ends the process at the first failure of a mutant. */
function testOf(test) {
  if (!isMutant) return test;
  return (name, work) =>
    test(name, async (context) => {
      try {
        await work(context);
      } catch (error) {
        process.exit(1);
      }
    });
}

module.exports = { ROOT, PANEL, isMutant, testOf, vectors, panel };
