/** The picture of the panel for the documents: node picture.js FILE. */
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { documentScene, fetchFor, launch, preparation, servePanel } = require("./stand.js");
const { python, serve, temporary } = require("../server.js");

const WIDTH = 576;
const HEIGHT = 384;

async function main(file) {
  const folder = temporary("dragbrush-picture-");
  const panel = await servePanel();
  python([path.join(__dirname, "panel_scene.py"), folder, String(WIDTH), String(HEIGHT)], folder);
  const { drags } = JSON.parse(fs.readFileSync(path.join(folder, "scene.json"), "utf8"));
  const server = await serve({ folder: path.join(folder, "home"), options: ["--device", "cpu", "--allow-origin", panel.origin] });
  const browser = await launch();
  const page = await browser.newPage({ viewport: { width: 430, height: 980 }, deviceScaleFactor: 1 });
  await page.exposeBinding("__fetch", fetchFor);
  const read = (name) => fs.readFileSync(path.join(folder, name));
  const scene = documentScene({ width: WIDTH, height: HEIGHT, pixels: read("picture.rgba"), selection: read("mask.gray") });
  await page.addInitScript(preparation({ ports: [server.port], scene }));
  await page.goto(panel.origin);
  await page.locator("#prepare").click();
  await page.locator("#address input").fill(`127.0.0.1:${server.port}`);
  await page.locator("#address input").press("Tab");
  await page.locator("#code input").fill(await server.code());
  await page.locator("#pair").click();
  await page.waitForFunction(() => /^Connected/.test(document.getElementById("status").textContent));
  // A run first, so that the results have something to show.
  const box = await page.locator("#stage-picture").boundingBox();
  const region = await page.evaluate(() => {
    const { selection, width, height } = __fake.world.documents[0];
    const xs = [];
    const ys = [];
    selection.forEach((value, at) => value && (xs.push(at % width), ys.push(Math.floor(at / width))));
    const [left, top, right, bottom] = [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
    const beside = Math.max(16, Math.round(0.35 * Math.max(right - left, bottom - top)));
    const edges = [Math.max(0, left - beside), Math.max(0, top - beside), Math.min(width, right + beside), Math.min(height, bottom + beside)];
    return { left: edges[0], top: edges[1], width: edges[2] - edges[0], height: edges[3] - edges[1] };
  });
  const place = ([x, y]) => [
    box.x + ((x + 0.5 - region.left) * box.width) / region.width, box.y + ((y + 0.5 - region.top) * box.height) / region.height,
  ];
  const pull = async ([from, to], isHeld = false) => {
    await page.mouse.move(...place(from));
    await page.mouse.down();
    await page.mouse.move(...place(to), { steps: 10 });
    if (!isHeld) await page.mouse.up();
  };
  for (const at of [0, 3]) await pull(drags[at]);
  for (const speed of ["Quality", "Instant"]) {
    const count = await page.locator(".result").count();
    await page.locator("#speed select").selectOption({ label: speed });
    await page.locator("#run").click();
    await page.waitForFunction((many) => document.querySelectorAll(".result").length > many, count, { timeout: 300000 });
  }
  await page.locator("#speed select").selectOption({ label: "Quality" });
  await pull(drags[4], true);
  await page.waitForTimeout(1500);
  await page.screenshot({ path: file });
  await page.mouse.up();
  await browser.close();
  await panel.close();
  await server.stop();
}

void main(process.argv[2]);
