/** The session against a real server that gives every picture back inverted. */
"use strict";

const assert = require("node:assert/strict");
const { after, before, test: nodeTest } = require("node:test");
const { isMutant, panel, testOf } = require("./paths.js");

const test = testOf(nodeTest);
const { serve } = require("../server.js");

const { Session } = panel("core/session.js");
const { Jobs } = panel("core/jobs.js");
const { Raster } = panel("core/pixels.js");
const { Rect } = panel("core/rect.js");
const { readLeft, writeLeft } = panel("core/left.js");
const { realClock } = panel("core/clock.js");
const { STILL } = panel("core/transform.js");
const pairing = panel("core/pairing.js");

const WAIT_MS = isMutant ? 3000 : 20000;
const CROP = new Rect(100, 50, 40, 30);
const INPUTS = { pairs: [{ handle: [110, 60], target: [120, 65] }], transform: null, inLayers: false, other: 0, tool: "drag", speed: "quality", prompt: "", seed: 1, params: {} };

const MOVED = { dx: 4, dy: -3, scale: 1.5, degrees: 20, mirror: true };

let server;
before(async () => {
  server = await serve();
});
after(() => server.stop());

/** A panel without a face. */
class Desk {
  constructor({ token = server.token, resume = null, port = server.port } = {}) {
    this.sockets = [];
    this.statuses = [];
    this.told = [];
    this.address = token ? { url: `ws://127.0.0.1:${port}/v1/ws`, token } : null;
    this.session = new Session(
      {
        find: () => this.address,
        open: (url, protocols) => {
          this.sockets.push(new WebSocket(url, protocols));
          return this.sockets.at(-1);
        },
        whyNot: (address) => pairing.whyNot(fetch, address),
        clock: realClock,
      },
      { name: "photoshop", version: "test" },
      (event) => {
        this.told.push(event);
        if (event.type === "status") this.statuses.push(event.why || event.line);
        this.jobs.hear(event);
      },
      resume,
    );
    let count = 0;
    this.jobs = new Jobs(this.session, () => `job-${process.pid}-${Math.random().toString(36).slice(2)}-${++count}`);
    this.running = this.session.run();
  }

  async end() {
    this.session.stop();
    await this.running;
  }
}

async function until(holds, what = holds.toString()) {
  const end = Date.now() + WAIT_MS;
  while (!holds()) {
    assert.ok(Date.now() < end, `waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function withDesk(options, work) {
  const desk = new Desk(options);
  try {
    await work(desk);
  } finally {
    await desk.end();
  }
}

function picture(depth = "u8", { width, height } = CROP, seed = 0) {
  const data = depth === "u16" ? new Uint16Array(width * height * 4) : new Uint8Array(width * height * 4);
  for (let at = 0; at < data.length; at++) data[at] = at % 4 === 3 ? (depth === "u16" ? 65535 : 255) : (at * 7919 + seed) % 251;
  return new Raster(width, height, "rgba", depth, data);
}

function source(image = picture(), crop = CROP) {
  return { document: 1, layer: 2, whole: new Rect(0, 0, 1000, 1000), crop, image, mask: null, cut: null, piece: null, reference: null, otherMask: null };
}

/** What a hand shows that pulls to a place. */
function pulledTo(target) {
  return { pairs: [{ handle: [110, 60], target }], transform: null };
}

for (const depth of ["u8", "u16"]) {
  test(`an edit of ${depth} pixels comes back to the place that it was taken from`, () =>
    withDesk({}, async (desk) => {
      const image = picture(depth);

      const job = desk.jobs.run(source(image), INPUTS, "Drag", 64);
      await until(() => job.isOver);

      assert.equal(job.state, "done");
      const { rect, picture: result } = job.result[0];
      assert.ok(CROP.holds(rect));
      const sent = image.part(new Rect(rect.left - CROP.left, rect.top - CROP.top, rect.width, rect.height));
      const most = depth === "u16" ? 65535 : 255;
      assert.deepEqual([...result.data], [...sent.data].map((value) => most - value));
      assert.equal(job.fraction, 1);
      assert.equal(job.report.seed, 1);
    }));
}

test("a picture of several chunks is sent whole and once", () =>
  withDesk({}, async (desk) => {
    const crop = new Rect(0, 0, 700, 500);
    const image = picture("u8", crop, 3);

    const first = desk.jobs.run(source(image, crop), INPUTS, "", 0);
    await until(() => first.isOver);
    const again = desk.jobs.run(source(picture("u8", crop, 3), crop), { ...INPUTS, seed: 2 }, "", 0);
    await until(() => again.isOver);

    assert.equal(again.state, "done");
    assert.deepEqual([first.sent, again.sent], [1, 1]);
    const shares = desk.told.filter(({ type, job }) => type === "sent" && job === again.id).map(({ fraction }) => fraction);
    assert.deepEqual(shares, [1], "the second time nothing had to go up");
  }));

test("a live job answers the newest pull with a preview of its number", () =>
  withDesk({}, async (desk) => {
    const job = desk.jobs.follow(source(), { ...INPUTS, speed: "instant" }, 64);
    for (let number = 1; number <= 20; number++) {
      desk.jobs.pull(job.id, pulledTo([110 + number / 2, 60]), number);
    }
    await until(() => job.preview?.number === 20);

    assert.ok(CROP.holds(job.preview.rect));
    assert.equal(job.preview.picture.channels, "rgba");
    assert.equal(desk.jobs.pull(job.id, pulledTo([500, 60]), 21), false);
    desk.jobs.cancel(job.id);
    await until(() => job.isOver);
    assert.equal(job.state, "cancelled");
  }));

test("a live job goes on after its socket was lost", () =>
  withDesk({}, async (desk) => {
    const job = desk.jobs.follow(source(), { ...INPUTS, speed: "instant" }, 64);
    desk.jobs.pull(job.id, INPUTS, 1);
    await until(() => job.preview?.number === 1);

    desk.sockets.at(-1).close();
    await until(() => desk.session.connection.line === 2);
    job.preview = null;
    desk.jobs.pull(job.id, INPUTS, 2);
    await until(() => job.preview?.number === 2);
  }));

test("an edit survives the loss of its socket", () =>
  withDesk({}, async (desk) => {
    const crop = new Rect(0, 0, 900, 700);
    const job = desk.jobs.run(source(picture("u8", crop, 9), crop), INPUTS, "", 64);
    await until(() => desk.session.connection.isUp);
    desk.sockets.at(-1).close();
    await until(() => job.isOver);

    assert.equal(job.state, "done");
    assert.equal(desk.sockets.length, 2);
  }));

test("a cancelled edit ends as cancelled, once", () =>
  withDesk({}, async (desk) => {
    const job = desk.jobs.run(source(), INPUTS, "", 64);
    desk.jobs.cancel(job.id);
    await until(() => job.isOver);

    assert.equal(job.state, "cancelled");
    assert.equal(desk.told.filter(({ type, job: id }) => id === job.id && ["ended", "finished"].includes(type)).length, 1);
  }));

test("a prepare is not made twice for the same", () =>
  withDesk({}, async (desk) => {
    const first = desk.jobs.prepare(source(), INPUTS);
    await until(() => first.isOver);
    const moved = { ...INPUTS, pairs: [{ handle: [111, 61], target: [115, 70] }] };

    assert.equal(first.state, "done");
    assert.equal(desk.jobs.prepare(source(), moved), null);
    assert.notEqual(desk.jobs.prepare(source(), { ...INPUTS, prompt: "a ball" }), null);
  }));

test("a later life of the panel finds the result of an earlier one", async () => {
  const earlier = new Desk();
  const job = earlier.jobs.run(source(), INPUTS, "Drag (Quality, seed 1)", 64);
  await until(() => job.state !== "sending");
  const text = writeLeft(() => "a.psd", earlier.session.peer, earlier.jobs.left(), [
    { document: 1, layer: 2, pairs: INPUTS.pairs, moved: MOVED, pasted: STILL, other: 7 },
  ]);
  await earlier.end();

  const left = readLeft(() => "a.psd", text);
  assert.deepEqual(left.works, [{ document: 1, layer: 2, pairs: INPUTS.pairs, moved: MOVED, pasted: STILL, other: 7 }]);
  assert.deepEqual(readLeft(() => "another.psd", text).jobs, []);
  assert.deepEqual(readLeft(() => "", text).works, []);
  await withDesk({ resume: left.resume }, async (desk) => {
    for (const each of left.jobs) desk.jobs.adopt(each);
    const found = desk.jobs.get(job.id);
    await until(() => found.isOver);

    assert.equal(found.state, "done");
    assert.equal(found.result.length, 1);
    assert.equal(found.name, "Drag (Quality, seed 1)");
    assert.ok(found.crop.equals(CROP));
  });
});

test("a code gives a token once, which opens a socket", async () => {
  const place = { host: "127.0.0.1", port: server.port };
  const code = await server.code();

  const token = await pairing.pair(fetch, place, ` ${code.slice(0, 3)} ${code.slice(3)} `);
  await assert.rejects(pairing.pair(fetch, place, code), /wrong or no longer valid/);
  await assert.rejects(pairing.pair(fetch, place, "12345"), /six digits/);
  await assert.rejects(pairing.pair(fetch, { host: "127.0.0.1", port: 9 }, "123456"), /No server answers/);

  await withDesk({ token }, (desk) => until(() => desk.session.connection.isUp));
});

test("a wrong token is refused for good, until there is another", () =>
  withDesk({ token: "wrong" }, async (desk) => {
    await until(() => desk.statuses.includes("token"));
    desk.address = { ...desk.address, token: server.token };
    await until(() => desk.session.connection.isUp);

    assert.equal(desk.sockets.length, 2);
  }));

test("without a token it waits to be paired, without a server for one to come", () =>
  withDesk({ token: "" }, async (desk) => {
    await until(() => desk.statuses.includes("unpaired"));
    desk.address = { url: "ws://127.0.0.1:9/v1/ws", token: "any" };
    await until(() => desk.statuses.includes("silent"));
    desk.address = { url: server.url, token: server.token };
    desk.session.connection.retry();
    await until(() => desk.session.connection.isUp);
  }));

test("a server that was killed and comes back goes on with the edit", async () => {
  const own = await serve();
  await withDesk({ token: own.token, port: own.port }, async (desk) => {
    await until(() => desk.session.connection.isUp);
    await own.stop("SIGKILL");
    const job = desk.jobs.run(source(), INPUTS, "", 0);
    const again = await serve({ folder: own.folder, port: own.port });
    try {
      await until(() => job.isOver);
      assert.equal(job.state, "done");
    } finally {
      await again.stop();
    }
  });
});
