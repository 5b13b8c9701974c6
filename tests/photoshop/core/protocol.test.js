/** Messages, frames and conversations: the vectors that bind every client and the server. */
"use strict";

const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { test: nodeTest } = require("node:test");
const { ROOT, panel, vectors, testOf } = require("./paths.js");

const test = testOf(nodeTest);

const { decode, encode, byteCount, TYPES } = panel("core/messages.js");
const { packFrame, parseFrame, chunks } = panel("core/frames.js");
const { byteLength } = panel("core/pixels.js");
const { Peer } = panel("core/peer.js");
const { Sha256, nameOf } = panel("core/sha256.js");
const { WireError } = panel("core/errors.js");
const limits = panel("core/limits.js");

/** Whether `found` has all that `expected` names. */
function fits(expected, found) {
  if (expected === null) return found === null || found === undefined;
  if (Array.isArray(expected)) {
    return Array.isArray(found) && expected.length === found.length && expected.every((each, at) => fits(each, found[at]));
  }
  if (typeof expected !== "object") return expected === found;
  return typeof found === "object" && found !== null && Object.keys(expected).every((name) => fits(expected[name], found[name]));
}

function refusalOf(work) {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof WireError, String(error));
    return error;
  }
  return null;
}

const messages = vectors("messages");

for (const vector of messages.filter(({ direction, valid }) => direction === "from_server" && valid)) {
  test(`a message from the server is read: ${vector.text.slice(0, 60)} (${vector.name})`, () => {
    assert.deepEqual(decode(vector.text), JSON.parse(vector.text));
  });
}

for (const vector of messages.filter(({ direction, valid }) => direction === "from_server" && !valid)) {
  test(`an unusable message is refused: ${vector.text.slice(0, 60)} (${vector.name})`, () => {
    if (vector.code === "unknown_type") {
      assert.equal(decode(vector.text), null);
      return;
    }
    const error = refusalOf(() => decode(vector.text));
    assert.equal(error?.code, vector.code);
    if (vector.path && error.path) assert.equal(error.path, vector.path);
  });
}

test("a request of every kind is written as the server reads it", () => {
  const requests = messages.filter(({ direction, valid }) => direction === "request" && valid);

  for (const { text } of requests) assert.deepEqual(JSON.parse(encode(JSON.parse(text))), JSON.parse(text));

  assert.ok(requests.length > 20);
});

test("what is undefined, no number or half a character is not written", () => {
  assert.equal(encode({ type: "list", id: "1", more: undefined }), '{"type":"list","id":"1"}');
  assert.throws(() => encode({ type: "update", id: "1", drags: [NaN] }), WireError);
  assert.equal(JSON.parse(encode({ id: "a\ud83d" })).id, "a\ufffd");
  assert.equal(JSON.parse(encode({ id: "\ude00b\ud83d\ude00" })).id, "\ufffdb\ud83d\ude00");
});

test("a text is measured as UTF-8 and refused over its limit", () => {
  for (const text of ["", "abc", "é", "€", "😀", "a€😀"]) assert.equal(byteCount(text), Buffer.byteLength(text));
  const said = '{"type": "ok", "re": "1"}';
  assert.equal(decode(said.padEnd(limits.MAX_TEXT_BYTES)).type, "ok");
  assert.equal(refusalOf(() => decode(said.padEnd(limits.MAX_TEXT_BYTES + 1))).code, "too_large");
});

for (const hostile of ["[".repeat(200000), '{"a":'.repeat(50000), "1".repeat(5000), '{"type":"__proto__"}']) {
  test(`hostile text is harmless: ${hostile.slice(0, 20)}`, () => {
    const error = refusalOf(() => assert.equal(decode(hostile), null));
    assert.ok(error === null || error.code === "bad_message");
  });
}

test("every type that the schema lets the server say is known, and every field that it must say is checked", () => {
  const schema = JSON.parse(fs.readFileSync(path.join(ROOT, "schema/dragbrush-v1.json"), "utf8")).$defs;
  const names = Object.entries(schema.FromServer.discriminator.mapping);

  assert.deepEqual(TYPES.slice().sort(), names.map(([name]) => name).sort());
  for (const [type, reference] of names) {
    const example = exampleOf(schema, { $ref: reference });
    assert.equal(decode(JSON.stringify(example)).type, type);
    for (const field of schema[reference.split("/").pop()].required) {
      const { [field]: _, ...rest } = example;
      if (field !== "type") assert.equal(refusalOf(() => decode(JSON.stringify(rest)))?.code, "bad_message", `${type} ${field}`);
    }
  }
});

function exampleOf(schema, rule) {
  if (rule.$ref) return exampleOf(schema, schema[rule.$ref.split("/").pop()]);
  if (rule.anyOf) return exampleOf(schema, rule.anyOf[0]);
  if (rule.enum) return rule.enum[0];
  if (rule.type === "object") {
    return Object.fromEntries(Object.entries(rule.properties || {}).map(([name, each]) => [name, exampleOf(schema, each)]));
  }
  if (rule.prefixItems) return rule.prefixItems.map((each) => exampleOf(schema, each));
  if (rule.type === "array") return [exampleOf(schema, rule.items)];
  if (rule.type === "string") return rule.pattern?.includes("64") ? "ab".repeat(32) : "a";
  if (rule.type === "boolean") return true;
  return rule.type === "null" ? null : 1;
}

test("numbers are those of the server", () => {
  const source = fs.readFileSync(path.join(ROOT, "server/dragbrush/protocol/limits.py"), "utf8");
  const compared = [];

  for (const [, name, said] of source.matchAll(/^(\w+): Final = (.+)$/gm)) {
    if (!(name in limits) || name === "MAX_SEED") continue;
    const factors = said.split("*").map((each) => Number(each.replace(/_/g, "")));
    assert.equal(limits[name], said.startsWith('"') ? JSON.parse(said) : factors.reduce((a, b) => a * b), name);
    compared.push(name);
  }
  assert.ok(compared.length >= 13, compared.join());
  const runtime = fs.readFileSync(path.join(ROOT, "server/dragbrush/net/runtime.py"), "utf8");
  assert.equal(limits.DEFAULT_PORT, Number(/^DEFAULT_PORT = (\d+)$/m.exec(runtime)[1]));
});

for (const vector of vectors("frames/frames.json")) {
  test(`frame: ${vector.name}`, () => {
    const data = Uint8Array.from(Buffer.from(vector.hex, "hex"));
    if (!vector.valid) {
      assert.equal(refusalOf(() => parseFrame(data))?.code, vector.code);
      return;
    }
    const frame = parseFrame(data);
    const { kind, blob, offset, is_last, payload } = vector.fields;
    assert.deepEqual(
      { ...frame, payload: Buffer.from(frame.payload).toString("hex") },
      { kind, blob, offset, isLast: is_last, payload },
    );
    assert.deepEqual(packFrame(frame), data);
  });
}

test("chunks follow each other and the last one says so", () => {
  for (const size of [0, 1, limits.CHUNK_BYTES, 2 * limits.CHUNK_BYTES + 1]) {
    const frames = chunks("blob", "ab".repeat(32), new Uint8Array(size), 3);
    let at = 3;
    for (const frame of frames) {
      assert.equal(frame.offset, at);
      at += frame.payload.length;
      assert.equal(frame.isLast, at === size + 3);
    }
    assert.equal(at, size + 3);
  }
});

for (const vector of vectors("pixels/pixels.json")) {
  test(`pixels: ${vector.name}`, () => {
    if ("bytes" in vector) assert.equal(byteLength(vector.pixels), vector.bytes);
    else assert.equal(refusalOf(() => byteLength(vector.pixels))?.code, vector.code);
  });
}

for (const { name, steps } of vectors("transcripts/client.json")) {
  test(`transcript: ${name}`, () => {
    const peer = new Peer({ name: "test", version: "1" });
    let sent = [];
    let heard = {};
    for (const [at, step] of steps.entries()) {
      if ("connect" in step) sent.push(JSON.parse(encode(peer.hello())));
      else if ("send" in step) assert.ok(fits(step.send, sent.shift()), `step ${at}`);
      else if ("receive" in step) heard = hear(peer, step.receive);
      else if ("event" in step || "refused" in step) assert.ok(fits(step, heard), `step ${at}: ${JSON.stringify(heard)}`);
      else if ("drop" in step) sent = [];
      else assert.fail(`step ${at} is unknown`);
    }
  });
}

function hear(peer, said) {
  try {
    return { event: peer.receive(typeof said === "string" ? said : JSON.stringify(said)) };
  } catch (error) {
    return { refused: error.code };
  }
}

test("SHA-256 is the one that everyone has, in whatever pieces it is fed", async () => {
  const data = crypto.randomBytes(3 * 1024 * 1024 + 17);
  const expected = (bytes) => crypto.createHash("sha256").update(bytes).digest("hex");

  for (const size of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000]) {
    const part = data.subarray(0, size);
    assert.equal(new Sha256().update(part).hex(), expected(part), `${size} bytes`);
    assert.equal(new Sha256().update(part.subarray(0, size / 3)).update(part.subarray(size / 3)).hex(), expected(part));
  }
  let pauses = 0;
  assert.equal(await nameOf(data, async () => void (pauses += 1)), expected(data));
  assert.equal(pauses, 3);
});
