/** The parts of the core that know neither host nor server. */
"use strict";

const assert = require("node:assert/strict");
const { test: nodeTest } = require("node:test");
const { panel, testOf } = require("./paths.js");

const test = testOf(nodeTest);

const { Points, PointsFull, constrained, nearestEnd } = panel("core/points.js");
const { Raster, cutTo, fromWire, inverted, isEmpty, isOpaque, replaced, scaledDown, selectedBox, shown, withPart } =
  panel("core/pixels.js");
const { Rect } = panel("core/rect.js");
const { pairsOfPaths, pairsOfSamplers, unitFactor, cornered } = panel("core/native_points.js");
const { Row, rows, speedOf, toolOf, usable } = panel("core/form.js");
const { refusal } = panel("core/checks.js");
const { History } = panel("core/history.js");
const { DEFAULTS, readSettings } = panel("core/settings.js");
const { readLeft } = panel("core/left.js");
const { placeOf, socketUrl } = panel("core/pairing.js");
const { Viewport } = panel("core/viewport.js");
const { arrow, badgePlace } = panel("core/arrows.js");
const { layerName, nextSeed } = panel("core/inputs.js");
const words = panel("core/words.js");

// Points

test("a pull is one step of undo, however often it moved", () => {
  const points = new Points();
  points.begin();
  points.add([1, 1]);
  points.move(0, "target", [5, 5]);
  points.move(0, "target", [9, 5]);
  points.commit();

  assert.deepEqual(points.pairs, [{ handle: [1, 1], target: [9, 5] }]);
  points.undo();
  assert.deepEqual(points.pairs, []);
  points.redo();
  assert.deepEqual(points.pairs, [{ handle: [1, 1], target: [9, 5] }]);
});

test("a pull that is given up leaves no trace", () => {
  const points = new Points([{ handle: [0, 0], target: [3, 0] }]);
  points.begin();
  points.move(0, "handle", [7, 7]);
  points.abandon();

  assert.deepEqual(points.pairs, [{ handle: [0, 0], target: [3, 0] }]);
  assert.equal(points.canUndo, false);
});

test("the selection follows what is deleted before it", () => {
  const points = new Points();
  for (const at of [1, 2, 3]) points.add([at, at]);
  points.select(2);
  points.delete(0);
  assert.equal(points.selected, 1);
  points.delete(1);
  assert.equal(points.selected, null);
});

test("more than 64 pairs are refused and change nothing", () => {
  const points = new Points();
  for (let at = 0; at < 64; at++) points.add([at, 0]);
  assert.throws(() => points.add([0, 0]), PointsFull);
  assert.equal(points.pairs.length, 64);
});

test("the nearest end is found, of two in one place the target of the last", () => {
  const pairs = [{ handle: [0, 0], target: [10, 0] }, { handle: [5, 0], target: [10, 0] }];
  const same = (xy) => xy;

  assert.deepEqual(nearestEnd(pairs, [9, 0], same, 3), { index: 1, end: "target" });
  assert.deepEqual(nearestEnd(pairs, [1, 0], same, 3), { index: 0, end: "handle" });
  assert.equal(nearestEnd(pairs, [5, 9], same, 3), null);
  assert.deepEqual(nearestEnd([{ handle: [4, 4], target: [4, 4] }], [4, 4], same, 3), { index: 0, end: "target" });
});

test("a held direction is the nearest of eight", () => {
  assert.deepEqual(constrained([0, 0], [10, 1]), [10, 0]);
  assert.deepEqual(constrained([0, 0], [1, -10]), [0, -10]);
  assert.deepEqual(constrained([0, 0], [9, 11]), [10, 10]);
  assert.deepEqual(constrained([0, 0], [-9, 11]), [-10, 10]);
});

test("open paths are pairs from their first to their last anchor, counted from a pixel's centre", () => {
  const subpaths = [
    { isClosed: false, anchors: [[10.5, 20.5], [30.5, 20.5]] },
    { isClosed: true, anchors: [[1, 1], [2, 2], [3, 3]] },
    { isClosed: false, anchors: [[7, 7]] },
    { isClosed: false, anchors: [[0.5, 0.5], [4, 4], [8.5, 1.5]] },
  ];

  assert.deepEqual(pairsOfPaths(subpaths, 1), [
    { handle: [10, 20], target: [30, 20] },
    { handle: [0, 0], target: [8, 1] },
  ]);
  assert.deepEqual(pairsOfPaths(subpaths.slice(0, 1), 2), [{ handle: [20.5, 40.5], target: [60.5, 40.5] }]);
  assert.equal(unitFactor(101, 24, [1, 300 / 72]), 300 / 72);
  assert.equal(unitFactor(24, 24, [1, 300 / 72]), 1);
  assert.equal(unitFactor(100, 0, [1, 2]), 1);
  assert.deepEqual(cornered([3, 4]), [3.5, 4.5]);
});

test("samplers are taken in pairs and an odd one is left out", () => {
  assert.deepEqual(pairsOfSamplers([[1.5, 1.5], [5.5, 2.5], [9, 9]]), [{ handle: [1, 1], target: [5, 2] }]);
});

// Pixels

function rgba(width, height, of) {
  const data = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(of(x, y), 4 * (y * width + x));
  return new Raster(width, height, "rgba", "u8", data);
}

test("a trimmed part is put back where it belongs and three components get their alpha", () => {
  const tile = new Raster(2, 1, "rgb", "u8", Uint8Array.of(1, 2, 3, 4, 5, 6));
  const whole = replaced(new Rect(10, 10, 4, 3), new Rect(11, 11, 2, 1), tile);

  assert.equal(whole.channels, "rgba");
  const expected = new Uint8Array(48);
  expected.set([1, 2, 3, 255, 4, 5, 6, 255], 4 * (4 + 1));
  assert.deepEqual(whole.data, expected);
});

test("what reaches past the asked part is cut, at every side", () => {
  const tile = rgba(6, 6, (x, y) => [x, y, 0, 255]);
  const whole = replaced(new Rect(0, 0, 3, 2), new Rect(-2, -1, 6, 6), tile);

  assert.deepEqual(whole.data, rgba(3, 2, (x, y) => [x + 2, y + 1, 0, 255]).data);
});

test("a selection's part is put into nothing", () => {
  const mask = replaced(new Rect(0, 0, 3, 2), new Rect(1, 1, 1, 1), new Raster(1, 1, "gray", "u8", Uint8Array.of(99)));

  assert.deepEqual([...mask.data], [0, 0, 0, 0, 99, 0]);
  assert.deepEqual([...inverted(mask).data], [255, 255, 255, 255, 156, 255]);
  assert.ok(selectedBox(mask).equals(new Rect(1, 1, 1, 1)));
  assert.equal(selectedBox(new Raster(2, 1, "gray", "u8", new Uint8Array(2))), null);
});

test("a result is cut to what was selected, at both depths and for every kind of pixel", () => {
  const mask = new Raster(3, 1, "gray", "u8", Uint8Array.of(0, 1, 255));
  const deep = new Raster(3, 1, "rgb", "u16", Uint16Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9));

  assert.deepEqual([...cutTo(deep, mask).data], [0, 0, 0, 0, 4, 5, 6, 65535, 7, 8, 9, 65535]);
  assert.deepEqual([...cutTo(new Raster(1, 1, "graya", "u8", Uint8Array.of(8, 9)), null).data], [8, 8, 8, 9]);
});

test("sixteen bits are shown as their upper eight and read from bytes of any place", () => {
  const bytes = new Uint8Array(9);
  bytes.set([0x34, 0x12, 0xff, 0xff, 0, 0, 0xff, 0xff], 1);
  const raster = fromWire({ width: 1, height: 1, channels: "rgba", depth: "u16" }, bytes.subarray(1));

  assert.deepEqual([...raster.data], [0x1234, 0xffff, 0, 0xffff]);
  assert.deepEqual([...shown(raster).data], [0x12, 0xff, 0, 0xff]);
});

test("opaque, empty, part and patch", () => {
  const clear = rgba(3, 3, () => [9, 9, 9, 0]);
  const full = rgba(2, 1, () => [1, 2, 3, 255]);
  const both = withPart(clear, full, 1, 2);

  assert.deepEqual([isEmpty(clear), isEmpty(both), isOpaque(full), isOpaque(both)], [true, false, true, false]);
  assert.deepEqual(both.part(new Rect(1, 2, 2, 1)).data, full.data);
  assert.equal(both.isLike(withPart(clear, full, 1, 2)), true);
  assert.equal(both.isLike(clear), false);
});

test("a smaller picture has the mean of what it stands for, by alpha", () => {
  const small = scaledDown(rgba(4, 2, (x) => [x < 2 ? 100 : 200, 0, 0, x % 2 ? 0 : 255]), 2);

  assert.deepEqual([...small.data], [100, 0, 0, 128, 200, 0, 0, 128]);
});

// Choices

const PARAM = { id: "lam", title: "weight", kind: "float", default: 0.1, min: 0, max: 100 };
const SPEEDS = [
  { id: "instant", title: "Instant", text: "", is_live: true },
  { id: "quality", title: "Quality", text: "", has_prepare: true, params: [PARAM] },
];
const WELCOME = { tools: [{ id: "drag", title: "Drag", inputs: ["drags"], speeds: SPEEDS }] };

test("a row reads what a person types and says what it takes", () => {
  const row = new Row(PARAM);

  assert.deepEqual([row.read("0,5"), row.read(" 7 "), row.title], [0.5, 7, "Weight"]);
  for (const wrong of ["", "a", "101", "-1", "Infinity"]) assert.throws(() => row.read(wrong), /lam/);
  const error = (() => {
    try {
      row.read("101");
    } catch (caught) {
      return caught;
    }
  })();
  assert.equal(words.form(error), "Weight: give a number from 0 to 100.");
  assert.throws(() => new Row({ ...PARAM, kind: "int" }).read("1.5"));
  assert.equal(new Row({ ...PARAM, kind: "bool", default: true }).checked(false), false);
});

test("only what differs is sent, and only what the server takes", () => {
  const known = rows(SPEEDS[1]);

  assert.deepEqual(usable(known, { lam: 0.2, gone: 1 }), { lam: 0.2 });
  assert.deepEqual(usable(known, { lam: 0.1 }), {});
  assert.deepEqual(usable(known, { lam: "x" }), {});
  assert.deepEqual(rows({ params: [{ ...PARAM, kind: "curve" }] }), []);
});

test("a speed that a server lacks becomes one that it has", () => {
  const tool = toolOf(WELCOME, "warp");
  assert.equal(tool.id, "drag");
  assert.equal(speedOf(tool, "fast").id, "quality");
  assert.equal(speedOf(tool, "instant").id, "instant");
});

test("what cannot be is said before anything is sent", () => {
  const pair = { handle: [5, 5], target: [8, 5] };
  const mask = new Raster(10, 10, "gray", "u8", new Uint8Array(100).fill(0));
  const part = new Rect(0, 0, 10, 10);
  const why = (...given) => refusal([10, 10], ...given)?.why ?? null;

  assert.equal(why(null, null, []), "no_pairs");
  assert.equal(why(null, null, [pair]), null);
  assert.equal(why(part, mask, [pair]), "nothing_selected");
  mask.data[0] = 9;
  assert.equal(why(part, mask, [pair]), "handle_unselected");
  mask.data[55] = 1;
  assert.equal(why(part, mask, [pair]), null);
  assert.equal(why(null, null, [pair, { handle: [11, 0], target: [1, 1] }]), "handle_outside");
  assert.equal(why(null, null, [{ handle: [1, 1], target: [-2, 1] }]), "target_outside");
  assert.equal(why(null, null, [{ handle: [1, 1], target: [1, 1] }]), "no_way");
  assert.match(words.refusal({ why: "no_way", index: 1 }), /pair 2/);
});

test("an address is a host, a port or both", () => {
  assert.deepEqual(placeOf(""), { host: "127.0.0.1", port: 28471 });
  assert.deepEqual(placeOf("localhost"), { host: "localhost", port: 28471 });
  assert.deepEqual(placeOf(" ws://127.0.0.1:28472/v1/ws "), { host: "127.0.0.1", port: 28472 });
  assert.deepEqual(placeOf("28473"), { host: "127.0.0.1", port: 28473 });
  for (const wrong of ["a b", "127.0.0.1:0", "127.0.0.1:70000", "host:port"]) assert.throws(() => placeOf(wrong), /no address/);
  assert.equal(socketUrl(placeOf("")), "ws://127.0.0.1:28471/v1/ws");
});

test("settings survive whatever was kept", () => {
  for (const text of [null, "", "{", "[]", '{"seed":-1,"prompt":7,"params":{"quality":3},"isSeedLocked":"no"}']) {
    assert.deepEqual(readSettings(text), DEFAULTS);
  }
  assert.equal(readSettings('{"seed":7}').seed, 7);
  for (const text of [null, "{", '{"session":"s","last_seq":1,"jobs":[3,{"id":"x","document":1,"of":"a","layer":1}],"works":7}']) {
    assert.deepEqual(readLeft(() => "a", text).jobs, []);
  }
});

test("a layer is named after what made it", () => {
  const titles = { drag: "Drag", quality: "Quality", instant: "Instant" };
  assert.equal(layerName({ tool: "drag", speed: "quality", seed: 7 }, titles), "Drag (Quality, seed 7)");
  assert.equal(layerName({ tool: "drag", speed: "instant", seed: 7 }, titles), "Drag (Instant)");
  assert.deepEqual([nextSeed(4), nextSeed(Number.MAX_SAFE_INTEGER)], [5, 0]);
});

test("the history keeps the newest thirty and lets the oldest pixels go first", () => {
  const history = new History();
  const big = { rect: new Rect(0, 0, 1, 1), picture: { bytes: { length: 100 * 1024 * 1024 } } };
  for (let at = 0; at < 40; at++) history.add({ id: String(at) }, [big]);

  assert.equal(history.entries.length, 30);
  assert.equal(history.entries[0].id, "39");
  assert.deepEqual([history.result("39").length, history.result("38").length, history.result("37").length], [1, 1, 0]);
  history.delete("39");
  assert.equal(history.get("39"), null);
});

// The stage

test("a place of the stage is a place of the document and back, at every zoom", () => {
  const view = new Viewport();
  view.resize(200, 100);
  view.show(new Rect(50, 40, 400, 100));
  assert.deepEqual(view.place(view.region), { left: 0, top: 25, width: 200, height: 50 });
  const at = view.toDocument([30, 50]);
  view.zoomBy(3, [30, 50]);
  view.pan(-5, 0);
  const [x, y] = view.toView(at);

  assert.ok(Math.abs(x - 25) < 1e-9, String(x));
  assert.ok(Math.abs(y - 50) < 1e-9, String(y));
  view.pan(1e6, 1e6);
  assert.ok(view.toDocument([0, 50])[0] >= 49.5 - 1e-9);
  view.fit();
  assert.equal(view.zoom, 1);
});

test("an arrow ends at its target, and its number is behind the handle", () => {
  const outline = arrow([0, 0], [50, 0]);
  assert.deepEqual(outline[0], [50, 0]);
  assert.ok(outline.every(([x]) => x <= 50 && x >= 6));
  assert.deepEqual(arrow([0, 0], [5, 0]), []);
  assert.ok(badgePlace([0, 0], [50, 0])[0] < 0);
});

// Words

test("every code of the server has a sentence of its own", async () => {
  const fs = require("node:fs");
  const path = require("node:path");
  const { ROOT } = require("./paths.js");
  const source = fs.readFileSync(path.join(ROOT, "server/dragbrush/protocol/errors.py"), "utf8");
  const codes = [...source.matchAll(/^ {4}"(\w+)":/gm)].map(([, code]) => code);

  assert.ok(codes.length > 15);
  for (const code of codes) assert.ok(words.FAILURES[code], code);
});

test("a job is told in one line", () => {
  const job = { state: "running", progress: { phase: "drag", step: 3, of: 20, fraction: 0.3, left_s: 4 }, report: null };
  assert.equal(words.progress(job), "Dragging, step 3 of 20, about 4.0 s left");
  assert.equal(words.progress({ ...job, state: "sending", sent: 0.5 }), "Sending the picture, 50%");
  assert.equal(words.progress({ ...job, state: "done", report: { seconds: 12.3 } }), "Done in 12 s");
  assert.equal(words.status({ line: "connected", why: "", welcome: { model: { title: "M" }, device: "cpu" } }).text, "Connected: M on cpu.");
});
