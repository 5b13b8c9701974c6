/** A page against the elements and attributes that UXP has. */
"use strict";

const TAGS = /^(html|head|meta|link|script|body|div|span|img|canvas|textarea|sp-(button|action-button|checkbox|divider|dropdown|label|menu|menu-item|progressbar|textfield))$/;
const ATTRIBUTES = ["id", "class", "charset", "rel", "href", "src", "size", "variant", "placeholder", "slot", "max", "value", "readonly"];

function findings(html) {
  const found = [];
  for (const [, tag, attributes] of html.matchAll(/<([a-z][\w-]*)([^>]*)>/g)) {
    if (!TAGS.test(tag)) found.push(`element ${tag}`);
    for (const [, name] of attributes.matchAll(/([\w-]+)(?:\s*=\s*"[^"]*")?/g)) if (!ATTRIBUTES.includes(name)) found.push(`attribute ${name}`);
  }
  for (const [, inside] of html.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)) if (inside.trim()) found.push("a script in the page");
  const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  for (const id of new Set(ids)) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`id ${id} twice`);
  return found;
}

module.exports = { findings };
