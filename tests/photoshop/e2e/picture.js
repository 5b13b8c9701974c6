/** The pictures of the panel for the documents: node picture.js FOLDER. */
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { Person } = require("./person.js");
const { documentScene, launch, servePanel } = require("./stand.js");
const { python, serve, temporary } = require("../server.js");

const WIDTH = 576;
const HEIGHT = 384;
const SIZE = { width: 400, height: 796 };

async function main(out) {
  const folder = temporary("dragbrush-picture-");
  const panel = await servePanel();
  python([path.join(__dirname, "panel_scene.py"), folder, String(WIDTH), String(HEIGHT)], folder);
  const { drags } = JSON.parse(fs.readFileSync(path.join(folder, "scene.json"), "utf8"));
  const server = await serve({ folder: path.join(folder, "home"), options: ["--device", "cpu", "--allow-origin", panel.origin] });
  const browser = await launch();
  const read = (name) => fs.readFileSync(path.join(folder, name));
  const before = async (selection) => {
    const document = documentScene({
      width: WIDTH, height: HEIGHT, pixels: read("picture.rgba"), selection: read(selection), above: [{ name: "Balloon", data: read("thing.rgba") }],
    });
    const person = await Person.before(browser, panel, server, document, SIZE);
    await person.check("prepare", false);
    await person.pairUp(server);
    return person;
  };
  const save = (person, name) => person.page.screenshot({ path: path.join(out, name) });
  const ran = async (person, count) => {
    await person.press("run");
    await person.page.waitForFunction((many) => document.querySelectorAll(".result").length === many, count, { timeout: 300000 });
  };

  const dragging = await before("mask.gray");
  for (const at of [0, 3]) await dragging.pull(...drags[at]);
  for (const [count, speed] of ["Quality", "Instant"].entries()) {
    await dragging.choose("speed", speed);
    await ran(dragging, count + 1);
  }
  await dragging.choose("speed", "Quality");
  await dragging.pull(...drags[4], { isHeld: true });
  await dragging.page.waitForTimeout(1500);
  await save(dragging, "photoshop-panel.png");
  await dragging.page.mouse.up();

  const [ball] = drags[0];
  const moving = await before("object.gray");
  await moving.choose("tool", "Move");
  await moving.check("layers", true);
  await moving.page.waitForTimeout(500);
  await moving.pull(ball, [ball[0] + 95, ball[1] - 20]);
  await moving.type("box-turn", "-20");
  await ran(moving, 1);
  await moving.page.waitForTimeout(500);
  await save(moving, "photoshop-move.png");

  await browser.close();
  await panel.close();
  await server.stop();
}

void main(process.argv[2]);
