/** The part that is sent: the same that the Krita plugin sends, which its tests hold to the server's own choice. */
"use strict";

const assert = require("node:assert/strict");
const path = require("node:path");
const { test: nodeTest } = require("node:test");
const { panel, testOf } = require("./paths.js");

const test = testOf(nodeTest);
const { python, temporary } = require("../server.js");

const { CropTooLarge, cropToMove, cropToSend, withRoom } = panel("core/crop.js");
const { MAX_PIXELS } = panel("core/limits.js");
const { Rect } = panel("core/rect.js");

test("the same edit sends the same part as in Krita", () => {
  const cases = JSON.parse(python([path.join(__dirname, "crops_of_krita.py"), "200"], temporary("dragbrush-crops-")));

  let same = 0;
  let all = 0;
  for (const { size, selection, pairs, object, send, follow, move } of cases) {
    const box = selection && new Rect(...selection);
    const placed = pairs.map(([handle, target]) => ({ handle, target }));
    const [from, to] = object.map((edges) => new Rect(...edges).within(new Rect(0, 0, ...size)));
    const crops = [
      [() => cropToSend(size, box, placed), send],
      [() => withRoom(size, cropToSend(size, box, placed)), follow],
      [() => cropToMove(size, from, to), move],
    ];
    for (const [crop, expected] of crops) {
      // Two parts that can be sent may be too much together.
      if (expected === null || expected[2] * expected[3] > MAX_PIXELS) assert.throws(crop, CropTooLarge);
      else {
        const part = crop();
        // Of two crops that are as good, this one holds both.
        assert.ok(part.holds(new Rect(...expected)), JSON.stringify({ size, selection, pairs, object }));
        same += Number(part.equals(new Rect(...expected)));
        all += 1;
      }
    }
  }
  assert.ok(same > 0.99 * all, `${same} of ${all}`);
});

test("a small edit of a large picture sends a small part", () => {
  const part = cropToSend([4096, 4096], new Rect(1500, 1500, 700, 700), [{ handle: [1600, 1600], target: [1900, 1700] }]);

  assert.ok(part.width * part.height < 1300 ** 2);
});

test("without a selection all is sent", () => {
  assert.ok(cropToSend([4096, 2000], null, []).equals(new Rect(0, 0, 4096, 2000)));
});
