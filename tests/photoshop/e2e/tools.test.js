/** Move, Swap appearance and Paste in the panel: the shipped files, a real browser, a real server with the embedded model. */
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
const SHORT = { n_inference_step: "5" };

let browser, panel, server, folder, person, ball;
let hasFailed = false;
/** Arguments of the command line, and what the panel made of the same. */
const compared = [];

const raw = (name) => fs.readFileSync(path.join(folder, name));
const file = (name) => path.join(folder, name);

before(async () => {
  folder = temporary("dragbrush-tools-");
  panel = await servePanel();
  python([path.join(__dirname, "panel_scene.py"), folder, String(WIDTH), String(HEIGHT)], folder);
  [[ball]] = JSON.parse(raw("scene.json")).drags;
  [browser, server] = await Promise.all([
    launch(),
    serve({ folder: file("home"), options: ["--device", "cpu", "--allow-origin", panel.origin] }),
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

async function open(options) {
  const document = documentScene({
    width: WIDTH, height: HEIGHT, pixels: raw("picture.rgba"), selection: raw("object.gray"), above: [{ name: "Balloon", data: raw("thing.rgba") }],
  });
  person = await Person.before(browser, panel, server, document, options);
  await person.check("prepare", false);
  await person.pairUp(server);
}

/** Runs, and takes the new layers, the lowest first; they are gone then. */
async function run(count, tool, ...named) {
  const before = await person.layers();
  await person.press("run");
  await person.finished(before.length + count);
  await person.says("progress-text", /^Done in /);
  const made = (await person.layers()).map(({ name }) => name).filter((name) => name.startsWith(tool));
  const layers = [];
  for (let at = count; at >= 1; at--) layers.push(await person.layer(at));
  compared.push({ tool, args: named, layers });
  await person.page.evaluate((many) => __fake.userDoes("delete", (document) => document.layers.splice(1, many)), count);
  await person.clean();
  return made;
}

/** The picture with a layer that is there or not over it. */
function over(source, layer) {
  const out = Buffer.from(source);
  for (let at = 0; at < layer.length; at += 4) {
    if (layer[at + 3] === 0) continue;
    assert.equal(layer[at + 3], 255, "a pixel that is there by half");
    layer.copy(out, at, at, at + 4);
  }
  return out;
}

function assertSame(what, found, expected, channels) {
  let differing = 0;
  for (let at = 0; at < WIDTH * HEIGHT; at++) {
    for (let channel = 0; channel < channels; channel++) {
      // Colours of clear pixels are nobody's.
      const isClear = channels === 4 && channel < 3 && expected[4 * at + 3] === 0;
      if (!isClear && found[4 * at + channel] !== expected[channels * at + channel]) differing += 1;
    }
  }
  assert.equal(differing, 0, `${what}: ${differing} values differ`);
}

test("the box round the selected object is moved by hand, and the object follows", async () => {
  await open();
  await person.choose("tool", "Move");
  await person.choose("speed", "Instant");
  assert.match(await person.text("hint"), /Drag the box/);
  await person.page.waitForFunction(() => !document.getElementById("box-row").classList.contains("hidden"));
  await person.page.waitForTimeout(300);
  await person.shot("5-move-still");
  await person.pull(ball, [ball[0] + 52, ball[1] - 9], { isHeld: true });
  await person.seesOverlay();
  await person.shot("6-moving");
  await person.page.mouse.up();

  const { dx, dy } = (await person.kept()).moved;
  assert.ok(Math.abs(dx - 52) <= 2 && Math.abs(dy + 9) <= 2, `${dx}, ${dy}`);
  assert.equal(await person.page.locator("#box-x input").inputValue(), String(dx));
});

test("corners resize it, the handle turns it, fields take numbers, and all is undone", async () => {
  const { dx, dy } = (await person.kept()).moved;
  const centre = await person.placeOf([ball[0] + dx, ball[1] + dy]);
  const scaleOf = async () => (await person.placeOf([10, 0]))[0] - (await person.placeOf([9, 0]))[0];
  const side = (await scaleOf()) * radius();
  await person.pullOnScreen([centre[0] + side, centre[1] + side], [centre[0] + 1.3 * side, centre[1] + 1.3 * side]);
  const scaled = (await person.kept()).moved.scale;
  assert.ok(Math.abs(scaled - 1.3) < 0.08, String(scaled));
  const stem = scaled * side + 22;
  await person.pullOnScreen([centre[0], centre[1] - stem], [centre[0] + stem, centre[1]]);
  assert.ok(Math.abs((await person.kept()).moved.degrees - 90) < 6, JSON.stringify(await person.kept()));

  await person.press("undo");
  await person.press("undo");
  assert.deepEqual((await person.kept()).moved, { dx, dy, scale: 1, degrees: 0, mirror: false });
  await person.type("box-scale", "115");
  await person.type("box-turn", "-20");
  await person.type("box-x", "nonsense");
  assert.deepEqual((await person.kept()).moved, { dx, dy, scale: 1.15, degrees: -20, mirror: false });
  assert.equal(await person.page.locator("#box-x input").inputValue(), String(dx));
});

/** Of the ball's selection, px of the document. */
function radius() {
  const mask = raw("object.gray");
  let [left, right] = [WIDTH, 0];
  mask.forEach((value, at) => {
    if (value < 128) return;
    left = Math.min(left, at % WIDTH);
    right = Math.max(right, (at % WIDTH) + 1);
  });
  return (right - left) / 2;
}

const MOVED = async () => {
  const { dx, dy, scale, degrees, mirror } = (await person.kept()).moved;
  return ["--by", `${dx},${dy}`, "--scale", String(scale), "--rotate", String(degrees), ...(mirror ? ["--mirror"] : [])];
};

test("Move gives one layer, or with a tick two, at each speed", async () => {
  const mask = ["--mask", file("object.png")];
  assert.deepEqual(await run(1, "Move", "move", ...mask, ...(await MOVED()), "--speed", "instant"), ["Move (Instant)"]);
  await person.check("layers", true);
  await person.press("mirror");
  const made = await run(2, "Move", "move", ...mask, ...(await MOVED()), "--speed", "instant", "--layers", `${file("bg0.png")},${file("obj0.png")}`);
  assert.deepEqual(made, ["Move (Instant), object", "Move (Instant), background"]);
  await person.choose("speed", "Quality");
  await person.press("advanced-head");
  await person.set(SHORT);
  const arguments_ = [...mask, ...(await MOVED()), "--speed", "quality", "--seed", "42"];
  for (const [name, value] of Object.entries(SHORT)) arguments_.push("--set", `${name}=${value}`);
  await run(2, "Move", "move", ...arguments_, "--layers", `${file("bg1.png")},${file("obj1.png")}`);
  await person.press("advanced-head");
  await person.shot("7-moved");
});

test("Swap appearance takes the look of another layer", async () => {
  await person.choose("tool", "Swap appearance");
  await person.choose("speed", "Instant");
  assert.equal(await person.page.locator("#box-row").isVisible(), false);
  assert.equal(await person.page.locator("#other select").inputValue(), "Balloon");
  await run(1, "Swap", "appearance", "--mask", file("object.png"), "--from", file("thing.png"), "--speed", "instant");
  await person.shot("8-appearance");
});

test("Paste places the object of another layer by the same box", async () => {
  await person.choose("tool", "Paste");
  await person.page.evaluate(() => __fake.userDoes("set", (document) => (document.selection = null)));
  const middle = [Math.round(0.175 * WIDTH), Math.round(0.27 * HEIGHT)];
  await person.page.waitForFunction(() => !document.getElementById("mirror").hasAttribute("disabled"));
  await person.pull(middle, [middle[0] + 110, middle[1] + 40], { isHeld: true });
  await person.seesOverlay();
  await person.shot("9-pasting");
  await person.page.mouse.up();
  await person.type("box-scale", "80");
  const { dx, dy } = (await person.kept()).pasted;
  const { middle: found } = await middleOfThing();
  await run(1, "Paste", "paste", "--object", file("thing.png"), "--at", `${found[0] + dx},${found[1] + dy}`, "--scale", "0.8", "--speed", "instant");
});

/** As the server has it: of the box of what is there by half or more. */
async function middleOfThing() {
  const rgba = raw("thing.rgba");
  let [left, top, right, bottom, most] = [WIDTH, HEIGHT, 0, 0, 0];
  for (let at = 3; at < rgba.length; at += 4) most = Math.max(most, rgba[at]);
  for (let at = 0; at < WIDTH * HEIGHT; at++) {
    if (rgba[4 * at + 3] < most / 2) continue;
    const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  return { middle: [(left + right) / 2, (top + bottom) / 2] };
}

test("a result is applied again and its place, tool and speed restored", async () => {
  const results = person.page.locator(".result");
  assert.equal(await results.count(), 5);
  const first = results.last();
  assert.match(await first.textContent(), /^Move \(Instant\)By /);
  await first.locator("sp-action-button", { hasText: "Restore" }).click();
  assert.equal(await person.page.locator("#tool select").inputValue(), "Move");
  assert.equal(await person.page.locator("#box-scale input").inputValue(), "115");
  await first.locator("sp-action-button", { hasText: "Apply" }).click();
  await person.finished(3);
  await person.leave();
});

test("each result is what the command line writes", () => {
  const runs = compared.map(({ args: [command, ...options] }, at) => [
    command, file("picture.png"), "-o", file(`out${at}.png`), ...options, "--force", "--quiet",
  ]);
  fs.writeFileSync(file("runs.json"), JSON.stringify(runs));
  python([path.join(__dirname, "panel_command_line.py"), file("runs.json")], file("cli"));

  const source = raw("picture.rgba");
  assert.equal(compared.length, 5);
  for (const [at, { args, layers: [lowest, upper] }] of compared.entries()) {
    const what = args.join(" ");
    if (upper === undefined) {
      const result = over(source, lowest);
      assertSame(what, result, raw(`out${at}.rgb`), 3);
      assert.notDeepEqual(result, source, what);
      continue;
    }
    const [behind, object] = args.at(-1).split(",").map((name) => fs.readFileSync(name.replace(".png", ".rgba")));
    assertSame(`${what}: background`, over(source, lowest), behind, 4);
    assertSame(`${what}: object`, upper, object, 4);
  }
});

for (const [tool, width] of [["Move", 230], ["Paste", 230], ["Swap appearance", 500]]) {
  test(`nothing of ${tool} is cut off at ${width} px`, async () => {
    await open({ width });
    await person.choose("tool", tool);
    await person.page.waitForTimeout(400);
    const tooWide = await person.page.evaluate(() =>
      [...document.querySelectorAll("#panel *")]
        .filter((element) => !element.closest("#stage") && element.getBoundingClientRect().right > innerWidth)
        .map((element) => element.id || element.className),
    );
    assert.deepEqual(tooWide, []);
    await person.shot(`10-${tool.toLowerCase().replace(" ", "-")}-${width}`);
    await person.leave();
  });
}
