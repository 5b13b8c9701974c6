/** A person's way through the panel: the shipped files, a real browser, a real server with the embedded model. */
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test: nodeTest } = require("node:test");
const { Person } = require("./person.js");
const { documentScene, launch, servePanel } = require("./stand.js");
const { python, serve, temporary } = require("../server.js");

const WIDTH = 288;
const HEIGHT = 192;
/** Enough to see every phase. */
const SHORT = { lora_step: "1", n_inference_step: "4", n_pix_step: "2" };

let browser, panel, server, person, page, folder, scene;
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

async function open(options) {
  const made = documentScene({ width: WIDTH, height: HEIGHT, pixels: raw("picture.rgba"), selection: raw("mask.gray") });
  person = await Person.before(browser, panel, server, made, options);
  page = person.page;
}

test("it waits to be paired and says how", async () => {
  await open();
  assert.match(await person.text("status"), /dragbrush pair/);
  await person.check("prepare", false);
  await person.shot("1-unpaired");
  await person.type("address", "127.0.0.1:28471");
  await person.type("code", "12345");
  await page.locator("#pair").click();
  await person.says("said", /six digits/);
  await person.pairUp(server);
  assert.equal(await person.text("source-name"), "Background");
});

test("pulling on the picture shows the warp under the hand", async () => {
  const [handle, target] = scene.drags[0];
  await person.pull(handle, target, { isHeld: true });
  await person.seesOverlay();
  await person.shot("2-pulling");
  await page.mouse.up();
  for (const [from, to] of scene.drags.slice(1, 3)) await person.pull(from, to);

  const pairs = await person.pairsKept();
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
  assert.equal((await person.pairsKept()).length, 2);
  await page.locator("#redo").click();
  const before = await person.pairsKept();
  assert.equal(before.length, 3);
  await person.pull(before[2].target, [before[2].target[0] - 6, before[2].target[1] - 6]);
  assert.notDeepEqual((await person.pairsKept())[2].target, before[2].target);
  await page.locator("#delete").click();
  assert.equal((await person.pairsKept()).length, 2);
  await page.locator("#undo").click();
  await page.locator("#undo").click();
  assert.deepEqual(await person.pairsKept(), before);
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
  assert.equal((await person.pairsKept()).length, 3);
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
    await person.choose("speed", speed[0].toUpperCase() + speed.slice(1));
    if (speed !== "instant") await person.set(SHORT);
    await page.evaluate(() => __seen.splice(0));
    await page.locator("#run").click();
    await person.finished(at + 2);
    await person.says("progress-text", /^Done in /);

    const seen = await page.evaluate(() => __seen);
    if (speed !== "instant") {
      assert.ok(seen.some(([line]) => /, step \d+ of \d+/.test(line)), JSON.stringify(seen.map(([line]) => line)));
      assert.ok(new Set(seen.map(([, value]) => value)).size > 3, "the bar moved");
      assert.ok(seen.some(([line, , isShown]) => isShown && !line.startsWith("Done")), "a preview was shown");
    }
    const result = await person.composite();
    compared.push({ speed, result, pairs: await person.pairsKept(), params: speed === "instant" ? {} : SHORT });
    const [newest, ...below] = await person.layers();
    assert.match(newest.name, speed === "instant" ? /^Drag \(Instant\)$/ : /^Drag \(\w+, seed 42\)$/);
    assert.deepEqual(below.at(-1), { name: "Background", selected: true });
    if (speed === "quality") await person.shot("3-done");
    await page.evaluate((many) => {
      // The next result shall lie over the picture alone.
      const document = __fake.world.documents[0];
      document.layers.slice(0, many).forEach((layer) => (layer.visible = false));
    }, at + 1);
  }
  await person.clean();
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
  const before = await person.layers();
  await page.locator("#clear").click();
  assert.deepEqual(await person.pairsKept(), []);
  const first = page.locator(".result").first();
  await first.locator("sp-action-button", { hasText: "Restore" }).click();
  assert.equal((await person.pairsKept()).length, 3);
  assert.equal(await page.locator("#speed select").inputValue().then((title) => title.split(" ")[0]), "Paper");
  await first.locator("sp-action-button", { hasText: "Apply" }).click();
  await person.finished(before.length + 1);
  await first.locator("img").click();
  await page.locator(".result.is-shown").waitFor();
  await first.locator("sp-action-button", { hasText: "Forget" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".result").length === 3);
});

test("a cancelled run makes no layer", async () => {
  const before = await person.layers();
  await person.choose("speed", "Quality");
  await person.set({ n_pix_step: "1000", n_inference_step: "50" });
  await page.locator("#run").click();
  await person.says("progress-text", /, step /);
  await page.locator("#cancel").click();
  await person.says("progress-text", /^Cancelled/);
  assert.equal((await person.layers()).length, before.length);
  await page.locator("#reset").click();
});

test("a lost connection in the middle of a run loses nothing", async () => {
  const before = await person.layers();
  await person.set(SHORT);
  await person.type("seed", "7");
  await page.locator("#run").click();
  await person.says("progress-text", /, step /);
  const line = await page.evaluate(() => (__sockets.at(-1).close(), __sockets.length));
  await person.finished(before.length + 1);
  assert.ok((await page.evaluate(() => __sockets.length)) > line);
  assert.match((await person.layers())[0].name, /seed 7/);
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
  assert.deepEqual(await person.pairsKept(), [{ handle: [150, 120], target: [180, 118] }]);
  await page.locator("#samplers").click();
  await person.says("said", /No pair of colour samplers/);
});

test("the self test finds what it expects and leaves nothing behind", async () => {
  const before = await person.layers();
  await page.locator("#self-test").click();
  await page.waitForFunction(() => document.getElementById("report").value.includes("8 MiB"));
  const report = await page.locator("#report").inputValue();
  assert.doesNotMatch(report, /FAIL/, report);
  assert.ok(report.split("\n").length >= 18, report);
  assert.doesNotMatch(report, /dragbrush\.auth|Bearer/);
  assert.deepEqual(await person.layers(), before);
  // What it does on purpose, to see it refused.
  await page.evaluate(() => {
    __fake.world.violations = __fake.world.violations.filter((text) => !text.startsWith("Event: make may modify"));
  });
  await person.clean();
});

test("a run goes on while the panel is loaded anew", async () => {
  await person.choose("speed", "Quality");
  await person.set({ n_pix_step: "12" });
  await person.pull(scene.drags[0][0], scene.drags[0][1]);
  const points = await person.pairsKept();
  await page.locator("#run").click();
  await person.says("progress-text", /, step /);
  await person.clean();
  await page.reload();
  await person.finished(2);
  await person.says("status", /^Connected: /);
  assert.match((await person.layers())[0].name, /^Drag \(Quality, seed 7\)$/);
  assert.deepEqual(await person.pairsKept(), points);
  await person.leave();
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
    await person.check("prepare", false);
    await person.pairUp(server);
    await person.pull(scene.drags[0][0], scene.drags[0][1]);
    await page.locator("#advanced-head").click();
    const tooWide = await page.evaluate(() =>
      [...document.querySelectorAll("#panel *")]
        .filter((element) => !element.closest("#stage") && element.getBoundingClientRect().right > innerWidth)
        .map((element) => element.id || element.className),
    );
    assert.deepEqual(tooWide, []);
    await person.shot(`4-${name.replace(/ /g, "-")}`);
    await person.leave();
  });
}
