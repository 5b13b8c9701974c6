/** The shipped panel in a real browser over the Photoshop in memory. */
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { PANEL } = require("../core/paths.js");

const FAKE = path.join(__dirname, "../fake_host");
const CHROMIUM =
  process.env.DRAGBRUSH_CHROMIUM || ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((each) => fs.existsSync(each)) || "";
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
];
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".png": "image/png", ".json": "application/json" };
/** A panel generates no code from text and has no handlers in its HTML. */
const POLICY = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob:; connect-src *";

/** The panel's files as they are. */
async function servePanel() {
  const server = http.createServer((request, response) => {
    const name = request.url === "/" ? "index.html" : request.url.slice(1).split("?")[0];
    const file = path.join(PANEL, name);
    if (!file.startsWith(PANEL) || !fs.existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "Content-Type": TYPES[path.extname(file)] || "text/plain", "Content-Security-Policy": POLICY });
    response.end(fs.readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { origin, close: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())) };
}

async function launch() {
  const { chromium } = require("playwright-core");
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS, headless: true });
}

/** All that the panel can require, each as a function of its very source. */
function modulesOf(folder) {
  const found = [];
  for (const part of ["core", "host", "view"]) {
    for (const file of fs.readdirSync(path.join(folder, part)).filter((name) => name.endsWith(".js"))) {
      const source = fs.readFileSync(path.join(folder, part, file), "utf8");
      found.push(`${JSON.stringify(`${part}/${file}`)}: function (require, module, exports) {${source}\n}`);
    }
  }
  return `{${found.join(",\n")}}`;
}

/** The whole of what runs before the panel; `ports` are those that the manifest is to name besides its own. */
function preparation({ ports = [], habits = {}, theme = {}, scene = "" }) {
  const manifest = JSON.parse(fs.readFileSync(path.join(PANEL, "manifest.json"), "utf8"));
  const { network } = manifest.requiredPermissions;
  // The tests' server takes any free port; it stands for the one that the manifest names.
  if (Array.isArray(network.domains) && network.domains.includes("ws://127.0.0.1:28471") && network.domains.includes("http://127.0.0.1:28471")) {
    network.domains.push(...ports.flatMap((port) => [`ws://127.0.0.1:${port}`, `http://127.0.0.1:${port}`]));
  }
  return [
    `globalThis.__panel = { manifest: ${JSON.stringify(manifest)}, habits: ${JSON.stringify(habits)}, theme: ${JSON.stringify(theme)}, modules: ${modulesOf(PANEL)} };`,
    fs.readFileSync(path.join(FAKE, "world.js"), "utf8"),
    fs.readFileSync(path.join(FAKE, "browser.js"), "utf8"),
    scene,
  ].join("\n");
}

/** What a panel fetches goes through here: a browser would ask the server for permission first, Photoshop does not. */
async function fetchFor(_source, url, { method, headers, body }) {
  try {
    const response = await fetch(url, { method, headers, body });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { failed: true };
  }
}

/** A document of raw pixels as the scene's code, which makes it in the page; `above`: layers over the background. */
function documentScene({ width, height, bits = 8, pixels, selection = null, title = "ball.psd", isBackground = true, above = [] }) {
  const text = (bytes) => JSON.stringify(Buffer.from(bytes).toString("base64"));
  const layer = (name, data, isBelow) => `(() => {
      const raw = bytes(${text(data)});
      return { name: ${JSON.stringify(name)}, isBackground: ${isBelow}, width: ${width}, height: ${height}, data: ${bits === 16 ? "new Uint16Array(raw.buffer)" : "raw"} };
    })()`;
  return `(() => {
    const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const document = __fake.add({
      title: ${JSON.stringify(title)}, width: ${width}, height: ${height}, bits: ${bits},
      layers: [${[...above.map(({ name, data }) => layer(name, data, false)), layer("Background", pixels, isBackground)].join(", ")}],
      selection: ${selection ? `bytes(${text(selection)})` : "null"},
    });
    document.layers.forEach((each, at) => (each.selected = at === document.layers.length - 1));
  })();`;
}

module.exports = { CHROMIUM, servePanel, launch, preparation, fetchFor, documentScene };
