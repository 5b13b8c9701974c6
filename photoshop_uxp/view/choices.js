// @ts-check
/** Tool, speed, prompt, seed, switches, and the rows of the speed's own settings as the server publishes them. */
"use strict";

const { FormError } = require("../core/form.js");
const { MAX_PROMPT, MAX_SEED } = require("../core/limits.js");
const words = require("../core/words.js");
const { byId, empty, fill, make, show } = require("./elements.js");

/** Ids of the switches, and the settings that they are. */
const SWITCHES = /** @type {const} */ ({
  "seed-lock": "isSeedLocked", layers: "hasTwoLayers", invert: "isMaskInverted", mask: "hasMask", live: "hasLive",
  prepare: "hasPrepare",
});

/** @typedef {import("../core/form.js").Row} Row */

class ChoicesView {
  /** @param {import("../core/studio.js").Studio} studio */
  constructor(studio) {
    const { choices } = studio;
    this._choices = choices;
    /** What the menus and rows were made for. */
    this._made = { tools: "", speeds: "", rows: "" };
    /** @type {Map<string, (value: import("../core/wire").Value | undefined) => void>} */
    this._rows = new Map();
    this._chosen("tool", () => choices.tools, (id) => choices.set({ tool: id }));
    this._chosen("speed", () => (choices.tool ? choices.tool.speeds : []), (id) => choices.set({ speed: id }));
    byId("prompt").addEventListener("input", () => choices.set({ prompt: String(byId("prompt").value).slice(0, MAX_PROMPT) }));
    byId("seed").addEventListener("change", () => this._seed());
    for (const [id, name] of Object.entries(SWITCHES)) {
      byId(id).addEventListener("change", () => choices.set({ [name]: Boolean(byId(id).checked) }));
    }
    byId("visible").addEventListener("change", () => choices.set({ origin: byId("visible").checked ? "visible" : "layer" }));
    byId("advanced-head").addEventListener("click", (/** @type {any} */ event) => {
      if (event.target !== byId("reset")) choices.set({ isAdvancedOpen: !choices.settings.isAdvancedOpen });
    });
    byId("reset").addEventListener("click", () => choices.setParams({}));
  }

  update() {
    const { settings, tools, tool, speed, live, needs } = this._choices;
    this._menu("tool", "tools", tools, tool && tool.id);
    this._menu("speed", "speeds", tool ? tool.speeds : [], speed && speed.id);
    show(byId("tool-row"), tools.length > 1);
    show(byId("layers"), needs.box && !needs.isPasted);
    show(byId("invert"), !needs.isPasted);
    show(byId("mask"), needs.drags);
    show(byId("live"), live !== null);
    byId("speed-text").textContent = speed ? speed.text : "The server says which there are.";
    fill(byId("prompt"), settings.prompt);
    fill(byId("seed"), String(settings.seed));
    for (const [id, name] of Object.entries(SWITCHES)) byId(id).checked = settings[name];
    byId("visible").checked = settings.origin === "visible";
    this._updateRows();
  }

  /**
   * @param {string} id
   * @param {() => readonly { id: string }[]} choices
   * @param {(id: string) => void} take
   */
  _chosen(id, choices, take) {
    byId(id).addEventListener("change", () => {
      const chosen = choices()[byId(id).selectedIndex];
      if (chosen) take(chosen.id);
    });
  }

  /**
   * @param {"tool" | "speed"} id
   * @param {"tools" | "speeds"} kind
   * @param {readonly { id: string, title: string }[]} choices
   * @param {string | null} chosen
   */
  _menu(id, kind, choices, chosen) {
    const made = JSON.stringify(choices.map((each) => [each.id, each.title]));
    if (made !== this._made[kind]) {
      this._made[kind] = made;
      const menu = byId(`${id}-menu`);
      empty(menu);
      for (const each of choices) menu.appendChild(make("sp-menu-item", "", each.title));
    }
    byId(id).selectedIndex = choices.findIndex((each) => each.id === chosen);
  }

  _seed() {
    const typed = Number(String(byId("seed").value).trim());
    const isSeed = Number.isInteger(typed) && typed >= 0 && typed <= MAX_SEED;
    if (isSeed) this._choices.set({ seed: typed });
    else byId("seed").value = String(this._choices.settings.seed);
  }

  // Advanced

  _updateRows() {
    const { settings, tool, speed, params } = this._choices;
    const isOpen = settings.isAdvancedOpen;
    byId("advanced-mark").textContent = isOpen ? "\u25be" : "\u25b8";
    show(byId("advanced"), isOpen);
    show(byId("reset"), Object.keys(params.values).length > 0);
    const made = JSON.stringify([tool && tool.id, speed && speed.id, params.rows]);
    if (made !== this._made.rows) {
      this._made.rows = made;
      this._rows.clear();
      empty(byId("advanced"));
      if (!params.rows.length) byId("advanced").appendChild(make("div", "quiet", "This speed has no settings."));
      for (const row of params.rows) byId("advanced").appendChild(this._row(row));
    }
    for (const row of params.rows) this._rows.get(row.id)?.(params.values[row.id]);
  }

  /** @param {Row} row */
  _row(row) {
    const isNumber = row.kind === "int" || row.kind === "float";
    const element = make("div", "param");
    const line = make("div", isNumber ? "row" : "");
    const wrong = make("div", "wrong hidden");
    const set = (/** @type {string | boolean} */ typed) => {
      show(wrong, false);
      try {
        this._choices.setParam(row, typed);
      } catch (error) {
        if (!(error instanceof FormError)) throw error;
        wrong.textContent = words.form(error);
        show(wrong, true);
      }
    };
    const widget = this._widget(row, set);
    const title = row.unit ? `${row.title} (${row.unit})` : row.title;
    if (row.kind !== "bool") line.appendChild(make("div", isNumber ? "title grow" : "title", title));
    widget.element.setAttribute("id", `param-${row.id}`);
    line.appendChild(widget.element);
    element.appendChild(line);
    element.appendChild(wrong);
    this._rows.set(row.id, (value) => {
      element.classList.toggle("is-changed", value !== undefined);
      widget.show(value === undefined ? row.default : value);
    });
    return element;
  }

  /**
   * @param {Row} row
   * @param {(typed: string | boolean) => void} set
   * @returns {{ element: any, show: (value: import("../core/wire").Value) => void }}
   */
  _widget(row, set) {
    if (row.kind === "bool") {
      const box = make("sp-checkbox", "title", row.title);
      box.addEventListener("change", () => set(Boolean(box.checked)));
      return { element: box, show: (value) => void (box.checked = Boolean(value)) };
    }
    if (row.kind === "choice") {
      const list = make("sp-dropdown", "wide");
      const menu = make("sp-menu");
      menu.setAttribute("slot", "options");
      for (const choice of row.choices) menu.appendChild(make("sp-menu-item", "", choice));
      list.appendChild(menu);
      list.addEventListener("change", () => set(row.choices[list.selectedIndex] || ""));
      return { element: list, show: (value) => void (list.selectedIndex = row.choices.indexOf(String(value))) };
    }
    const field = make("sp-textfield", "number");
    field.addEventListener("change", () => set(String(field.value)));
    return { element: field, show: (value) => fill(field, row.text(value)) };
  }
}

module.exports = { ChoicesView };
