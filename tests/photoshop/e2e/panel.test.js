/** A person's way through the panel: the shipped files, a real browser, a real server with the embedded model. */
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test: nodeTest } = require("node:test");
const { documentScene, fetchFor, launch, preparation, servePanel } = require("./stand.js");
const { python, serve, temporary } = require("../server.js");

const WIDTH = 288;
const HEIGHT = 192;
const SHOTS = process.env.DRAGBRUSH_SHOTS || "";
/** Enough to see every phase. */
const SHORT = { lora_step: "1", n_inference_step: "4", n_pix_step: "2" };
const WAIT_MS = 60000;
const ACT_MS = 20000;

let browser, panel, server, page, folder, scene;
let hasFailed = false;
/** What the command line is to write, and what the panel made. */
const compared = [];

before(async () => {
  folder = temporary("dragbrush-panel-");
  panel = await servePanel();
  python([path.join(__dirname, "panel_scene.py"), folder, String(WIDTH), String(HEIGHT)], folder);
  scene = JSON.parse(fs.readFileSync(path.join(folder, "scene.json"), "utf8"));
  [browser, server] = await Promise.all([
    launch(),
    serve({ folder: path.join(folder, "home"), options: ["--device", "cpu", "--allow-origin", panel.origin] }),
  ]);
});

after(async () => {
  await browser?.close();
  await panel?.close();
  await server?.stop();
});

/** One step of the way: after one that fails, the others say nothing. */
function test(name, work) {
  nodeTest(name, async (context) => {
    if (hasFailed) return context.skip("an earlier step failed");
    hasFailed = true;
    await work();
    hasFailed = false;
  });
}

const raw = (name) => fs.readFileSync(path.join(folder, name));

async function open({ width = 300, height = 900, ...options } = {}) {
  page = await browser.newPage({ viewport: { width, height } });
  page.setDefaultTimeout(ACT_MS);
  await page.exposeBinding("__fetch", fetchFor);
  const made = documentScene({ width: WIDTH, height: HEIGHT, pixels: raw("picture.rgba"), selection: raw("mask.gray") });
  await page.addInitScript(preparation({ ports: [server.port], scene: made, ...options }));
  await page.goto(panel.origin);
  await page.waitForFunction(() => globalThis.__isShown);
}

async function closePage() {
  await clean();
  await page.close();
}

async function clean() {
  const { violations, images, urls } = await page.evaluate(() => ({
    violations: __fake.world.violations, images: __fake.world.images.size, urls: __urls.size,
  }));
  assert.deepEqual(violations, []);
  assert.equal(images, 0, "pictures that were not given back");
  assert.ok(urls <= 3 + 30, `${urls} pictures are held`);
}

async function shot(name) {
  if (SHOTS) await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true });
}

const text = (id) => page.locator(`#${id}`).textContent();

async function says(id, expected) {
  await page.waitForFunction(
    ([where, source]) => new RegExp(source).test(document.getElementById(where).textContent),
    [id, expected.source],
    { timeout: WAIT_MS },
  );
}

async function type(id, value) {
  const field = page.locator(`#${id} input`);
  await field.fill(value);
  await field.press("Tab");
}

async function check(id, is) {
  if ((await page.locator(`#${id}`).evaluate((box) => box.checked)) !== is) await page.locator(`#${id}`).click();
}

async function pairUp() {
  await type("address", `127.0.0.1:${server.port}`);
  await type("code", await server.code());
  await page.locator("#pair").click();
  await says("status", /^Connected: /);
}

/** Where a place of the document is on the screen. */
async function placeOf([x, y]) {
  const stage = await page.locator("#stage").boundingBox();
  const shown = await page.locator("#stage-picture").boundingBox();
  const region = await regionShown();
  assert.ok(shown.width > 0 && stage.width > 0);
  return [
    shown.x + ((x + 0.5 - region.left) * shown.width) / region.width,
    shown.y + ((y + 0.5 - region.top) * shown.height) / region.height,
  ];
}

/** By the rule of the panel: the selection and about a third beside it. */
async function regionShown() {
  return page.evaluate(() => {
    const document = __fake.world.documents[0];
    const { selection, width, height } = document;
    if (!selection) return { left: 0, top: 0, width, height };
    let [left, top, right, bottom] = [width, height, 0, 0];
    selection.forEach((value, at) => {
      if (!value) return;
      left = Math.min(left, at % width);
      right = Math.max(right, (at % width) + 1);
      top = Math.min(top, Math.floor(at / width));
      bottom = Math.max(bottom, Math.floor(at / width) + 1);
    });
    const beside = Math.max(16, Math.round(0.35 * Math.max(right - left, bottom - top)));
    const box = [Math.max(0, left - beside), Math.max(0, top - beside), Math.min(width, right + beside), Math.min(height, bottom + beside)];
    return { left: box[0], top: box[1], width: box[2] - box[0], height: box[3] - box[1] };
  });
}

/** With a hand: pressed, moved in steps, and let go of unless it is to be held. */
async function pull(from, to, { isHeld = false } = {}) {
  const [startX, startY] = await placeOf(from);
  const [endX, endY] = await placeOf(to);
  await page.mouse.move(startX, startY);
  await page.mouse.down();
  await page.mouse.move(endX, endY, { steps: 8 });
  if (!isHeld) await page.mouse.up();
}

function pairsKept() {
  return page.evaluate(() => JSON.parse(localStorage.getItem("dragbrush.left")).points[0]?.pairs ?? []);
}

async function choose(speed) {
  const titles = await page.locator("#speed select option").allTextContents();
  const wanted = titles.find((title) => title.startsWith(speed));
  await page.locator("#speed select").selectOption({ label: wanted });
}

async function shorten(values = SHORT) {
  for (const [name, value] of Object.entries(values)) await type(`param-${name}`, value);
}

const layers = () => page.evaluate(() => __fake.world.documents[0].layers.map(({ name, selected }) => ({ name, selected })));

async function finished(count) {
  await page.waitForFunction((many) => __fake.world.documents[0].layers.length === many, count, { timeout: WAIT_MS });
}

/** The newest layer with all below it, as bytes. */
async function composite() {
  const encoded = await page.evaluate(() => {
    const data = __fake.composite(__fake.world.documents[0]);
    let signs = "";
    for (let at = 0; at < data.length; at += 8192) signs += String.fromCharCode(...data.subarray(at, at + 8192));
    return btoa(signs);
  });
  return Buffer.from(encoded, "base64");
}

test("it waits to be paired and says how", async () => {
  await open();
  assert.match(await text("status"), /dragbrush pair/);
  await check("prepare", false);
  await shot("1-unpaired");
  await type("address", "127.0.0.1:28471");
  await type("code", "12345");
  await page.locator("#pair").click();
  await says("said", /six digits/);
  await pairUp();
  assert.equal(await text("source-name"), "Background");
});

test("pulling on the picture shows the warp under the hand", async () => {
  const [handle, target] = scene.drags[0];
  await pull(handle, target, { isHeld: true });
  await page.locator("#stage-overlay:not(.hidden)").waitFor({ state: "attached" });
  await page.waitForFunction(() => document.getElementById("stage-overlay").naturalWidth > 0);
  await shot("2-pulling");
  await page.mouse.up();
  for (const [from, to] of scene.drags.slice(1, 3)) await pull(from, to);

  const pairs = await pairsKept();
  assert.equal(pairs.length, 3);
  for (const [at, { handle: from, target: to }] of pairs.entries()) {
    for (const [end, expected] of [[from, scene.drags[at][0]], [to, scene.drags[at][1]]]) {
      assert.ok(Math.hypot(end[0] - expected[0], end[1] - expected[1]) < 1.5, `${end} and ${expected}`);
    }
  }
  assert.deepEqual(await page.locator(".badge").allTextContents(), ["1", "2", "3"]);
});

test("points are undone, redone, deleted and moved", async () => {
  await page.locator("#undo").click();
  assert.equal((await pairsKept()).length, 2);
  await page.locator("#redo").click();
  const before = await pairsKept();
  assert.equal(before.length, 3);
  await pull(before[2].target, [before[2].target[0] - 6, before[2].target[1] - 6]);
  assert.notDeepEqual((await pairsKept())[2].target, before[2].target);
  await page.locator("#delete").click();
  assert.equal((await pairsKept()).length, 2);
  await page.locator("#undo").click();
  await page.locator("#undo").click();
  assert.deepEqual(await pairsKept(), before);
});

test("the picture is zoomed and moved, and a place stays a place", async () => {
  const width = async () => (await page.locator("#stage-picture").boundingBox()).width;
  const fitted = await width();
  await page.locator("#zoom-in").click();
  assert.ok((await width()) > 1.3 * fitted);
  await page.locator("#hand").click();
  const before = await page.locator("#stage-picture").boundingBox();
  const stage = await page.locator("#stage").boundingBox();
  await page.mouse.move(stage.x + 100, stage.y + 60);
  await page.mouse.down();
  await page.mouse.move(stage.x + 130, stage.y + 50, { steps: 3 });
  await page.mouse.up();
  assert.notEqual((await page.locator("#stage-picture").boundingBox()).x, before.x);
  await page.locator("#hand").click();
  await page.locator("#zoom-fit").click();
  assert.equal(await width(), fitted);
  assert.equal((await pairsKept()).length, 3);
});

test("it runs at every speed that the server publishes, and shows how far it is", async () => {
  const titles = await page.locator("#speed select option").allTextContents();
  const speeds = ["instant", "quality", "reference", "paper"];
  assert.deepEqual(titles.map((title) => title.split(" ")[0].toLowerCase()).sort(), speeds.slice().sort());
  await page.locator("#advanced-head").click();
  await page.evaluate(() => {
    globalThis.__seen = [];
    const bar = document.getElementById("bar");
    setInterval(() => __seen.push([document.getElementById("progress-text").textContent, bar.value, !document.getElementById("stage-overlay").classList.contains("hidden")]), 15);
  });

  for (const [at, speed] of speeds.entries()) {
    await choose(speed[0].toUpperCase() + speed.slice(1));
    if (speed !== "instant") await shorten();
    await page.evaluate(() => __seen.splice(0));
    await page.locator("#run").click();
    await finished(at + 2);
    await says("progress-text", /^Done in /);

    const seen = await page.evaluate(() => __seen);
    if (speed !== "instant") {
      assert.ok(seen.some(([line]) => /, step \d+ of \d+/.test(line)), JSON.stringify(seen.map(([line]) => line)));
      assert.ok(new Set(seen.map(([, value]) => value)).size > 3, "the bar moved");
      assert.ok(seen.some(([line, , isShown]) => isShown && !line.startsWith("Done")), "a preview was shown");
    }
    const result = await composite();
    compared.push({ speed, result, pairs: await pairsKept(), params: speed === "instant" ? {} : SHORT });
    const [newest, ...below] = await layers();
    assert.match(newest.name, speed === "instant" ? /^Drag \(Instant\)$/ : /^Drag \(\w+, seed 42\)$/);
    assert.deepEqual(below.at(-1), { name: "Background", selected: true });
    if (speed === "quality") await shot("3-done");
    await page.evaluate((many) => {
      // The next result shall lie over the picture alone.
      const document = __fake.world.documents[0];
      document.layers.slice(0, many).forEach((layer) => (layer.visible = false));
    }, at + 1);
  }
  await clean();
});

test("each result is what the command line writes, and the rest of the picture is untouched", () => {
  const runs = compared.map(({ speed, pairs, params }) => [
    "drag", path.join(folder, "picture.png"), "-o", path.join(folder, `${speed}.png`), "--mask", path.join(folder, "mask.png"),
    "--speed", speed, "--seed", "42", "--force", "--quiet",
    ...pairs.flatMap(({ handle, target }) => ["--point", `${handle}:${target}`]),
    ...Object.entries(params).flatMap(([name, value]) => ["--set", `${name}=${value}`]),
  ]);
  fs.writeFileSync(path.join(folder, "runs.json"), JSON.stringify(runs));
  python([path.join(__dirname, "panel_command_line.py"), path.join(folder, "runs.json")], path.join(folder, "cli"));

  const source = raw("picture.rgba");
  const mask = raw("mask.gray");
  assert.ok(compared.length >= 4);
  for (const { speed, result } of compared) {
    const expected = raw(`${speed}.rgb`);
    let changed = 0;
    for (let at = 0; at < mask.length; at++) {
      for (let channel = 0; channel < 3; channel++) {
        const value = result[4 * at + channel];
        if (value !== expected[3 * at + channel]) assert.fail(`${speed}: pixel ${at} is ${value}, not ${expected[3 * at + channel]}`);
        if (value === source[4 * at + channel]) continue;
        changed += 1;
        assert.ok(mask[at] > 0, `${speed}: pixel ${at} is outside of the selection`);
      }
      assert.equal(result[4 * at + 3], 255);
    }
    assert.ok(changed > 1000, `${speed} changed ${changed} values`);
  }
});

test("a result is shown, applied again and its points restored", async () => {
  const before = await layers();
  await page.locator("#clear").click();
  assert.deepEqual(await pairsKept(), []);
  const first = page.locator(".result").first();
  await first.locator("sp-action-button", { hasText: "Restore" }).click();
  assert.equal((await pairsKept()).length, 3);
  assert.equal(await page.locator("#speed select").inputValue().then((title) => title.split(" ")[0]), "Paper");
  await first.locator("sp-action-button", { hasText: "Apply" }).click();
  await finished(before.length + 1);
  await first.locator("img").click();
  await page.locator(".result.is-shown").waitFor();
  await first.locator("sp-action-button", { hasText: "Forget" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".result").length === 3);
});

test("a cancelled run makes no layer", async () => {
  const before = await layers();
  await choose("Quality");
  await shorten({ n_pix_step: "1000", n_inference_step: "50" });
  await page.locator("#run").click();
  await says("progress-text", /, step /);
  await page.locator("#cancel").click();
  await says("progress-text", /^Cancelled/);
  assert.equal((await layers()).length, before.length);
  await page.locator("#reset").click();
});

test("a lost connection in the middle of a run loses nothing", async () => {
  const before = await layers();
  await shorten();
  await type("seed", "7");
  await page.locator("#run").click();
  await says("progress-text", /, step /);
  const line = await page.evaluate(() => (__sockets.at(-1).close(), __sockets.length));
  await finished(before.length + 1);
  assert.ok((await page.evaluate(() => __sockets.length)) > line);
  assert.match((await layers())[0].name, /seed 7/);
});

test("arrows drawn with the Pen become pairs", async () => {
  await page.evaluate(() => {
    __fake.world.documents[0].paths.push({
      id: 1, name: "Work Path",
      subpaths: [{ closed: false, anchors: [[150.5, 120.5], [180.5, 118.5]] }, { closed: true, anchors: [[1, 1], [2, 2], [3, 1]] }],
    });
  });
  await page.locator("#paths").click();
  await page.waitForFunction(() => document.querySelectorAll(".badge").length === 1);
  assert.deepEqual(await pairsKept(), [{ handle: [150, 120], target: [180, 118] }]);
  await page.locator("#samplers").click();
  await says("said", /No pair of colour samplers/);
});

test("the self test finds what it expects and leaves nothing behind", async () => {
  const before = await layers();
  await page.locator("#self-test").click();
  await page.waitForFunction(() => document.getElementById("report").value.includes("8 MiB"));
  const report = await page.locator("#report").inputValue();
  assert.doesNotMatch(report, /FAIL/, report);
  assert.ok(report.split("\n").length >= 18, report);
  assert.doesNotMatch(report, /dragbrush\.auth|Bearer/);
  assert.deepEqual(await layers(), before);
  // What it does on purpose, to see it refused.
  await page.evaluate(() => {
    __fake.world.violations = __fake.world.violations.filter((text) => !text.startsWith("Event: make may modify"));
  });
  await clean();
});

test("a run goes on while the panel is loaded anew", async () => {
  await choose("Quality");
  await shorten({ n_pix_step: "12" });
  await pull(scene.drags[0][0], scene.drags[0][1]);
  const points = await pairsKept();
  await page.locator("#run").click();
  await says("progress-text", /, step /);
  await clean();
  await page.reload();
  await finished(2);
  await says("status", /^Connected: /);
  assert.match((await layers())[0].name, /^Drag \(Quality, seed 7\)$/);
  assert.deepEqual(await pairsKept(), points);
  await closePage();
});

for (const [name, options] of Object.entries({
  "at its narrowest": { width: 230 },
  "in a wide panel": { width: 500 },
  "in a light Photoshop": {
    width: 320,
    theme: { "background-color": "#f0f0f0", "text-color": "#2b2b2b", "border-color": "#cfcfcf", "text-color-secondary": "#6a6a6a" },
  },
})) {
  test(`nothing is cut off ${name}`, async () => {
    await open(options);
    await check("prepare", false);
    await pairUp();
    await pull(scene.drags[0][0], scene.drags[0][1]);
    await page.locator("#advanced-head").click();
    const tooWide = await page.evaluate(() =>
      [...document.querySelectorAll("#panel *")]
        .filter((element) => !element.closest("#stage") && element.getBoundingClientRect().right > innerWidth)
        .map((element) => element.id || element.className),
    );
    assert.deepEqual(tooWide, []);
    await shot(`4-${name.replace(/ /g, "-")}`);
    await closePage();
  });
}
