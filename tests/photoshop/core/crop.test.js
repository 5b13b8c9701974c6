/** The part that is sent: the same that the Krita plugin sends, which its tests hold to the server's own choice. */
"use strict";

const assert = require("node:assert/strict");
const path = require("node:path");
const { test: nodeTest } = require("node:test");
const { panel, testOf } = require("./paths.js");

const test = testOf(nodeTest);
const { python, temporary } = require("../server.js");

const { CropTooLarge, cropToMove, cropToSend, withRoom } = panel("core/crop.js");
const { Rect } = panel("core/rect.js");

test("the same edit sends the same part as in Krita", () => {
  const cases = JSON.parse(python([path.join(__dirname, "crops_of_krita.py"), "400"], temporary("dragbrush-crops-")));

  for (const { size, selection, pairs, send, follow } of cases) {
    const box = selection && new Rect(...selection);
    const placed = pairs.map(([handle, target]) => ({ handle, target }));
    const toFollow = (...edit) => withRoom(size, cropToSend(...edit));
    for (const [crop, expected] of [[cropToSend, send], [toFollow, follow]]) {
      if (expected === null) assert.throws(() => crop(size, box, placed), CropTooLarge);
      else {
        const { left, top, width, height } = crop(size, box, placed);
        assert.deepEqual([left, top, width, height], expected, JSON.stringify({ size, selection, pairs }));
      }
    }
  }
});

test("a small edit of a large picture sends a small part", () => {
  const part = cropToSend([4096, 4096], new Rect(1500, 1500, 700, 700), [{ handle: [1600, 1600], target: [1900, 1700] }]);

  assert.ok(part.width * part.height < 1300 ** 2);
});

test("without a selection all is sent", () => {
  assert.ok(cropToSend([4096, 2000], null, []).equals(new Rect(0, 0, 4096, 2000)));
});
