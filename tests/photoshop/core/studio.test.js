/** All that the panel does, without its face: over a Photoshop in memory, with a real server that inverts pictures. */
"use strict";

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { panel } = require("./paths.js");
const { loadHost } = require("../fake_host/load.js");
const { serve } = require("../server.js");

const { Studio } = panel("core/studio.js");
const { realClock } = panel("core/clock.js");
const { Raster } = panel("core/pixels.js");
const words = panel("core/words.js");

const WIDTH = 120;
const HEIGHT = 90;
const WAIT_MS = 20000;

let server;
before(async () => {
  server = await serve();
});
after(() => server.stop());

function pattern(bits = 8) {
  const most = bits === 16 ? 65535 : 255;
  const data = new (bits === 16 ? Uint16Array : Uint8Array)(4 * WIDTH * HEIGHT);
  for (let at = 0; at < data.length; at++) data[at] = at % 4 === 3 ? most : (at * 2477) % (most + 1);
  return data;
}

function rectangle(left, top, right, bottom) {
  const selection = new Uint8Array(WIDTH * HEIGHT);
  for (let y = top; y < bottom; y++) selection.fill(255, y * WIDTH + left, y * WIDTH + right);
  return selection;
}

async function until(holds) {
  const end = Date.now() + WAIT_MS;
  while (!holds()) {
    assert.ok(Date.now() < end, `waited in vain: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

class Store extends Map {
  getItem(key) {
    return this.get(key) ?? null;
  }

  setItem(key, value) {
    this.set(key, value);
  }
}

/** A test with a studio that is paired and has a picture. */
function studied(name, options, work) {
  test(name, async () => {
    const { fake, host } = loadHost(options.habits);
    const bits = options.bits || 8;
    const layers = options.layers || [{ name: "Background", isBackground: true, width: WIDTH, height: HEIGHT, data: pattern(bits) }];
    const document = fake.add({ width: WIDTH, height: HEIGHT, bits, layers, selection: options.selection || null });
    const store = new Store();
    const make = () => {
      let count = 0;
      return new Studio({
        host, store, clock: realClock, fetch, open: (url, protocols) => new WebSocket(url, protocols),
        newId: () => `studio-${Math.random().toString(36).slice(2)}-${++count}`,
      });
    };
    const studio = make();
    // This server turns over alpha as well, which no engine does.
    const take = studio.jobs.take.bind(studio.jobs);
    studio.jobs.take = (id) => take(id).map(({ rect, picture }) => ({ rect, picture: opaque(picture) }));
    studio.set({ address: `127.0.0.1:${server.port}`, hasPrepare: false, speed: "quality", ...options.settings });
    await studio.start();
    await studio.pair(await server.code());
    await until(() => studio.status.line === "connected");
    try {
      await work({ fake, host, document, studio, make, store });
    } finally {
      studio.stop();
    }
    assert.deepEqual(fake.world.violations, []);
    assert.equal(fake.world.images.size, 0);
  });
}

function opaque({ width, height, channels, depth, data }) {
  const most = depth === "u16" ? 65535 : 255;
  return new Raster(width, height, channels, depth, data.map((value, at) => (at % 4 === 3 ? most : value)));
}

const place = (studio) => studio.points.replace([{ handle: [40, 40], target: [60, 42] }]);

async function ran(studio, document, count = 2) {
  await studio.run();
  await until(() => document.layers.length === count && studio.running === null);
}

for (const [name, bits, settings] of [
  ["8 bits", 8, {}],
  ["16 bits", 16, {}],
  ["8 bits and a layer mask", 8, { hasMask: true }],
  ["an inverted selection", 8, { isMaskInverted: true }],
]) {
  studied(`with ${name}, only what may change does`, { bits, settings, selection: rectangle(30, 30, 70, 60) }, async ({ fake, document, studio }) => {
    const before_ = fake.composite(document);
    if (settings.isMaskInverted) studio.points.replace([{ handle: [10, 10], target: [20, 12] }]);
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
    assert.equal(studio.history.entries.length, 1);
    assert.equal(studio.shown, studio.history.entries[0].id);
  });
}

studied("a layer that is deleted during the run keeps its result in the history", {
  layers: [{ name: "Ball", width: WIDTH, height: HEIGHT, data: pattern() }, { name: "Below", width: WIDTH, height: HEIGHT, data: pattern() }],
}, async ({ document, studio, fake }) => {
  place(studio);
  const running = studio.run();
  await until(() => studio.running !== null);
  await running;
  fake.userDoes("delete", () => document.layers.splice(0, 1));
  await until(() => studio.history.entries.length === 1);

  assert.equal(document.layers.length, 1);
  await until(() => studio.said === words.LAYERS.gone);
});

studied("a document that is closed during the run gets its result when it is there again", {}, async ({ document, studio, fake }) => {
  place(studio);
  await studio.run();
  fake.world.documents.pop();
  fake.world.active = 0;
  await until(() => studio.jobs.waiting(document.id).length === 1);
  await until(() => studio.said === words.LAYERS.closed);

  fake.world.documents.push(document);
  fake.world.active = document.id;
  await until(() => document.layers.length === 2);
  assert.equal(studio.history.entries.length, 1);
});

studied("another document in front gets nothing of it", {}, async ({ document, studio, fake }) => {
  place(studio);
  await studio.run();
  const other = fake.add({ title: "other.psd", width: WIDTH, height: HEIGHT, layers: [{ name: "A", width: WIDTH, height: HEIGHT, data: pattern() }] });
  await until(() => document.layers.length === 2);

  assert.equal(other.layers.length, 1);
  await until(() => studio.desk.document === other.id);
  assert.deepEqual(studio.points.pairs, []);
  assert.equal(studio.shown, null);
});

studied("a settled picture is prepared once", { settings: { hasPrepare: true }, selection: rectangle(30, 30, 70, 60) }, async ({ document, studio }) => {
  place(studio);
  studio.pointsChanged();
  await until(() => studio.jobs.of(document.id, "prepare").some((job) => job.state === "done"));
  studio.points.move(0, "target", [55, 45]);
  studio.pointsChanged();
  await new Promise((resolve) => setTimeout(resolve, 1300));

  assert.equal(studio.jobs.of(document.id, "prepare").length, 1);
});

studied("a pull is followed by a warp until it is taken away", { selection: rectangle(30, 30, 70, 60) }, async ({ studio }) => {
  studio.beginPull();
  const index = studio.points.add([40, 40]);
  for (let x = 41; x < 60; x++) studio.points.move(index, "target", [x, 41]);
  await until(() => studio.overlay !== null);
  studio.endPull(true);
  assert.ok(studio.region.holds(studio.overlay.rect) || studio.overlay.rect.holds(studio.region) || !studio.overlay.rect.isEmpty);

  await studio.run();
  await until(() => studio.running === null);
  assert.equal(studio.jobs.all.filter((job) => job.kind === "live" && !job.isOver).length, 0);
});

studied("seeds are counted unless they are locked", { settings: { isSeedLocked: false, seed: 7 } }, async ({ document, studio }) => {
  place(studio);
  await ran(studio, document);

  assert.equal(studio.settings.seed, 8);
  assert.match(document.layers[0].name, /seed 7/);
});

studied("what cannot be run is said", {}, async ({ studio }) => {
  await studio.run();
  assert.match(studio.said, /no point yet/);
  studio.points.replace([{ handle: [5, 5], target: [5, 5] }]);
  await studio.run();
  assert.match(studio.said, /same place/);
  await studio.takePaths();
  assert.equal(studio.said, words.NO_PATHS);
});

studied("what is visible is edited together", { settings: { origin: "visible" } }, async ({ document, studio }) => {
  place(studio);
  await ran(studio, document);

  assert.equal(studio.desk.layer, 0);
  assert.equal(document.layers.length, 2);
});

studied("the panel's next life has the points and settings of this one", {}, async ({ studio, make }) => {
  place(studio);
  studio.pointsChanged();
  studio.set({ prompt: "a ball" });
  const next = make();

  assert.deepEqual(next.points.pairs, studio.points.pairs);
  assert.equal(next.settings.prompt, "a ball");
  assert.equal(next.session.peer.session, studio.session.peer.session);
});

studied("a wrong address is said and changes nothing", {}, async ({ studio }) => {
  await studio.setAddress("no address at all");
  assert.equal(studio.said, words.BAD_ADDRESS);
  assert.equal(studio.status.line, "connected");
  await studio.unpair();
  await until(() => studio.status.line === "unpaired");
});
