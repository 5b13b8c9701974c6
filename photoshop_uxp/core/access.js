// @ts-check
/** The panel's way to its server: an address, and the key that pairing gives. */
"use strict";

const pairing = require("./pairing.js");

/** @typedef {import("./studio.js").Outside} Outside */

class Access {
  /**
   * @param {Outside} outside
   * @param {import("./choices.js").Choices} choices
   * @param {import("./talk.js").Talk} talk
   */
  constructor(outside, choices, talk) {
    this._outside = outside;
    this._choices = choices;
    this._talk = talk;
    this._token = "";
    /** @type {import("./connection.js").Connection | null} */
    this._connection = null;
  }

  /** Before anything is sent. @param {import("./connection.js").Connection} connection */
  async start(connection) {
    this._connection = connection;
    this._token = await this._outside.host.readToken();
  }

  /** Where the server is, and the key to it; null where one of both is not known. */
  find() {
    if (!this._token) return null;
    try {
      return { url: pairing.socketUrl(this._place), token: this._token };
    } catch (error) {
      return null;
    }
  }

  /** @param {string} code */
  pair(code) {
    return this._talk.saying(async () => {
      this._token = await pairing.pair(this._outside.fetch, this._place, code);
      await this._outside.host.keepToken(this._token);
      this._connection?.retry();
      this._talk.say("");
    });
  }

  async unpair() {
    this._token = "";
    await this._outside.host.keepToken("");
    this._connection?.drop();
    this._talk.tell("connection");
  }

  /** @param {string} typed */
  setAddress(typed) {
    return this._talk.saying(async () => {
      pairing.placeOf(typed);
      this._choices.set({ address: typed.trim() });
      this._connection?.drop();
      this._connection?.retry();
      this._talk.say("");
    });
  }

  get _place() {
    return pairing.placeOf(this._choices.settings.address);
  }
}

module.exports = { Access };
