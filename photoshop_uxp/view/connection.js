// @ts-check
/** The line about the server, and the box in which a panel is paired with one. */
"use strict";

const words = require("../core/words.js");
const { DEFAULT_PORT } = require("../core/limits.js");
const { byId, fill, show } = require("./elements.js");

/** @type {Record<import("../core/connection.js").Line, string>} */
const LIGHTS = {
  connected: "good", connecting: "busy", no_server: "bad", refused: "bad", unpaired: "", stopped: "",
};

class ConnectionView {
  /** @param {import("../core/studio.js").Studio} studio */
  constructor(studio) {
    this._studio = studio;
    this._isOpen = false;
    byId("server").addEventListener("click", () => this._button());
    byId("pair").addEventListener("click", () => void this._pair());
    byId("code").addEventListener("keydown", (/** @type {any} */ event) => {
      if (event.key === "Enter") void this._pair();
    });
    byId("address").addEventListener("change", () => void studio.access.setAddress(byId("address").value));
    byId("address").setAttribute("placeholder", `127.0.0.1:${DEFAULT_PORT}`);
  }

  update() {
    const { status, choices } = this._studio;
    const said = words.status(status);
    byId("light").setAttribute("class", LIGHTS[status.line]);
    byId("status").textContent = said.text;
    const isNeeded = said.action === "pair";
    show(byId("pairing"), isNeeded || this._isOpen);
    byId("server").textContent = said.action === "retry" ? "Try again" : this._isOpen || isNeeded ? "Close" : "Server";
    show(byId("server"), !isNeeded);
    fill(byId("address"), choices.settings.address);
  }

  _button() {
    const { action } = words.status(this._studio.status);
    if (action === "retry" && !this._isOpen) {
      this._isOpen = true;
      this._studio.session.connection.retry();
    } else {
      this._isOpen = !this._isOpen;
    }
    this.update();
  }

  async _pair() {
    const field = byId("code");
    await this._studio.access.pair(String(field.value || ""));
    if (this._studio.talk.said) return;
    field.value = "";
    this._isOpen = false;
    this.update();
  }
}

module.exports = { ConnectionView };
