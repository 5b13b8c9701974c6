// @ts-check
/** Tool, speed and settings: what the server offers, and what of it the person chose. */
"use strict";

const form = require("./form.js");
const { readSettings } = require("./settings.js");

const SETTINGS = "dragbrush.settings";

/**
 * @typedef {import("./settings.js").Settings} Settings
 * @typedef {import("./wire").Welcome} Welcome
 */

class Choices {
  /**
   * @param {import("./studio.js").Outside["store"]} store
   * @param {import("./talk.js").Talk} talk
   */
  constructor(store, talk) {
    this._store = store;
    this._talk = talk;
    /** @type {Settings} */
    this.settings = readSettings(store.getItem(SETTINGS));
    /** What the server offers, or offered when it was last there. @type {Welcome | null} */
    this.welcome = null;
    /** @type {(changed: Partial<Settings>) => void} */
    this.onChange = () => {};
  }

  /** @param {Partial<Settings>} changed */
  set(changed) {
    Object.assign(this.settings, changed);
    this._store.setItem(SETTINGS, JSON.stringify(this.settings));
    this.onChange(changed);
    this._talk.tell("settings");
  }

  get tools() {
    return this.welcome === null ? [] : form.toolsOf(this.welcome);
  }

  get tool() {
    return this.welcome === null ? null : form.toolOf(this.welcome, this.settings.tool);
  }

  get speed() {
    return this.tool === null ? null : form.speedOf(this.tool, this.settings.speed);
  }

  /** The one that follows the hand. */
  get live() {
    return this.tool === null ? null : form.liveSpeed(this.tool);
  }

  get needs() {
    return form.needsOf(this.tool);
  }

  get titles() {
    return this.welcome === null ? {} : form.titles(this.welcome);
  }

  /** The rows of the speed's settings, and the values that differ. */
  get params() {
    const { speed } = this;
    const rows = speed === null ? [] : form.rows(speed);
    return { rows, values: form.usable(rows, this.settings.params[this._key] || {}) };
  }

  /**
   * One setting of the speed. Throws FormError.
   * @param {form.Row} row
   * @param {string | boolean} typed
   */
  setParam(row, typed) {
    const value = typeof typed === "string" ? row.read(typed) : row.checked(typed);
    this.setParams({ ...this.params.values, [row.id]: value });
  }

  /** All settings of the speed; those that are not named are its own. @param {Record<string, import("./wire").Value>} values */
  setParams(values) {
    if (this.speed === null) return;
    const usable = form.usable(form.rows(this.speed), values);
    this.set({ params: { ...this.settings.params, [this._key]: usable } });
  }

  /** Tools have speeds of one name with settings of their own. */
  get _key() {
    const { tool, speed } = this;
    return tool === null || speed === null ? "" : `${tool.id} ${speed.id}`;
  }
}

module.exports = { Choices };
