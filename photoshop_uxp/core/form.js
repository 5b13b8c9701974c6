// @ts-check
/** Form rows from what a server publishes, and what of a form is sent. The view draws rows without knowing any. */
"use strict";

const MAX_INT = 2 ** 31 - 1;
const MAX_DIGITS = 8;

/**
 * @typedef {import("./wire").Param} Param
 * @typedef {import("./wire").Speed} Speed
 * @typedef {import("./wire").Tool} Tool
 * @typedef {import("./wire").Welcome} Welcome
 * @typedef {import("./wire").Value} Value
 */

/** What of `submit` this panel can give beside the image; a tool that wants more, as of a later server, is left out. */
const INPUTS = ["drags", "mask", "transform", "reference", "at"];

/**
 * @typedef {object} Needs what a tool asks of a person
 * @property {boolean} drags handles and targets
 * @property {boolean} object a selection that is the object
 * @property {boolean} box a transform of an object
 * @property {boolean} other a layer that an object or look comes from
 * @property {boolean} isPasted the object of that layer is placed, instead of one of the picture's own
 */

/** A value that a row does not take; `words.form` makes a sentence of it. */
class FormError extends Error {
  /** @param {Row} row */
  constructor(row) {
    super(row.id);
    this.row = row;
  }
}

class Row {
  /** @param {Param} param */
  constructor(param) {
    this.id = param.id;
    this.title = param.title.slice(0, 1).toUpperCase() + param.title.slice(1);
    this.kind = param.kind;
    this.default = param.default;
    const isInt = param.kind === "int";
    this.low = param.min ?? (isInt ? -MAX_INT : null);
    this.high = param.max ?? (isInt ? MAX_INT : null);
    this.unit = param.unit || "";
    this.choices = param.choices || [];
  }

  /** The value as it is sent. Throws FormError. @param {unknown} value @returns {Value} */
  checked(value) {
    if (this.kind === "bool" && typeof value === "boolean") return value;
    if (this.kind === "choice" && typeof value === "string" && this.choices.includes(value)) return value;
    const isNumber = (this.kind === "int" || this.kind === "float") && typeof value === "number";
    if (isNumber && Number.isFinite(value) && (this.kind === "float" || Number.isInteger(value))) {
      if ((this.low === null || value >= this.low) && (this.high === null || value <= this.high)) return value;
    }
    throw new FormError(this);
  }

  /** What a person typed, with a point or a comma. Throws FormError. @param {string} text @returns {Value} */
  read(text) {
    if (this.kind !== "int" && this.kind !== "float") return this.checked(text);
    const typed = text.trim().replace(",", ".");
    return this.checked(typed === "" ? NaN : Number(typed));
  }

  /** @param {Value} value */
  text(value) {
    if (typeof value !== "number" || this.kind !== "float") return String(value);
    return String(Number(value.toPrecision(MAX_DIGITS)));
  }
}

/**
 * The settings of a speed; one that a row cannot show, as of a later server, is left out and keeps its default.
 * @param {Speed} speed
 */
function rows(speed) {
  return (speed.params || []).map((param) => new Row(param)).filter((row) => isTaken(row, row.default));
}

/**
 * Of values from elsewhere, what these rows take and is not their own.
 * @param {Row[]} known
 * @param {Record<string, unknown>} values
 * @returns {Record<string, Value>}
 */
function usable(known, values) {
  /** @type {Record<string, Value>} */
  const kept = {};
  for (const row of known) {
    const value = values[row.id];
    if (value !== undefined && isTaken(row, value) && value !== row.default) kept[row.id] = row.checked(value);
  }
  return kept;
}

/** The tools that this panel has a hand for. @param {Welcome} welcome */
function toolsOf({ tools }) {
  return tools.filter(({ inputs }) => inputs.every((name) => INPUTS.includes(name)));
}

/**
 * The tool, or the first one where the server does not have it.
 * @param {Welcome} welcome
 * @param {string} id
 */
function toolOf(welcome, id) {
  const known = toolsOf(welcome);
  return known.find((tool) => tool.id === id) || known[0] || null;
}

/**
 * Before a server says anything, those of a drag.
 * @param {Tool | null} tool
 * @returns {Needs}
 */
function needsOf(tool) {
  const asks = (/** @type {string} */ name) => (tool === null ? name === "drags" : tool.inputs.includes(name));
  return {
    drags: asks("drags"), object: asks("mask"), box: asks("transform") || asks("at"), other: asks("reference"), isPasted: asks("at"),
  };
}

/**
 * The speed, or else one that is not just a warp, or else the first.
 * @param {Tool} tool
 * @param {string} id
 */
function speedOf(tool, id) {
  const named = tool.speeds.find((speed) => speed.id === id);
  return named || tool.speeds.find((speed) => speed.has_prepare) || tool.speeds[0] || null;
}

/** The one that follows the hand. @param {Tool} tool */
function liveSpeed(tool) {
  return tool.speeds.find((speed) => speed.is_live) || null;
}

/** Of tools and speeds, by id. @param {Welcome} welcome */
function titles(welcome) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const tool of welcome.tools) {
    found[tool.id] = tool.title;
    for (const speed of tool.speeds) found[speed.id] = speed.title.split(" (")[0];
  }
  return found;
}

/**
 * @param {Row} row
 * @param {unknown} value
 */
function isTaken(row, value) {
  try {
    row.checked(value);
    return true;
  } catch (error) {
    return false;
  }
}

module.exports = { FormError, Row, rows, usable, toolsOf, toolOf, needsOf, speedOf, liveSpeed, titles };
