/** A copy of the panel that is broken in one way, and whether a suite finds it. */
"use strict";

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { ROOT } = require("../core/paths.js");
const { temporary } = require("../server.js");

const SHIPPED = path.join(ROOT, "photoshop_uxp");
const LONGEST_MS = 60000;

function isRed(suite, folder) {
  return new Promise((resolve) => {
    const file = path.join(__dirname, "..", `${suite}.test.js`);
    const env = { ...process.env, DRAGBRUSH_PANEL: folder, NODE_TEST_CONTEXT: "" };
    const child = spawn(process.execPath, [file], { env, stdio: "ignore" });
    const timer = setTimeout(() => child.kill("SIGTERM"), LONGEST_MS);
    child.on("exit", (code) => {
      clearTimeout(timer);
      resolve(code !== 0);
    });
  });
}

function copy() {
  const folder = temporary("dragbrush-mutant-");
  fs.cpSync(SHIPPED, folder, { recursive: true });
  return folder;
}

/** Each of `broken`: a name, a file, what is there, and what stands there instead. */
function mutants(suite, broken) {
  test(`${suite}: a panel that is not broken is green`, async () => {
    assert.equal(await isRed(suite, copy()), false);
  });

  for (const [name, file, before, after] of broken) {
    test(`${suite}: found is ${name}`, async () => {
      const folder = copy();
      const source = fs.readFileSync(path.join(folder, file), "utf8");
      const count = typeof before === "string" ? source.split(before).length - 1 : 1;
      assert.equal(count, 1, `what is to be broken is there ${count} times`);
      fs.writeFileSync(path.join(folder, file), source.replace(before, () => after));

      assert.ok(await isRed(suite, folder), "no test failed");
    });
  }
}

module.exports = { mutants };
