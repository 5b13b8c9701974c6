/** A person in front of the panel: what they see, press, type and pull. */
"use strict";

const assert = require("node:assert/strict");
const path = require("node:path");
const { fetchFor, preparation } = require("./stand.js");

const SHOTS = process.env.DRAGBRUSH_SHOTS || "";
const WAIT_MS = 60000;
const ACT_MS = 20000;

class Person {
  constructor(page) {
    this.page = page;
  }

  /** In front of the panel as it is shown first, over a document. */
  static async before(browser, panel, server, document, { width = 300, height = 900, ...options } = {}) {
    const page = await browser.newPage({ viewport: { width, height } });
    page.setDefaultTimeout(ACT_MS);
    await page.exposeBinding("__fetch", fetchFor);
    await page.addInitScript(preparation({ ports: [server.port], scene: document, ...options }));
    await page.goto(panel.origin);
    await page.waitForFunction(() => globalThis.__isShown);
    return new Person(page);
  }

  /** Goes, and finds that the panel did nothing that Photoshop forbids. */
  async leave() {
    await this.clean();
    await this.page.close();
  }

  async clean() {
    const { violations, images, urls } = await this.page.evaluate(() => ({
      violations: __fake.world.violations, images: __fake.world.images.size, urls: __urls.size,
    }));
    assert.deepEqual(violations, []);
    assert.equal(images, 0, "pictures that were not given back");
    assert.ok(urls <= 3 + 30, `${urls} pictures are held`);
  }

  async shot(name) {
    if (SHOTS) await this.page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true });
  }

  text(id) {
    return this.page.locator(`#${id}`).textContent();
  }

  async says(id, expected) {
    await this.page.waitForFunction(
      ([where, source]) => new RegExp(source).test(document.getElementById(where).textContent),
      [id, expected.source],
      { timeout: WAIT_MS },
    );
  }

  press(id) {
    return this.page.locator(`#${id}`).click();
  }

  async type(id, value) {
    const field = this.page.locator(`#${id} input`);
    await field.fill(value);
    await field.press("Tab");
  }

  async check(id, is) {
    if ((await this.page.locator(`#${id}`).evaluate((box) => box.checked)) !== is) await this.press(id);
  }

  /** Of a list, what begins so. */
  async choose(id, beginning) {
    const select = this.page.locator(`#${id} select`);
    await this.page.waitForFunction(
      ([where, text]) => [...document.getElementById(where).shadowRoot.querySelectorAll("option")].some(({ textContent }) => textContent.startsWith(text)),
      [id, beginning],
    );
    const titles = await select.locator("option").allTextContents();
    await select.selectOption({ label: titles.find((title) => title.startsWith(beginning)) });
  }

  async set(values) {
    for (const [name, value] of Object.entries(values)) await this.type(`param-${name}`, value);
  }

  async pairUp(server) {
    await this.type("address", `127.0.0.1:${server.port}`);
    await this.type("code", await server.code());
    await this.press("pair");
    await this.says("status", /^Connected: /);
  }

  /** Where a place of the document is on the screen. */
  async placeOf([x, y]) {
    const shown = await this.page.locator("#stage-picture").boundingBox();
    assert.ok(shown.width > 0);
    const region = await this._regionShown();
    return [
      shown.x + ((x + 0.5 - region.left) * shown.width) / region.width,
      shown.y + ((y + 0.5 - region.top) * shown.height) / region.height,
    ];
  }

  /** By the rule of the panel: the selection and about a third beside it; all, where an object is placed. */
  _regionShown() {
    return this.page.evaluate(() => {
      const { selection, width, height } = __fake.world.documents[0];
      const isPlaced = !document.getElementById("box-row").classList.contains("hidden");
      if (!selection || isPlaced) return { left: 0, top: 0, width, height };
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
  async pull(from, to, { isHeld = false } = {}) {
    await this.pullOnScreen(await this.placeOf(from), await this.placeOf(to), { isHeld });
  }

  async pullOnScreen(from, to, { isHeld = false } = {}) {
    await this.page.mouse.move(...from);
    await this.page.mouse.down();
    await this.page.mouse.move(...to, { steps: 8 });
    if (!isHeld) await this.page.mouse.up();
  }

  /** What the panel keeps of what a hand did. */
  kept() {
    return this.page.evaluate(() => JSON.parse(localStorage.getItem("dragbrush.left")).works[0]);
  }

  async pairsKept() {
    return (await this.kept())?.pairs ?? [];
  }

  layers() {
    return this.page.evaluate(() => __fake.world.documents[0].layers.map(({ name, selected }) => ({ name, selected })));
  }

  async finished(count) {
    await this.page.waitForFunction((many) => __fake.world.documents[0].layers.length === many, count, { timeout: WAIT_MS });
  }

  /** The overlay of the stage is there: the first one, once the server has begun. */
  async seesOverlay() {
    await this.page.locator("#stage-overlay:not(.hidden)").waitFor({ state: "attached", timeout: WAIT_MS });
    await this.page.waitForFunction(() => document.getElementById("stage-overlay").naturalWidth > 0);
  }

  /** All that is visible, as bytes. */
  composite() {
    return this._bytes(-1);
  }

  /** One layer over the whole document, as bytes. */
  layer(index) {
    return this._bytes(index);
  }

  async _bytes(index) {
    const encoded = await this.page.evaluate((layer) => {
      const [document] = __fake.world.documents;
      const data = layer < 0 ? __fake.composite(document) : __fake.spread(document, document.layers[layer]);
      let signs = "";
      for (let at = 0; at < data.length; at += 8192) signs += String.fromCharCode(...data.subarray(at, at + 8192));
      return btoa(signs);
    }, index);
    return Buffer.from(encoded, "base64");
  }
}

module.exports = { Person };
