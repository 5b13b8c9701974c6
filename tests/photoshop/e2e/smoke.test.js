/** The panel in a browser without a server: enough to see most of what a page does wrong, in a moment. */
"use strict";

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { isMutant } = require("../core/paths.js");
const { documentScene, fetchFor, launch, preparation, servePanel } = require("./stand.js");

const SIDE = 64;

let browser, panel;
before(async () => {
  panel = await servePanel();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await panel?.close();
});

test("it begins, looks for its server, shows a picture and takes points without doing what Photoshop forbids", async () => {
  const page = await browser.newPage({ viewport: { width: 300, height: 900 } });
  page.setDefaultTimeout(isMutant ? 4000 : 20000);
  await page.exposeBinding("__fetch", fetchFor);
  const pixels = new Uint8Array(4 * SIDE * SIDE).fill(200);
  const paired = "__fake.secrets.set('dragbrush.token', Uint8Array.from('token', (sign) => sign.charCodeAt(0)));";
  await page.addInitScript(preparation({ scene: paired + documentScene({ width: SIDE, height: SIDE, pixels }) }));
  await page.goto(panel.origin);
  if (isMutant) endAtTheFirst(page);
  await page.waitForFunction(() => globalThis.__isShown && document.getElementById("stage-picture").naturalWidth > 0);
  await page.waitForFunction(() => /does not answer/.test(document.getElementById("status").textContent));

  const box = await page.locator("#stage").boundingBox();
  for (let pull = 0; pull < 3; pull++) {
    await page.mouse.move(box.x + 60, box.y + 60 + 40 * pull);
    await page.mouse.down();
    await page.mouse.move(box.x + 150, box.y + 70 + 40 * pull, { steps: 4 });
    await page.mouse.up();
  }
  assert.deepEqual(await page.locator(".badge").allTextContents(), ["1", "2", "3"]);
  for (let look = 0; look < 3; look++) {
    await page.evaluate(() => __fake.userDoes("set", (document) => document.layers[0].data.fill(90 + document.history.length)));
    await page.waitForTimeout(300);
  }
  assert.equal(await page.locator("canvas").count(), 1);
  const { violations, images, urls } = await page.evaluate(() => ({
    violations: __fake.world.violations, images: __fake.world.images.size, urls: __urls.size,
  }));
  assert.deepEqual(violations, []);
  assert.equal(images, 0);
  assert.ok(urls <= 2, `${urls} pictures are held`);
  await page.close();
});

/** Of a panel that is broken on purpose, the first finding is enough. */
function endAtTheFirst(page) {
  setInterval(async () => {
    const count = await page.evaluate(() => __fake.world.violations.length).catch(() => 0);
    if (count) process.exit(1);
  }, 100).unref();
}
