// @ts-check
/** Checks of parsed JSON. Each takes a value and its path, and throws a WireError that names the path. */
"use strict";

const { WireError } = require("./errors.js");

/** @typedef {(value: unknown, path: string) => void} Check */

/**
 * @param {string} wanted
 * @param {string} path
 * @returns {never}
 */
function refuse(wanted, path) {
  throw new WireError("bad_message", `The message cannot be used: ${path} is not ${wanted}.`, path);
}

/**
 * @param {{ min?: number, max?: number, pattern?: RegExp }} [limits]
 * @returns {Check}
 */
function text({ min = 0, max = Infinity, pattern } = {}) {
  return (value, path) => {
    if (typeof value !== "string") return refuse("a text", path);
    const length = [...value].length;
    if (length < min || length > max || (pattern && !pattern.test(value))) refuse("such a text", path);
  };
}

/**
 * @param {number} [min]
 * @param {number} [max]
 * @returns {Check}
 */
function integer(min = -Infinity, max = Infinity) {
  return (value, path) => {
    const isOne = typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
    if (!isOne) refuse("such a whole number", path);
  };
}

/**
 * @param {number} [min]
 * @param {number} [max]
 * @returns {Check}
 */
function number(min = -Infinity, max = Infinity) {
  return (value, path) => {
    if (typeof value !== "number" || !(value >= min && value <= max)) refuse("such a number", path);
  };
}

/** @type {Check} */
function flag(value, path) {
  if (typeof value !== "boolean") refuse("true or false", path);
}

/**
 * @param {...unknown} known
 * @returns {Check}
 */
function oneOf(...known) {
  return (value, path) => {
    if (!known.includes(value)) refuse("one of the known words", path);
  };
}

/**
 * @param {Check} check
 * @returns {Check}
 */
function orNull(check) {
  return (value, path) => {
    if (value !== null) check(value, path);
  };
}

/**
 * @param {Check} check
 * @returns {Check}
 */
function list(check) {
  return (value, path) => {
    if (!Array.isArray(value)) return refuse("a list", path);
    value.forEach((each, index) => check(each, `${path}[${index}]`));
  };
}

/**
 * @param {...Check} checks
 * @returns {Check}
 */
function tuple(...checks) {
  return (value, path) => {
    if (!Array.isArray(value) || value.length !== checks.length) return refuse("a list of that length", path);
    checks.forEach((check, index) => check(value[index], `${path}[${index}]`));
  };
}

/**
 * @param {Check} check
 * @returns {Check}
 */
function map(check) {
  return (value, path) => {
    if (!isObject(value)) return refuse("an object", path);
    for (const each of Object.values(value)) check(each, `${path}[...]`);
  };
}

/**
 * Fields that it does not name are let through: a newer server may say more.
 * @param {Record<string, Check>} required
 * @param {Record<string, Check>} [optional]
 * @returns {Check}
 */
function object(required, optional = {}) {
  return (value, path) => {
    if (!isObject(value)) return refuse("an object", path);
    for (const [name, check] of Object.entries(required)) {
      if (!has(value, name)) refuse("there", `${path}.${name}`);
      check(value[name], `${path}.${name}`);
    }
    for (const [name, check] of Object.entries(optional)) {
      if (has(value, name)) check(value[name], `${path}.${name}`);
    }
  };
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {object} value
 * @param {string} name
 */
function has(value, name) {
  return Object.prototype.hasOwnProperty.call(value, name);
}

module.exports = { text, integer, number, flag, oneOf, orNull, list, tuple, map, object, isObject, has };
