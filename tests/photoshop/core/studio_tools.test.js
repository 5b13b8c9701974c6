/** Move, appearance and paste without a face: what is sent, what becomes of it, and what is said. */
"use strict";

const assert = require("node:assert/strict");
const { panel } = require("./paths.js");
const { HEIGHT, WIDTH, pattern, rectangle, studied, until } = require("./studied.js");

const words = panel("core/words.js");
const { STILL } = panel("core/transform.js");

const OBJECT = rectangle(30, 30, 50, 42);
const MOST = 255;

function background() {
  return { name: "Background", isBackground: true, width: WIDTH, height: HEIGHT, data: pattern() };
}

/** An object of 16 x 12 px on a layer of its own. */
function thing(name = "Thing") {
  const data = new Uint8Array(4 * 16 * 12).map((_, at) => (at % 4 === 3 ? 255 : (at * 53) % 256));
  return { name, left: 60, top: 40, width: 16, height: 12, data };
}

/** The background in hand, the other layers above it. */
function above(...layers) {
  return [...layers, background()];
}

async function onBackground({ fake, document, studio }) {
  fake.userDoes("select", () => document.layers.forEach((layer, at) => (layer.selected = at === document.layers.length - 1)));
  await until(() => studio.front.desk.layerName === "Background" && studio.front.picture !== null);
}

async function ran(studio, document, count) {
  const before = document.layers.length;
  await studio.runs.run();
  assert.equal(studio.talk.said, "");
  await until(() => document.layers.length === before + count && studio.runs.running === null);
}

studied("a moved object gives one layer, in one step", { settings: { tool: "move", speed: "instant" }, selection: OBJECT }, async ({ fake, document, studio }) => {
  await until(() => studio.front.piece !== null);
  assert.ok(studio.front.region.width === WIDTH && studio.front.region.height === HEIGHT, "it may go anywhere");
  await studio.runs.run();
  assert.equal(studio.talk.said, words.refusal({ why: "not_placed", index: 0 }));
  studio.hand.begin();
  studio.hand.place({ dx: 12.3, dy: -5 });
  studio.hand.end(true);
  assert.deepEqual(studio.hand.placing.transform, { ...STILL, dx: 12, dy: -5 });
  const before = fake.composite(document);
  const steps = document.history.length;
  await ran(studio, document, 1);

  assert.equal(document.layers[0].name, "Move (Instant)");
  assert.equal(document.history.length, steps + 1);
  // The server here turns all over that it is sent, which is all of this small picture.
  assert.deepEqual([...fake.composite(document)], [...before].map((value, at) => (at % 4 === 3 ? value : MOST - value)));
  assert.equal(studio.front.history.entries[0].mask, null);
});

studied("in two layers the background lies under the object, in one step, and again from the history", { settings: { tool: "move", speed: "instant", hasTwoLayers: true }, selection: OBJECT }, async ({ fake, document, studio }) => {
  await until(() => studio.front.piece !== null);
  studio.hand.place({ dx: 9 });
  const source = fake.composite(document);
  const steps = document.history.length;
  await ran(studio, document, 2);

  assert.deepEqual(document.layers.map(({ name }) => name), ["Move (Instant), object", "Move (Instant), background", "Background"]);
  assert.equal(document.history.length, steps + 1);
  assert.deepEqual(document.layers.map(({ selected }) => selected), [false, false, true]);
  // The object is here the first row of the picture, the background the picture as it was: nothing of it differs.
  const row = fake.spread(document, document.layers[0]);
  assert.deepEqual([...row.subarray(0, 4 * WIDTH)], [...source.subarray(0, 4 * WIDTH)]);
  assert.ok(row.subarray(4 * WIDTH).every((value) => value === 0));
  fake.undo(document);
  assert.equal(document.layers.length, 1);

  studio.choices.set({ hasTwoLayers: false, tool: "drag" });
  studio.hand.points.replace([{ handle: [40, 40], target: [50, 40] }]);
  const [{ id }] = studio.front.history.entries;
  studio.restore(id);
  assert.equal(studio.choices.settings.tool, "move");
  assert.equal(studio.choices.settings.hasTwoLayers, true);
  assert.equal(studio.hand.placing.transform.dx, 9);
  await studio.apply(id);
  assert.deepEqual(document.layers.length, 3);
});

studied("a moved object is followed as soon as the hand goes", { settings: { tool: "move" }, selection: OBJECT }, async ({ studio }) => {
  await until(() => studio.front.piece !== null);
  studio.hand.begin();
  for (let dx = 1; dx < 20; dx++) studio.hand.place({ dx });
  await until(() => studio.overlay !== null);
  studio.hand.place({ dx: 0 });
  assert.equal(studio.overlay, null, "where it was, nothing is to be seen of it");
  studio.hand.end(false);
  assert.ok(studio.hand.placing.isStill);
});

studied("a move is prepared once its object is placed", { settings: { tool: "move", speed: "quality", hasPrepare: true }, selection: OBJECT }, async ({ document, studio }) => {
  await until(() => studio.front.piece !== null);
  await new Promise((resolve) => setTimeout(resolve, 1200));
  assert.equal(studio.jobs.of(document.id, "prepare").length, 0);
  studio.hand.begin();
  studio.hand.place({ dx: 8 });
  studio.hand.end(true);
  await until(() => studio.jobs.of(document.id, "prepare").some((job) => job.state === "done"));
});

studied("another selection is another object, which is followed anew", { settings: { tool: "move" }, selection: OBJECT }, async ({ fake, document, studio }) => {
  const live = () => studio.jobs.all.find((job) => job.kind === "live");
  const pull = async (dx) => {
    studio.hand.begin();
    studio.hand.place({ dx });
    await until(() => studio.overlay !== null);
    studio.hand.end(true);
  };
  await until(() => studio.front.piece !== null);
  await pull(10);
  const first = live();
  await pull(12);
  assert.equal(live(), first);
  fake.userDoes("set", () => (document.selection = rectangle(60, 10, 80, 40)));
  await until(() => studio.overlay === null);
  await pull(14);
  assert.notEqual(live(), first);
  assert.equal(live().frame.piece.middle[0], 69.5);
});

studied("what is to be pasted is seen before a hand takes it", { settings: { tool: "paste" }, layers: above(thing()) }, async (given) => {
  const { studio } = given;
  await onBackground(given);
  await until(() => studio.overlay !== null);
  assert.ok(studio.hand.placing.isStill);
});

studied("without an object, or with all of the picture, a move says so", { settings: { tool: "move" } }, async ({ fake, document, studio }) => {
  studio.hand.place({ dx: 5 });
  await studio.runs.run();
  assert.equal(studio.talk.said, words.refusal({ why: "no_object", index: 0 }));
  fake.userDoes("set", () => (document.selection = new Uint8Array(WIDTH * HEIGHT).fill(255)));
  await studio.runs.run();
  assert.equal(studio.talk.said, words.refusal({ why: "all_selected", index: 0 }));
  fake.userDoes("set", () => (document.selection = OBJECT));
  studio.hand.place({ dx: 300 });
  await studio.runs.run();
  assert.equal(studio.talk.said, words.refusal({ why: "placed_outside", index: 0 }));
});

studied("a paste takes the object of another layer, from where it lies there", { settings: { tool: "paste", speed: "instant" }, layers: above(thing()) }, async (given) => {
  const { document, studio } = given;
  await onBackground(given);
  await until(() => studio.front.piece !== null);
  assert.deepEqual(studio.front.others.map(({ name }) => name), ["Thing", "Background"]);
  assert.equal(studio.front.work.other, document.layers[0].id);
  assert.deepEqual(studio.front.piece.middle, [67.5, 45.5]);
  studio.hand.place({ dx: 1000, dy: -1000 });
  assert.deepEqual(studio.hand.placing.transform, { ...STILL, dx: 51, dy: -45 }, "its middle stays in the picture");
  studio.hand.place({ dx: -20, dy: 3 });
  await ran(studio, document, 1);

  assert.deepEqual(document.layers.map(({ name }) => name), ["Thing", "Paste (Instant)", "Background"]);
  const { inputs } = studio.front.history.entries[0];
  assert.deepEqual([inputs.other, inputs.transform], [document.layers[0].id, { ...STILL, dx: -20, dy: 3 }]);
});

studied("what is selected on the other layer can be its object", { settings: { tool: "paste", speed: "instant" }, layers: above({ ...background(), name: "Photo", isBackground: false }) }, async (given) => {
  const { fake, document, studio } = given;
  await onBackground(given);
  await studio.runs.run();
  assert.equal(studio.talk.said, words.refusal({ why: "other_whole", index: 0 }));
  await studio.hand.useSelection();
  assert.equal(studio.talk.said, words.NO_SELECTION);
  fake.userDoes("set", () => (document.selection = OBJECT));
  await studio.hand.useSelection();
  await until(() => studio.front.piece !== null);
  assert.deepEqual(studio.front.piece.middle, [39.5, 35.5]);
  fake.userDoes("set", () => (document.selection = null));
  await until(() => studio.front.desk.selection === null);
  studio.hand.place({ dx: 7 });
  await ran(studio, document, 1);
  const [{ id }] = studio.front.history.entries;

  studio.hand.useAll();
  assert.ok(studio.hand.placing.isStill);
  studio.restore(id);
  assert.deepEqual(studio.hand.placing.transform, { ...STILL, dx: 7 });
  assert.ok(studio.front.work.otherMask.rect.width === 20);
});

studied("an object can come from the very layer that is edited, by a selection", { settings: { tool: "paste", speed: "instant" } }, async ({ fake, document, studio }) => {
  await until(() => studio.front.picture !== null);
  await studio.runs.run();
  assert.equal(studio.talk.said, words.refusal({ why: "no_other", index: 0 }));
  studio.hand.takeFrom(document.layers[0].id);
  fake.userDoes("set", () => (document.selection = OBJECT));
  await studio.hand.useSelection();
  studio.hand.place({ dx: 30 });
  await ran(studio, document, 1);
});

studied("an appearance takes the look of another layer's object for the selected one", { settings: { tool: "appearance", speed: "instant" }, layers: above(thing()), selection: OBJECT }, async (given) => {
  const { fake, document, studio } = given;
  await onBackground(given);
  await ran(studio, document, 1);

  assert.equal(document.layers[1].name, "Swap appearance (Instant)");
  fake.userDoes("delete", () => document.layers.splice(0, 1));
  await studio.runs.run();
  assert.equal(studio.talk.said, words.refusal({ why: "other_gone", index: 0 }));
  fake.userDoes("set", () => (document.selection = null));
  await studio.runs.run();
  assert.equal(studio.talk.said, words.refusal({ why: "no_object", index: 0 }));
});

studied("each tool and layer keeps its own place, over the panel's end", { settings: { tool: "move" }, layers: above(thing()), selection: OBJECT }, async (given) => {
  const { studio, make } = given;
  await onBackground(given);
  studio.hand.place({ dx: 4, mirror: true });
  studio.choices.set({ tool: "paste" });
  await until(() => studio.front.work.other !== 0);
  assert.ok(studio.hand.placing.isStill);
  studio.hand.place({ scale: 2 });
  studio.hand.changed();
  const next = make();
  next.choices.welcome = studio.choices.welcome;

  assert.deepEqual(next.hand.placing.transform, { ...STILL, scale: 2 });
  assert.deepEqual(next.front.work.moved.transform, { ...STILL, dx: 4, mirror: true });
  assert.equal(next.front.work.other, studio.front.work.other);
});

studied("settings of one name are each tool's own", { settings: { tool: "move", speed: "quality" } }, async ({ studio }) => {
  const { choices } = studio;
  const [row] = choices.params.rows.filter(({ id }) => id === "n_inference_step");
  choices.setParam(row, "7");
  choices.set({ tool: "drag" });
  assert.deepEqual(choices.params.values, {});
  choices.set({ tool: "move" });
  assert.deepEqual(choices.params.values, { n_inference_step: 7 });
});
