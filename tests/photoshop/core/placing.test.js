/** Objects that are placed: the same geometry as the server's, and what a hand does to it. */
"use strict";

const assert = require("node:assert/strict");
const path = require("node:path");
const { test: nodeTest } = require("node:test");
const { panel, testOf } = require("./paths.js");

const test = testOf(nodeTest);
const { python, temporary } = require("../server.js");

const { STILL, carried, corners, isStill, pieceOf, placedRect, tidy } = panel("core/transform.js");
const { gripAt, pulled, shape } = panel("core/box.js");
const { cropToMove } = panel("core/crop.js");
const { handOnWire, holdsHand } = panel("core/hand_on_wire.js");
const { refusalToPlace } = panel("core/checks.js");
const { Placing } = panel("core/placing.js");
const { Work, Works } = panel("core/works.js");
const { Raster, alphaOf, boxFrom, changed } = panel("core/pixels.js");
const { Rect } = panel("core/rect.js");
const { needsOf, toolsOf } = panel("core/form.js");
const words = panel("core/words.js");

const near = (found, expected) => assert.ok(Math.abs(found - expected) < 1e-6, `${found}, not ${expected}`);
/** 20 x 10 px in a picture of 100 x 80. */
const PIECE = { rect: new Rect(10, 20, 20, 10), box: new Rect(10, 20, 20, 10), middle: [19.5, 24.5] };
const WHOLE = new Rect(0, 0, 100, 80);

test("an object is, and goes, where the server has it, and all that the server looks at is sent", () => {
  const cases = JSON.parse(python([path.join(__dirname, "objects_of_server.py"), "60"], temporary("dragbrush-objects-")));

  for (const { size, mask: [left, top, rows], transform, middle, corner, after, crops } of cases) {
    const [dx, dy, scale, degrees, mirror] = transform;
    const mask = new Raster(rows[0].length, rows.length, "gray", "u8", Uint8Array.from(rows.flat()));
    const piece = pieceOf(mask, new Rect(left, top, mask.width, mask.height));
    const whole = new Rect(0, 0, ...size);
    assert.deepEqual(piece.middle, middle);
    carried(piece.middle, { dx, dy, scale, degrees, mirror }, [left, top]).forEach((value, axis) => near(value, corner[axis]));
    const placed = placedRect(piece, { dx, dy, scale, degrees, mirror }).within(whole);
    if (after === null) assert.ok(placed.isEmpty);
    else {
      assert.deepEqual([placed.left, placed.top, placed.width, placed.height], after);
      const sent = cropToMove(size, piece.rect, placed);
      for (const crop of crops) assert.ok(sent.holds(new Rect(...crop).within(whole)), JSON.stringify({ size, crop, sent }));
      assert.ok(sent.holds(placed));
    }
  }
  assert.ok(cases.some(({ after }) => after !== null));
});

test("a transform is kept to whole px, to sizes that the server takes and to one turn", () => {
  assert.deepEqual(tidy({ dx: 1.6, dy: -0.4, scale: 1.23456, degrees: 725.04, mirror: true }), { dx: 2, dy: 0, scale: 1.235, degrees: 5, mirror: true });
  assert.deepEqual([tidy({ ...STILL, scale: 99 }).scale, tidy({ ...STILL, scale: 0 }).scale], [20, 0.05]);
  assert.deepEqual([tidy({ ...STILL, degrees: 180 }).degrees, tidy({ ...STILL, degrees: -190 }).degrees], [180, 170]);
  assert.ok(isStill(tidy({ ...STILL, degrees: 360 })));
});

test("the middle is that of what is selected by half or more of the most", () => {
  const mask = new Raster(6, 1, "gray", "u8", Uint8Array.of(10, 49, 50, 100, 100, 0));
  const piece = pieceOf(mask, new Rect(100, 7, 6, 1));

  assert.ok(piece.rect.equals(new Rect(100, 7, 5, 1)));
  assert.deepEqual([piece.box.left, piece.box.width, piece.middle], [102, 3, [103, 7]]);
  assert.equal(pieceOf(new Raster(2, 1, "gray", "u8", new Uint8Array(2)), new Rect(0, 0, 2, 1)), null);
  assert.ok(boxFrom(mask, 100).equals(new Rect(3, 0, 2, 1)));
});

test("a box is moved inside, resized at its corners and turned at its stem", () => {
  const same = (xy) => xy;
  const outline = shape(PIECE, { ...STILL, dy: 20 }, same, [100, 100]);
  assert.deepEqual(outline.corners, [[9.5, 39.5], [29.5, 39.5], [29.5, 49.5], [9.5, 49.5]]);
  assert.deepEqual([outline.side, outline.stem], [[19.5, 39.5], [19.5, 17.5]]);
  assert.deepEqual(shape(PIECE, STILL, same, [100, 100]).stem, [19.5, 51.5], "where the upper one is out of reach");
  assert.equal(gripAt(outline, [20, 45], 3), "shift");
  assert.equal(gripAt(outline, [30, 50], 3), "scale");
  assert.equal(gripAt(outline, [19, 18], 3), "turn");
  assert.equal(gripAt(outline, [60, 60], 3), null);

  assert.deepEqual(pulled("shift", STILL, PIECE.middle, [20, 20], [25, 18], false), { ...STILL, dx: 5, dy: -2 });
  near(pulled("scale", STILL, PIECE.middle, [29.5, 29.5], [39.5, 34.5], false).scale, 2);
  near(pulled("turn", STILL, PIECE.middle, [19.5, 0], [44, 24.5], false).degrees, 90);
  assert.equal(pulled("turn", STILL, PIECE.middle, [19.5, 0], [43, 20], true).degrees, 75);
  // Turned and mirrored, corners still go round their middle.
  const turned = corners(PIECE, { dx: 3, dy: 0, scale: 1, degrees: 90, mirror: true });
  near(turned.reduce((sum, [x]) => sum + x, 0) / 4, 22.5);
  near(turned[0][0], 27.5);
  near(turned[0][1], 34.5);
});

test("a pull of the box is one step of undo, and what a person types another", () => {
  const placing = new Placing();
  placing.begin();
  for (const dx of [1, 5, 9.4]) placing.set({ dx });
  placing.commit();
  placing.set({ scale: 1.5 });
  placing.undo();
  assert.deepEqual(placing.transform, { ...STILL, dx: 9 });
  placing.undo();
  assert.ok(placing.isStill && placing.canRedo);
  placing.redo();
  placing.begin();
  placing.set({ dx: 50 });
  placing.abandon();
  assert.equal(placing.transform.dx, 9);
  placing.clear();
  assert.ok(placing.isStill);
});

test("what a hand shows is sent in px of the part", () => {
  const crop = new Rect(4, 8, 60, 60);
  const transform = { dx: 10, dy: 5, scale: 1, degrees: 0, mirror: false };
  const frame = { crop, whole: WHOLE, piece: PIECE, isPasted: false };

  assert.deepEqual(handOnWire(frame, { pairs: [], transform }), { transform });
  assert.deepEqual(handOnWire({ ...frame, isPasted: true }, { pairs: [], transform }), {
    at: [25.5, 21.5], transform: { scale: 1, degrees: 0, mirror: false },
  });
  const pairs = [{ handle: [5, 9], target: [6, 10] }];
  assert.deepEqual(handOnWire({ ...frame, piece: null }, { pairs, transform: null }), { drags: [{ handle: [1, 1], target: [2, 2] }] });
  assert.equal(holdsHand(frame, { pairs: [], transform }), true);
  assert.equal(holdsHand(frame, { pairs: [], transform: { ...transform, dx: 40 } }), false);
  assert.equal(holdsHand({ ...frame, crop: WHOLE }, { pairs: [], transform: { ...transform, dx: 75 } }), true, "past the picture nothing is sent");
});

test("an object that stays, or leaves the picture, is refused in words", () => {
  const why = (...given) => refusalToPlace(WHOLE, PIECE, ...given)?.why ?? null;

  assert.equal(why(STILL, false), "not_placed");
  assert.equal(why(STILL, true), null);
  assert.equal(why({ ...STILL, dx: 200 }, true), "placed_outside");
  assert.equal(why({ ...STILL, dx: 75 }, false), null);
  for (const found of ["no_object", "all_selected", "not_placed", "placed_outside", "no_other", "other_gone", "other_empty", "other_whole"]) {
    assert.ok(words.refusal({ why: found, index: 0 }).length > 20);
  }
});

test("another layer to take from is another object", () => {
  const work = new Work();
  work.takeFrom(7);
  work.otherMask = { rect: WHOLE, mask: null };
  work.pasted.set({ dx: 5 });
  work.takeFrom(7);
  assert.equal(work.pasted.transform.dx, 5);
  work.takeFrom(8);
  assert.deepEqual([work.pasted.transform, work.otherMask], [STILL, null]);
});

test("what a hand did on each layer is kept apart and found again", () => {
  const works = new Works();
  works.of(1, 2).moved.set({ dx: 4, mirror: true });
  works.of(1, 3).takeFrom(9);
  assert.equal(works.of(5, 5).isUntouched, true);
  const again = new Works();
  for (const kept of works.kept) again.restore(kept);

  assert.equal(works.kept.length, 2);
  assert.deepEqual(again.kept, works.kept);
  assert.deepEqual(again.of(1, 2).moved.transform, { ...STILL, dx: 4, mirror: true });
});

// What changed

function picture(width, height, of) {
  const data = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(of(x, y), 4 * (y * width + x));
  return new Raster(width, height, "rgba", "u8", data);
}

test("what an edit left as it was is left out from the border inwards, and not within what changed", () => {
  const before = picture(7, 5, () => [9, 9, 9, 255]);
  // A ring, in which all is as before.
  const isRing = (x, y) => x >= 2 && x <= 4 && y >= 1 && y <= 3 && !(x === 3 && y === 2);
  const after = picture(7, 5, (x, y) => (isRing(x, y) ? [1, 2, 3, 255] : [9, 9, 9, 255]));

  const mask = changed(before, after);

  for (let at = 0; at < mask.data.length; at++) {
    const [x, y] = [at % 7, Math.floor(at / 7)];
    assert.equal(mask.data[at], x >= 2 && x <= 4 && y >= 1 && y <= 3 ? 255 : 0, `${x}, ${y}`);
  }
  assert.ok(changed(before, before).data.every((value) => value === 0));
  assert.ok(changed(before, picture(7, 5, () => [8, 9, 9, 255])).data.every((value) => value === 255));
});

test("alpha is a selection at both depths, and the least of it counts", () => {
  assert.deepEqual([...alphaOf(new Raster(2, 1, "rgba", "u16", Uint16Array.of(1, 1, 1, 1, 1, 1, 1, 65535))).data], [1, 255]);
  assert.deepEqual([...alphaOf(picture(2, 1, (x) => [0, 0, 0, 100 * x])).data], [0, 100]);
  assert.deepEqual([...alphaOf(new Raster(1, 1, "rgb", "u8", new Uint8Array(3))).data], [255]);
});

// Tools as the server publishes them

test("each tool says what it needs, and one that needs something unknown is left out", () => {
  const tools = [
    { id: "drag", inputs: ["drags"] }, { id: "move", inputs: ["mask", "transform"] }, { id: "appearance", inputs: ["mask", "reference"] },
    { id: "paste", inputs: ["reference", "at"] }, { id: "relight", inputs: ["light"] },
  ];

  assert.deepEqual(toolsOf({ tools }).map(({ id }) => id), ["drag", "move", "appearance", "paste"]);
  const needs = tools.slice(0, 4).map((tool) => Object.entries(needsOf(tool)).filter(([, is]) => is).map(([name]) => name).join());
  assert.deepEqual(needs, ["drags", "object,box", "object,other", "box,other,isPasted"]);
  assert.deepEqual(needsOf(null), needsOf(tools[0]));
});

test("what a hand did is told in a few words", () => {
  const none = { pairs: [], transform: null, inLayers: false };
  assert.equal(words.done({ ...none, pairs: [1] }), "1 pair");
  assert.equal(words.done(none), "By another look");
  assert.equal(words.done({ ...none, transform: STILL }), "In its place");
  assert.equal(words.done({ ...none, transform: { dx: 5, dy: -3, scale: 1.2, degrees: -30, mirror: true }, inLayers: true }), "By 5, -3, 120%, -30\u00b0, mirrored, two layers");
});
