/** A manifest of version 5 as Photoshop takes it; Adobe publishes no schema. */
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const FIELDS = ["manifestVersion", "id", "name", "version", "main", "host", "entrypoints", "icons", "requiredPermissions", "featureFlags", "strings"];
const PERMISSIONS = ["network", "localFileSystem"];
const THEMES = ["all", "darkest", "dark", "medium", "light", "lightest"];
const SIZES = ["minimumSize", "maximumSize", "preferredDockedSize", "preferredFloatingSize"];

function findings(manifest, folder) {
  const found = [];
  const expect = (isSo, text) => void (isSo || found.push(text));
  for (const field of Object.keys(manifest)) expect(FIELDS.includes(field), `unknown field ${field}`);
  expect(manifest.manifestVersion === 5, "manifestVersion is not 5");
  expect(/^[a-z][a-z0-9.-]+$/.test(manifest.id || ""), "id");
  expect((manifest.name || "").length >= 3 && manifest.name.length <= 45, "name takes 3 to 45 signs");
  expect(/^\d+\.\d+\.\d+$/.test(manifest.version || ""), "version is not x.y.z");
  expect(fs.existsSync(path.join(folder, manifest.main || "none")), "main is missing");

  const host = manifest.host || {};
  expect(!Array.isArray(host), "a list of hosts is for development alone");
  expect(host.app === "PS", "host.app");
  expect(parseInt(host.minVersion, 10) >= 25 && /^\d+\.\d+\.\d+$/.test(host.minVersion || ""), "host.minVersion below 25.0.0");

  const permissions = manifest.requiredPermissions || {};
  for (const name of Object.keys(permissions)) expect(PERMISSIONS.includes(name), `permission ${name} is not needed`);
  expect([undefined, "plugin"].includes(permissions.localFileSystem), "localFileSystem");
  const domains = permissions.network?.domains;
  expect(Array.isArray(domains) && domains.length > 0, "network.domains is no list");
  for (const domain of Array.isArray(domains) ? domains : []) {
    expect(/^(ws|http):\/\/(127\.0\.0\.1|localhost):\d{4,5}$/.test(domain), `domain ${domain} is not one of this machine with its port`);
    const other = domain.startsWith("ws:") ? domain.replace("ws:", "http:") : domain.replace("http:", "ws:");
    expect(domains.includes(other), `domain ${other} is missing`);
  }

  const panels = (manifest.entrypoints || []).filter(({ type }) => type === "panel");
  expect(panels.length === 1, "one panel");
  for (const panel of panels) {
    expect(panel.id && panel.label?.default, "id and label of the panel");
    for (const size of SIZES) expect(panel[size]?.width > 0 && panel[size]?.height > 0, `${size} of the panel`);
    expect(panel.minimumSize?.width >= 230, "the panel is narrower than it is tested");
    icons(panel.icons, 23);
  }
  icons(manifest.icons, 48);
  return found;

  function icons(all, side) {
    expect(Array.isArray(all) && all.length > 0, "icons are missing");
    for (const icon of all || []) {
      expect(icon.width === side && icon.height === side, `an icon is not ${side} px`);
      expect(icon.theme?.length && icon.theme.every((each) => THEMES.includes(each)), `themes of ${icon.path}`);
      expect(!/@\dx/.test(icon.path), `${icon.path} names its scale`);
      for (const scale of icon.scale || []) {
        const file = path.join(folder, icon.path.replace(/\.png$/, `@${scale}x.png`));
        if (!fs.existsSync(file)) {
          found.push(`${path.basename(file)} is missing`);
          continue;
        }
        const head = fs.readFileSync(file).subarray(16, 24);
        expect(head.readUInt32BE(0) === side * scale && head.readUInt32BE(4) === side * scale, `${path.basename(file)} is of another size`);
      }
    }
  }
}

module.exports = { findings };
