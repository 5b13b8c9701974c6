/** The host adapter over a Photoshop in memory. Every test ends with no violation and no picture kept. */
"use strict";

const assert = require("node:assert/strict");
const { test: nodeTest } = require("node:test");
const { panel, testOf } = require("./paths.js");

const test = testOf(nodeTest);
const { loadHost } = require("../fake_host/load.js");

const { Rect } = panel("core/rect.js");
const { Raster } = panel("core/pixels.js");
const { pairsOfPaths, pairsOfSamplers } = panel("core/native_points.js");
const words = panel("core/words.js");

const WIDTH = 40;
const HEIGHT = 30;
const MOST = { 8: 255, 16: 65535 };

function pattern(width, height, bits = 8, alpha = () => MOST[bits]) {
  const data = new (bits === 16 ? Uint16Array : Uint8Array)(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      for (let channel = 0; channel < 3; channel++) data[at + channel] = (x * 977 + y * 7919 + channel * 131) % (MOST[bits] + 1);
      data[at + 3] = alpha(x, y);
    }
  }
  return data;
}

function background(bits = 8) {
  return { name: "Background", isBackground: true, width: WIDTH, height: HEIGHT, data: pattern(WIDTH, HEIGHT, bits) };
}

function rectangle(left, top, right, bottom, value = 255) {
  const selection = new Uint8Array(WIDTH * HEIGHT);
  for (let y = top; y < bottom; y++) selection.fill(value, y * WIDTH + left, y * WIDTH + right);
  return selection;
}

function hosted(name, habits, work) {
  test(name, async () => {
    const { fake, host } = loadHost(habits);
    await work(fake, host);
    assert.deepEqual(fake.world.violations, []);
    assert.equal(fake.world.images.size, 0, "every picture was given back");
  });
}

/** What an edit would give: all colours turned over, where the mask lets it. */
function edited(image, mask) {
  const data = image.data.map((value, at) =>
    at % 4 === 3 || (mask && !mask.data[Math.floor(at / 4)]) ? value : MOST[image.depth === "u16" ? 16 : 8] - value,
  );
  return new Raster(image.width, image.height, image.channels, image.depth, data);
}

async function applied(fake, host, options = {}) {
  const desk = host.look(options.origin || "layer");
  const crop = options.crop || new Rect(4, 2, 20, 16);
  const image = await host.readPixels(desk, crop);
  const mask = await host.readSelection(desk.document, crop, false);
  const result = edited(image, mask);
  const said = await host.write({
    document: desk.document, layer: desk.layer, name: "Drag (Quality, seed 1)",
    layers: [{ name: "Drag (Quality, seed 1)", parts: [{ rect: crop, picture: result }], mask, isAlone: false }],
    hasMask: Boolean(options.hasMask),
  });
  return { desk, crop, image, mask, result, said, document: fake.world.documents[0] };
}

for (const bits of [8, 16]) {
  for (const hasMask of [false, true]) {
    hosted(`a result of ${bits} bits lies above its layer, exact everywhere${hasMask ? ", with a layer mask" : ""}`, {}, async (fake, host) => {
      const selection = rectangle(8, 5, 18, 12);
      fake.add({ width: WIDTH, height: HEIGHT, bits, layers: [background(bits)], selection });
      const before = fake.composite(fake.world.documents[0]);

      const { document, crop, result, said } = await applied(fake, host, { hasMask });

      const expected = before.slice();
      for (let y = 0; y < crop.height; y++) {
        const from = 4 * y * crop.width;
        expected.set(result.data.subarray(from, from + 4 * crop.width), 4 * ((y + crop.top) * WIDTH + crop.left));
      }
      assert.deepEqual(fake.composite(document), expected);
      assert.notDeepEqual(expected, before);
      assert.deepEqual(document.layers.map(({ name }) => name), ["Drag (Quality, seed 1)", "Background"]);
      assert.equal(document.selection, selection);
      assert.deepEqual(document.layers.map(({ selected }) => selected), [false, true]);
      assert.deepEqual(document.history.map(({ name }) => name), ["Open", "Drag (Quality, seed 1)"]);
      assert.equal(said, "");
      fake.undo(document);
      assert.deepEqual(fake.composite(document), before);
    });
  }
}

hosted("colours that sRGB does not hold change nothing outside of the selection", {}, async (fake, host) => {
  fake.add({ width: WIDTH, height: HEIGHT, profile: "Adobe RGB (1998)", layers: [background()], selection: rectangle(8, 5, 18, 12) });
  const before = fake.composite(fake.world.documents[0]);

  const { document } = await applied(fake, host);

  const after = fake.composite(document);
  for (let at = 0; at < after.length; at++) {
    const [x, y] = [(at >> 2) % WIDTH, Math.floor((at >> 2) / WIDTH)];
    if (x < 8 || x >= 18 || y < 5 || y >= 12) assert.equal(after[at], before[at], `${x}, ${y}`);
  }
});

hosted("what can be seen through comes as a whole, with a word about it", {}, async (fake, host) => {
  const data = pattern(12, 10, 8, (x) => (x < 3 ? 0 : 200));
  fake.add({ width: WIDTH, height: HEIGHT, layers: [{ name: "Ball", left: 6, top: 4, width: 12, height: 10, data }, background()] });

  const { document, said } = await applied(fake, host, { crop: new Rect(0, 0, WIDTH, HEIGHT) });

  assert.equal(said, words.LAYERS.seen_through);
  const [layer, source] = document.layers;
  const [got, was] = [fake.spread(document, layer), fake.spread(document, source)];
  for (let at = 0; at < got.length; at++) {
    if (was[(at | 3)]) assert.equal(got[at], at % 4 === 3 ? was[at] : 255 - was[at]);
    else assert.equal(got[at | 3], 0);
  }
});

hosted("a layer that reaches past the picture is read where it is", {}, async (fake, host) => {
  fake.add({ width: WIDTH, height: HEIGHT, layers: [{ left: -5, top: -6, width: 20, height: 12, data: pattern(20, 12) }] });
  const desk = host.look("layer");

  const image = await host.readPixels(desk, new Rect(0, 0, WIDTH, HEIGHT));

  assert.ok(desk.content.equals(new Rect(0, 0, 15, 6)));
  assert.deepEqual(image.data, fake.spread(fake.world.documents[0], fake.world.documents[0].layers[0]));
  assert.ok((await host.readPixels(desk, new Rect(20, 20, 5, 5))).data.every((value) => value === 0));
});

hosted("sixteen bits come at their full range", {}, async (fake, host) => {
  fake.add({ width: WIDTH, height: HEIGHT, bits: 16, layers: [background(16)] });

  const image = await host.readPixels(host.look("layer"), new Rect(0, 0, WIDTH, HEIGHT));

  assert.deepEqual(image.data, pattern(WIDTH, HEIGHT, 16));
});

for (const trimsSelection of [false, true]) {
  hosted(`a selection is read with its feather, ${trimsSelection ? "trimmed" : "whole"}, and turned over`, { trimsSelection }, async (fake, host) => {
    const selection = rectangle(8, 5, 18, 12, 100);
    fake.add({ width: WIDTH, height: HEIGHT, layers: [background()], selection });
    const desk = host.look("layer");
    const crop = new Rect(2, 1, 30, 25);

    const mask = await host.readSelection(desk.document, crop, false);
    const other = await host.readSelection(desk.document, crop, true);

    assert.ok(desk.selection.equals(new Rect(8, 5, 10, 7)));
    for (let y = 0; y < crop.height; y++) {
      for (let x = 0; x < crop.width; x++) {
        const expected = selection[(y + crop.top) * WIDTH + x + crop.left];
        assert.equal(mask.data[y * crop.width + x], expected);
        assert.equal(other.data[y * crop.width + x], 255 - expected);
      }
    }
    assert.ok((await host.changeableBox(desk, true)).equals(new Rect(0, 0, WIDTH, HEIGHT)));
    assert.ok((await host.readSelection(desk.document, new Rect(0, 0, 3, 3), false)).data.every((value) => value === 0));
  });
}

hosted("no selection means all may change", {}, async (fake, host) => {
  fake.add({ width: WIDTH, height: HEIGHT, layers: [background()] });
  const desk = host.look("layer");

  assert.equal(desk.selection, null);
  assert.equal(await host.readSelection(desk.document, new Rect(0, 0, 5, 5), false), null);
});

hosted("reads that need a modal scope are made in one", { readsNeedScope: true }, async (fake, host) => {
  fake.add({ width: WIDTH, height: HEIGHT, layers: [background()], selection: rectangle(1, 1, 9, 9) });
  const desk = host.look("layer");
  const whole = new Rect(0, 0, WIDTH, HEIGHT);

  const [image, mask] = await Promise.all([host.readPixels(desk, whole), host.readSelection(desk.document, whole, false)]);

  assert.deepEqual(image.data, pattern(WIDTH, HEIGHT));
  assert.ok(mask.data.some(Boolean));
  assert.equal(fake.world.scopes.length, 2);
});

for (const pathsInPoints of [false, true]) {
  for (const resolution of [72, 300]) {
    hosted(`an open path is a pair in px at ${resolution} ppi${pathsInPoints ? ", from points" : ""}`, { pathsInPoints }, async (fake, host) => {
      const selection = rectangle(8, 5, 18, 12);
      const document = fake.add({ width: WIDTH, height: HEIGHT, resolution, layers: [background()], selection });
      document.paths.push({ id: 1, name: "Arbeitspfad", subpaths: [{ closed: false, anchors: [[10.5, 20.5], [30.5, 12.5]] }] });

      for (let time = 0; time < 2; time++) {
        const { subpaths, factor } = await host.readPaths(document.id);
        const [pair] = pairsOfPaths(subpaths, factor);
        for (const [end, place] of [["handle", [10, 20]], ["target", [30, 12]]]) {
          pair[end].forEach((value, axis) => assert.ok(Math.abs(value - place[axis]) < 1e-6, `${pair[end]}`));
        }
      }
      assert.deepEqual(document.paths.map(({ name }) => name), ["Arbeitspfad"]);
      assert.deepEqual(document.selection, selection);
      assert.equal(document.history.length, 1);
    });
  }
}

hosted("samplers are read as they are numbered", {}, async (fake, host) => {
  const document = fake.add({ width: WIDTH, height: HEIGHT, layers: [background()] });
  document.samplers.push([3.5, 4.5], [9.5, 4.5]);

  assert.deepEqual(pairsOfSamplers(host.readSamplers(document.id)), [{ handle: [3, 4], target: [9, 4] }]);
});

hosted("what cannot be edited is said in words", {}, async (fake, host) => {
  const problem = (origin = "layer") => host.look(origin).problem;
  assert.equal(problem(), "no_document");
  const document = fake.add({ width: WIDTH, height: HEIGHT, layers: [{ kind: "text" }, { name: "empty", width: 2, height: 2 }, background()] });
  assert.equal(problem(), "not_pixels");
  assert.equal(problem("visible"), "");
  document.layers[0].selected = false;
  assert.equal(problem(), "no_layer");
  document.layers[1].selected = true;
  assert.equal(problem(), "empty");
  document.layers[2].selected = true;
  assert.equal(problem(), "several");
  document.layers[1].selected = false;
  document.layers[2].visible = false;
  assert.equal(problem(), "hidden");
  document.mode = "CMYKColorMode";
  assert.equal(problem(), "mode");
  Object.assign(document, { mode: "RGBColorMode", bits: 32 });
  assert.equal(problem(), "float");
});

hosted("a document or layer that is gone keeps its result", {}, async (fake, host) => {
  const document = fake.add({ width: WIDTH, height: HEIGHT, layers: [background()] });
  const desk = host.look("layer");
  const picture = await host.readPixels(desk, new Rect(0, 0, 4, 4));
  const written = (rect) => ({
    document: desk.document, layer: desk.layer, name: "x", layers: [{ name: "x", parts: [{ rect, picture }], mask: null, isAlone: false }],
    hasMask: false,
  });
  const inside = new Rect(0, 0, 4, 4);

  await assert.rejects(host.write({ ...written(inside), layer: 7 }), { message: words.LAYERS.gone });
  await assert.rejects(host.write(written(new Rect(38, 0, 4, 4))), { message: words.LAYERS.smaller });
  fake.world.documents.pop();
  await assert.rejects(host.write(written(inside)), { message: words.LAYERS.closed });
  assert.equal(document.history.length, 1);
});

hosted("another plugin's scope is waited for", {}, async (fake, host) => {
  fake.add({ width: WIDTH, height: HEIGHT, layers: [background()] });
  fake.world.otherPlugin = true;
  setTimeout(() => (fake.world.otherPlugin = false), 400);

  const { document } = await applied(fake, host);

  assert.equal(document.layers.length, 2);
});

hosted("a layer in a group gets its result beside it, a composite on top", {}, async (fake, host) => {
  const document = fake.add({ width: WIDTH, height: HEIGHT, layers: [{ name: "Group", kind: "group", layers: [{ name: "In", width: WIDTH, height: HEIGHT, data: pattern(WIDTH, HEIGHT) }] }, background()] });
  document.layers[0].selected = false;
  document.layers[0].layers[0].selected = true;

  await applied(fake, host);
  await applied(fake, host, { origin: "visible" });

  assert.deepEqual(document.layers.map(({ name }) => name), ["Drag (Quality, seed 1)", "Group", "Background"]);
  assert.deepEqual(document.layers[1].layers.map(({ name }) => name), ["Drag (Quality, seed 1)", "In"]);
});

hosted("a newer result lies above an earlier one of the same layer", {}, async (fake, host) => {
  const document = fake.add({ width: WIDTH, height: HEIGHT, layers: [{ name: "Mine", width: 2, height: 2 }, background()] });
  document.layers[0].selected = false;
  document.layers[1].selected = true;

  await applied(fake, host);
  const first = document.layers[1].id;
  await applied(fake, host);

  assert.deepEqual(document.layers.map(({ name }) => name), ["Mine", "Drag (Quality, seed 1)", "Drag (Quality, seed 1)", "Background"]);
  assert.equal(document.layers[2].id, first);
});

hosted("a write that fails leaves nothing behind", {}, async (fake, host) => {
  const document = fake.add({ width: WIDTH, height: HEIGHT, layers: [background()] });
  fake.module.imaging.putPixels = async () => {
    throw new Error("the disk is full");
  };

  await assert.rejects(applied(fake, host), { message: words.LAYERS.failed });

  assert.equal(document.layers.length, 1);
  assert.equal(document.history.length, 1);
});

hosted("a preview is the part in small", {}, async (fake, host) => {
  fake.add({ width: WIDTH, height: HEIGHT, layers: [{ left: 10, top: 10, width: 8, height: 8, data: pattern(8, 8, 8, () => 255) }] });
  const desk = host.look("layer");

  const whole = await host.readPreview(desk, new Rect(0, 0, WIDTH, HEIGHT), 40);
  const small = await host.readPreview(desk, new Rect(0, 0, WIDTH, HEIGHT), 10);

  assert.deepEqual([whole.width, whole.height, small.width, small.height], [40, 30, 10, 8]);
  assert.equal(whole.data[4 * (10 * 40 + 10) + 3], 255);
  assert.equal(whole.data[4 * (9 * 40 + 10) + 3], 0);
  assert.ok(small.data[4 * (3 * 10 + 3) + 3] > 200);
  assert.equal(small.data[3], 0);
});

hosted("the person's changes are heard until nobody listens", {}, async (fake, host) => {
  fake.add({ width: WIDTH, height: HEIGHT, layers: [background()] });
  let heard = 0;
  const stop = host.listen(() => (heard += 1));
  fake.userDoes("select", () => {});
  stop();
  const before = heard;
  fake.userDoes("select", () => {});

  assert.ok(before > 0);
  assert.equal(heard, before);
});

hosted("a token is kept as bytes and forgotten", {}, async (fake, host) => {
  assert.equal(await host.readToken(), "");
  await host.keepToken("abc-DEF_123");
  assert.equal(await host.readToken(), "abc-DEF_123");
  await host.keepToken("");
  assert.equal(await host.readToken(), "");
});

for (const bits of [8, 16]) {
  hosted(`two layers of ${bits} bits come in one step, the object with its alpha above the background`, {}, async (fake, host) => {
    const document = fake.add({ width: WIDTH, height: HEIGHT, bits, layers: [{ name: "Mine", width: 2, height: 2 }, background(bits)] });
    document.layers[0].selected = false;
    document.layers[1].selected = true;
    const desk = host.look("layer");
    const rect = new Rect(4, 2, 20, 16);
    const behind = edited(await host.readPixels(desk, rect), null);
    const soft = new Raster(6, 5, "rgba", bits === 16 ? "u16" : "u8", pattern(6, 5, bits, (x) => 50 * x));
    const before = fake.composite(document);

    await host.write({
      document: desk.document, layer: desk.layer, name: "Move (Instant)", hasMask: false,
      layers: [
        { name: "background", parts: [{ rect, picture: behind }], mask: null, isAlone: false },
        { name: "object", parts: [{ rect: new Rect(30, 20, 6, 5), picture: soft }], mask: null, isAlone: true },
      ],
    });

    assert.deepEqual(document.layers.map(({ name }) => name), ["Mine", "object", "background", "Background"]);
    assert.deepEqual(document.layers.map(({ selected }) => selected), [false, false, false, true]);
    assert.deepEqual(document.history.map(({ name }) => name), ["Open", "Move (Instant)"]);
    const [, object, below] = document.layers.map((layer) => fake.spread(document, layer));
    for (let y = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH; x++) {
        const at = 4 * (y * WIDTH + x);
        const isObject = x >= 30 && x < 36 && y >= 20 && y < 25;
        const wanted = isObject ? [...soft.data.subarray(4 * ((y - 20) * 6 + x - 30), 4 * ((y - 20) * 6 + x - 30) + 4)] : [0, 0, 0, 0];
        assert.deepEqual([...object.subarray(at, at + 4)], wanted);
        const isBehind = x >= 4 && x < 24 && y >= 2 && y < 18;
        assert.equal(below[at + 3], isBehind ? MOST[bits] : 0);
        if (isBehind) assert.equal(below[at], MOST[bits] - before[at]);
      }
    }
    fake.undo(document);
    assert.deepEqual(fake.composite(document), before);
  });
}

hosted("without a selection, what an edit left as it was is not written", {}, async (fake, host) => {
  const document = fake.add({ width: WIDTH, height: HEIGHT, profile: "Adobe RGB (1998)", layers: [background()] });
  const desk = host.look("layer");
  const rect = new Rect(4, 2, 20, 16);
  const image = await host.readPixels(desk, rect);
  const isChanged = (at) => (at % 20) >= 8 && (at % 20) < 14 && at >= 100 && at < 200;
  const picture = new Raster(20, 16, "rgba", "u8", image.data.map((value, at) => (at % 4 !== 3 && isChanged(at >> 2) ? 255 - value : value)));
  const before = fake.composite(document);

  await host.write({ document: desk.document, layer: desk.layer, name: "x", hasMask: false, layers: [{ name: "x", parts: [{ rect, picture }], mask: null, isAlone: false }] });

  const after = fake.composite(document);
  for (let at = 0; at < WIDTH * HEIGHT; at++) {
    const [x, y] = [(at % WIDTH) - 4, Math.floor(at / WIDTH) - 2];
    const isInside = x >= 8 && x < 14 && y >= 5 && y < 10;
    if (!isInside) assert.deepEqual([...after.subarray(4 * at, 4 * at + 4)], [...before.subarray(4 * at, 4 * at + 4)], `${x}, ${y}`);
  }
  assert.notDeepEqual(after, before);
});

hosted("layers to take from are those with pixels, in groups as well, and where they have them", {}, async (fake, host) => {
  const ball = { name: "Ball", left: -4, top: 6, width: 12, height: 10, data: pattern(12, 10) };
  const document = fake.add({ width: WIDTH, height: HEIGHT, layers: [{ kind: "text", name: "Text" }, { name: "Group", kind: "group", layers: [ball] }, { name: "empty", width: 2, height: 2 }, background()] });

  const layers = host.layersOf(document.id);

  assert.deepEqual(layers.map(({ name }) => name), ["Ball", "empty", "Background"]);
  assert.ok(host.contentOf(document.id, layers[0].id).equals(new Rect(0, 6, 8, 10)));
  assert.ok(host.contentOf(document.id, layers[1].id).isEmpty);
  assert.equal(host.contentOf(document.id, 7), null);
  assert.deepEqual(host.layersOf(7), []);
});
