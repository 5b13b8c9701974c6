// @ts-check
/** Elements by their id, and new ones. */
"use strict";

/**
 * Of index.html, where it surely is. What it can do, only its kind says, which a document does not tell.
 * @param {string} id
 * @returns {any}
 */
function byId(id) {
  return document.getElementById(id);
}

/**
 * @param {string} tag
 * @param {string} [names] classes
 * @param {string} [text]
 * @returns {any}
 */
function make(tag, names = "", text = "") {
  const element = document.createElement(tag);
  if (names) element.setAttribute("class", names);
  if (text) element.textContent = text;
  return element;
}

/**
 * @param {any} element
 * @param {boolean} isShown
 */
function show(element, isShown) {
  element.classList.toggle("hidden", !isShown);
}

/**
 * A widget that can be used or not.
 * @param {any} element
 * @param {boolean} isEnabled
 */
function enable(element, isEnabled) {
  if (isEnabled) element.removeAttribute("disabled");
  else element.setAttribute("disabled", "");
}

/** @param {any} element */
function empty(element) {
  while (element.firstChild) element.removeChild(element.firstChild);
}

/**
 * What a person types is not written over while it is being typed.
 * @param {any} field
 * @param {string} text
 */
function fill(field, text) {
  if (document.activeElement !== field && field.value !== text) field.value = text;
}

module.exports = { byId, make, show, enable, empty, fill };
