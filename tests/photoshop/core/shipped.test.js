/** What ships, looked at as files: the manifest, the styles, the page and the scripts. */
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test: nodeTest } = require("node:test");
const { PANEL, ROOT, testOf } = require("./paths.js");

const test = testOf(nodeTest);
const { findings: styleFindings } = require("../lint/style.js");
const { findings: manifestFindings } = require("../lint/manifest.js");
const { findings: pageFindings } = require("../lint/page.js");
const { findings: scriptFindings } = require("../lint/script.js");

const read = (name) => fs.readFileSync(path.join(PANEL, name), "utf8");
const scripts = ["main.js", ...["core", "host", "view"].flatMap((part) => fs.readdirSync(path.join(PANEL, part)).map((name) => `${part}/${name}`))].filter((name) => name.endsWith(".js"));

test("the manifest is one of version 5 that Photoshop takes", () => {
  assert.deepEqual(manifestFindings(JSON.parse(read("manifest.json")), PANEL), []);
});

test("the manifest names the panel's version, port and id as the code has them", () => {
  const manifest = JSON.parse(read("manifest.json"));
  const server = /__version__ = "(.+?)"/.exec(fs.readFileSync(path.join(ROOT, "server/dragbrush/__init__.py"), "utf8"));
  const { DEFAULT_PORT } = require(path.join(PANEL, "core/limits.js"));

  assert.equal(manifest.version, server[1].replace(/\D*dev.*$/, ""));
  assert.ok(manifest.requiredPermissions.network.domains.includes(`ws://127.0.0.1:${DEFAULT_PORT}`));
  assert.match(read("main.js"), new RegExp(`\\b${manifest.entrypoints[0].id}: \\{`));
});

const MANIFEST = JSON.parse(read("manifest.json"));
const broken = {
  "a list of hosts": { host: [MANIFEST.host] },
  "an old Photoshop": { host: { app: "PS", minVersion: "24.4.0" } },
  "all domains in a list": { requiredPermissions: { network: { domains: ["all"] } } },
  "all domains": { requiredPermissions: { network: { domains: "all" } } },
  "a domain without a port": { requiredPermissions: { network: { domains: ["ws://127.0.0.1"] } } },
  "a permission that nobody needs": { requiredPermissions: { ...MANIFEST.requiredPermissions, launchProcess: {} } },
  "code from text": { requiredPermissions: { ...MANIFEST.requiredPermissions, allowCodeGenerationFromStrings: true } },
  "a missing icon": { icons: [{ ...MANIFEST.icons[0], path: "icons/none.png" }] },
  "an unknown field": { entryPoint: [] },
  "a short name": { name: "Db" },
  "no version": { version: "1.0" },
};
for (const [name, change] of Object.entries(broken)) {
  test(`a manifest with ${name} is found`, () => {
    assert.notDeepEqual(manifestFindings({ ...MANIFEST, ...change }, PANEL), []);
  });
}

test("the styles are those that UXP has", () => {
  assert.deepEqual(styleFindings(read("style.css")), []);
});

for (const css of [
  "a { gap: 4px }", "a { display: grid }", "a { float: left }", "a { font: 12px x }", "a { transition: all 1s }", "a { inset: 0 }",
  "a { text-transform: uppercase }", "a { width: 3ch }", "a:has(b) { color: red }", "a:focus-visible { color: red }",
  "@supports (a: b) { a { color: red } }", "a { position: sticky }", "a { filter: blur(2px) }", "a { aspect-ratio: 1 }",
  "a { width: min(1px, 2px) }", "@font-face { src: url(x) }",
]) {
  test(`a style that UXP lacks is found: ${css}`, () => assert.notDeepEqual(styleFindings(css), []));
}

test("the page has only what UXP knows", () => {
  assert.deepEqual(pageFindings(read("index.html")), []);
});

for (const html of ['<div onclick="x()"></div>', "<button>a</button>", '<label for="a"></label>', '<div title="a"></div>', "<script>x()</script>", '<div style="gap: 1px"></div>']) {
  test(`a page with what UXP lacks is found: ${html}`, () => assert.notDeepEqual(pageFindings(html), []));
}

for (const name of scripts) {
  test(`${name} keeps to what a panel may do`, () => assert.deepEqual(scriptFindings(name, read(name)), []));
}

for (const [name, source] of [
  ["core/a.js", 'require("photoshop")'], ["view/a.js", 'const { app } = require("photoshop")'], ["core/a.js", "document.body"],
  ["view/a.js", "element.innerHTML = text"], ["main.js", "eval(text)"], ["main.js", "new Function(text)"], ["view/a.js", 'import("x")'],
  ["view/a.js", "localStorage.setItem('token', token)"], ["core/a.js", 'require("../view/stage.js")'], ["core/a.js", 'require("fs")'],
  ["view/a.js", "console.log(pixels)"], ["core/a.js", "x"],
]) {
  test(`a script that does what it may not is found: ${source}`, () => {
    const header = source === "x" ? "" : '// @ts-check\n"use strict";\n';
    assert.notDeepEqual(scriptFindings(name, header + source), []);
  });
}

test("every element that the scripts ask for is in the page", () => {
  const page = read("index.html");
  const ids = new Set(scripts.flatMap((name) => [...read(name).matchAll(/byId\("([\w-]+)"\)/g)].map(([, id]) => id)));

  assert.ok(ids.size > 25);
  for (const id of ids) assert.match(page, new RegExp(`id="${id}"`), id);
});
