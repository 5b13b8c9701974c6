/** Scripts against the borders of their folders and what a panel may not do. The type check knows which APIs are absent. */
"use strict";

/** More is more than one idea. */
const MAX_LINES = 400;
const EVERYWHERE = [
  [/\b(inner|outer)HTML\s*=/, "text becomes elements"],
  [/\binsertAdjacentHTML\b|\bdocument\.write\b/, "text becomes elements"],
  [/\beval\s*\(|\bnew Function\b/, "text becomes code"],
  [/\bimport\s*\(|^\s*import\s|^\s*export\s/m, "there are no such modules"],
  [/\bconsole\.log\b/, "says more than it should"],
  [/localStorage[^;\n]*token/i, "a secret in the open"],
];
/** What a folder may know of the others, and of the host. */
const KNOWS = { core: ["core"], host: ["host", "core", "view"], view: ["view", "core"], "": ["core", "host", "view"] };

function findings(name, source) {
  const found = [];
  const folder = name.includes("/") ? name.split("/")[0] : "";
  if (!source.startsWith("// @ts-check\n")) found.push("is not type-checked");
  if (!source.includes('"use strict";')) found.push("is not strict");
  if (source.split("\n").length > MAX_LINES) found.push(`has over ${MAX_LINES} lines`);
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  for (const [pattern, why] of EVERYWHERE) if (pattern.test(code)) found.push(why);
  if (folder === "core" && /(^|[^.\w])(document|window|localStorage|navigator)\./.test(code.replace(/\bdocument\.id\b/g, "")) && /\bdocument\.(body|getElementById|createElement|addEventListener)|\bwindow\.|\blocalStorage\b|\bnavigator\./.test(code)) {
    found.push("knows the page");
  }
  for (const [, asked] of code.matchAll(/\brequire\("([^"]+)"\)/g)) {
    if (asked === "photoshop" && name !== "host/photoshop.js") found.push("knows Photoshop");
    else if (asked === "uxp" && !["host/photoshop.js", "main.js"].includes(name)) found.push("knows UXP");
    else if (!asked.startsWith(".") && !["photoshop", "uxp"].includes(asked)) found.push(`there is no module ${asked}`);
    else if (asked.startsWith(".")) {
      const to = asked.startsWith("../") ? asked.split("/")[1] : folder || asked.split("/")[1];
      if (!KNOWS[folder].includes(to)) found.push(`${folder} knows ${to}`);
      if (!asked.endsWith(".js")) found.push(`${asked} is not named in full`);
    }
  }
  return found;
}

module.exports = { findings };
