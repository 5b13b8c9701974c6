/** All that the panel does, without its face: over a Photoshop in memory, with a real server that inverts pictures. */
"use strict";

const assert = require("node:assert/strict");
const { panel } = require("./paths.js");
const { HEIGHT, WIDTH, pattern, rectangle, studied, until } = require("./studied.js");

const words = panel("core/words.js");

const place = (studio) => studio.hand.points.replace([{ handle: [40, 40], target: [60, 42] }]);

async function ran(studio, document, count = 2) {
  await studio.runs.run();
  await until(() => document.layers.length === count && studio.runs.running === null);
}

for (const [name, bits, settings] of [
  ["8 bits", 8, {}],
  ["16 bits", 16, {}],
  ["8 bits and a layer mask", 8, { hasMask: true }],
  ["an inverted selection", 8, { isMaskInverted: true }],
]) {
  studied(`with ${name}, only what may change does`, { bits, settings, selection: rectangle(30, 30, 70, 60) }, async ({ fake, document, studio }) => {
    const before_ = fake.composite(document);
    if (settings.isMaskInverted) studio.hand.points.replace([{ handle: [10, 10], target: [20, 12] }]);
    else place(studio);
    await ran(studio, document);

    const after_ = fake.composite(document);
    const most = bits === 16 ? 65535 : 255;
    let changed = 0;
    for (let at = 0; at < after_.length; at++) {
      const isSelected = Boolean(document.selection[at >> 2]) !== Boolean(settings.isMaskInverted);
      if (!isSelected || at % 4 === 3) assert.equal(after_[at], before_[at]);
      else if (after_[at] === most - before_[at]) changed += 1;
    }
    assert.ok(changed > 500, String(changed));
    assert.equal(Boolean(document.layers[0].mask), Boolean(settings.hasMask));
    assert.equal(studio.front.history.entries.length, 1);
    assert.equal(studio.shown, studio.front.history.entries[0].id);
  });
}

studied("a layer that is deleted during the run keeps its result in the history", {
  layers: [{ name: "Ball", width: WIDTH, height: HEIGHT, data: pattern() }, { name: "Below", width: WIDTH, height: HEIGHT, data: pattern() }],
}, async ({ document, studio, fake }) => {
  place(studio);
  const running = studio.runs.run();
  await until(() => studio.runs.running !== null);
  await running;
  fake.userDoes("delete", () => document.layers.splice(0, 1));
  await until(() => studio.front.history.entries.length === 1);

  assert.equal(document.layers.length, 1);
  await until(() => studio.talk.said === words.LAYERS.gone);
});

studied("a document that is closed during the run gets its result when it is there again", {}, async ({ document, studio, fake }) => {
  place(studio);
  await studio.runs.run();
  fake.world.documents.pop();
  fake.world.active = 0;
  await until(() => studio.jobs.waiting(document.id).length === 1);
  await until(() => studio.talk.said === words.LAYERS.closed);

  fake.world.documents.push(document);
  fake.world.active = document.id;
  await until(() => document.layers.length === 2);
  assert.equal(studio.front.history.entries.length, 1);
});

studied("another document in front gets nothing of it", {}, async ({ document, studio, fake }) => {
  place(studio);
  await studio.runs.run();
  const other = fake.add({ title: "other.psd", width: WIDTH, height: HEIGHT, layers: [{ name: "A", width: WIDTH, height: HEIGHT, data: pattern() }] });
  await until(() => document.layers.length === 2);

  assert.equal(other.layers.length, 1);
  await until(() => studio.front.desk.document === other.id);
  assert.deepEqual(studio.hand.points.pairs, []);
  assert.equal(studio.shown, null);
});

studied("a settled picture is prepared once", { settings: { hasPrepare: true }, selection: rectangle(30, 30, 70, 60) }, async ({ document, studio }) => {
  place(studio);
  studio.hand.changed();
  await until(() => studio.jobs.of(document.id, "prepare").some((job) => job.state === "done"));
  studio.hand.points.move(0, "target", [55, 45]);
  studio.hand.changed();
  await new Promise((resolve) => setTimeout(resolve, 1300));

  assert.equal(studio.jobs.of(document.id, "prepare").length, 1);
});

studied("a pull is followed by a warp until it is taken away", { selection: rectangle(30, 30, 70, 60) }, async ({ studio }) => {
  studio.hand.begin();
  const index = studio.hand.points.add([40, 40]);
  for (let x = 41; x < 60; x++) studio.hand.points.move(index, "target", [x, 41]);
  await until(() => studio.overlay !== null);
  studio.hand.end(true);
  assert.ok(studio.front.region.holds(studio.overlay.rect) || studio.overlay.rect.holds(studio.front.region) || !studio.overlay.rect.isEmpty);

  await studio.runs.run();
  await until(() => studio.runs.running === null);
  assert.equal(studio.jobs.all.filter((job) => job.kind === "live" && !job.isOver).length, 0);
});

studied("seeds are counted unless they are locked", { settings: { isSeedLocked: false, seed: 7 } }, async ({ document, studio }) => {
  place(studio);
  await ran(studio, document);

  assert.equal(studio.choices.settings.seed, 8);
  assert.match(document.layers[0].name, /seed 7/);
});

studied("what cannot be run is said", {}, async ({ studio }) => {
  await studio.runs.run();
  assert.match(studio.talk.said, /no point yet/);
  studio.hand.points.replace([{ handle: [5, 5], target: [5, 5] }]);
  await studio.runs.run();
  assert.match(studio.talk.said, /same place/);
  await studio.hand.takePaths();
  assert.equal(studio.talk.said, words.NO_PATHS);
});

studied("what is visible is edited together", { settings: { origin: "visible" } }, async ({ document, studio }) => {
  place(studio);
  await ran(studio, document);

  assert.equal(studio.front.desk.layer, 0);
  assert.equal(document.layers.length, 2);
});

studied("the panel's next life has the points and settings of this one", {}, async ({ studio, make }) => {
  place(studio);
  studio.hand.changed();
  studio.choices.set({ prompt: "a ball" });
  const next = make();

  assert.deepEqual(next.hand.points.pairs, studio.hand.points.pairs);
  assert.equal(next.choices.settings.prompt, "a ball");
  assert.equal(next.session.peer.session, studio.session.peer.session);
});

studied("a wrong address is said and changes nothing", {}, async ({ studio }) => {
  await studio.access.setAddress("no address at all");
  assert.equal(studio.talk.said, words.BAD_ADDRESS);
  assert.equal(studio.status.line, "connected");
  await studio.access.unpair();
  await until(() => studio.status.line === "unpaired");
});
