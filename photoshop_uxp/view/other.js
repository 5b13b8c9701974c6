// @ts-check
/** The layer that an object or a look comes from, and what of it is meant. */
"use strict";

const { byId, empty, enable, make, show } = require("./elements.js");

class OtherView {
  /** @param {import("../core/studio.js").Studio} studio */
  constructor(studio) {
    this._studio = studio;
    this._made = "";
    byId("other").addEventListener("change", () => {
      const chosen = studio.front.others[byId("other").selectedIndex];
      if (chosen) studio.hand.takeFrom(chosen.id);
    });
    byId("use-selection").addEventListener("click", () => void studio.hand.useSelection());
    byId("use-all").addEventListener("click", () => studio.hand.useAll());
  }

  update() {
    const { choices, front } = this._studio;
    show(byId("other-row"), choices.needs.other);
    if (!choices.needs.other) return;
    const { others, work } = front;
    const made = JSON.stringify(others);
    if (made !== this._made) {
      this._made = made;
      empty(byId("other-menu"));
      for (const { name } of others) byId("other-menu").appendChild(make("sp-menu-item", "", name));
    }
    byId("other").selectedIndex = others.findIndex(({ id }) => id === work.other);
    const isSelected = work.otherMask !== null;
    byId("other-text").textContent = isSelected ? "What was selected on it" : "All that it shows";
    show(byId("use-all"), isSelected);
    enable(byId("use-selection"), Boolean(work.other) && front.desk.selection !== null);
  }
}

module.exports = { OtherView };
