/** Styles against what Photoshop 25 (UXP 7.2) has, by Adobe's CSS reference. */
"use strict";

const PROPERTIES = new Set([
  "align-items", "align-self", "background-color", "border", "border-color", "border-radius", "border-width", "bottom", "color",
  "cursor", "display", "flex-direction", "flex-grow", "flex-shrink", "flex-basis", "flex-wrap", "font-size", "font-style",
  "font-weight", "height", "justify-content", "left", "letter-spacing", "line-height", "margin", "margin-bottom", "margin-left",
  "margin-right", "margin-top", "max-height", "max-width", "min-height", "min-width", "object-fit", "opacity", "overflow",
  "overflow-x", "overflow-y", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "pointer-events",
  "position", "right", "text-align", "text-overflow", "top", "visibility", "white-space", "width",
]);
const VALUES = { display: ["none", "block", "inline", "inline-block", "flex", "inline-flex"], position: ["static", "relative", "absolute", "fixed"] };
const UNITS = new Set(["px", "em", "rem", "vh", "vw", "%"]);
const FUNCTIONS = new Set(["var", "calc", "rgb", "rgba"]);
const PSEUDO = new Set(["hover", "active", "focus", "first-child", "last-child", "nth-child", "disabled"]);

function findings(css) {
  const found = [];
  const plain = css.replace(/\/\*[\s\S]*?\*\//g, "");
  for (const [, rule] of plain.matchAll(/@([\w-]+)/g)) if (rule !== "media") found.push(`at-rule ${rule}`);
  for (const [, selector, body] of plain.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    for (const [, name] of selector.matchAll(/:+([\w-]+)/g)) if (!PSEUDO.has(name)) found.push(`selector :${name}`);
    for (const declaration of body.split(";").map((each) => each.trim()).filter(Boolean)) {
      const [property, ...rest] = declaration.split(":");
      const value = rest.join(":").trim();
      if (!PROPERTIES.has(property.trim())) found.push(`property ${property.trim()}`);
      const allowed = VALUES[property.trim()];
      if (allowed && !allowed.includes(value)) found.push(`${property.trim()}: ${value}`);
      for (const [, unit] of value.replace(/#[0-9a-f]+/gi, "").matchAll(/(?:^|[\s(,])-?[\d.]+([a-z%]+)/gi)) {
        if (!UNITS.has(unit)) found.push(`unit ${unit}`);
      }
      for (const [, name] of value.matchAll(/([\w-]+)\(/g)) if (!FUNCTIONS.has(name)) found.push(`function ${name}`);
    }
  }
  return found;
}

module.exports = { findings };
