/** A studio over a Photoshop in memory, paired with a real server that inverts pictures. */
"use strict";

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { panel } = require("./paths.js");
const { loadHost } = require("../fake_host/load.js");
const { serve } = require("../server.js");

const { Studio } = panel("core/studio.js");
const { realClock } = panel("core/clock.js");
const { Raster } = panel("core/pixels.js");

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
    studio.jobs.take = (id) => take(id).map((part) => ({ ...part, picture: opaque(part.picture) }));
    studio.choices.set({ address: `127.0.0.1:${server.port}`, hasPrepare: false, speed: "quality", ...options.settings });
    await studio.start();
    await studio.access.pair(await server.code());
    await until(() => studio.status.line === "connected");
    try {
      await work({ fake, host, document, studio, make, store });
    } finally {
      studio.stop();
    }
    assert.deepEqual(fake.world.violations, []);
    // The stage may just be read anew.
    await until(() => fake.world.images.size === 0);
  });
}

function opaque({ width, height, channels, depth, data }) {
  const most = depth === "u16" ? 65535 : 255;
  return new Raster(width, height, channels, depth, data.map((value, at) => (at % 4 === 3 ? most : value)));
}

module.exports = { WIDTH, HEIGHT, pattern, rectangle, until, studied };
