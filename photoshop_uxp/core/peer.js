// @ts-check
/** The panel's side of a conversation without any socket: what must be remembered between two of them. */
"use strict";

const { VERSION } = require("./limits.js");
const { decode } = require("./messages.js");

/**
 * @typedef {import("./wire").Client} Client
 * @typedef {import("./wire").Resume} Resume
 */

/** Numbers requests, resumes the session, and lets every reliable event through once. */
class Peer {
  /**
   * @param {Client} client
   * @param {Resume | null} [resume]
   */
  constructor(client, resume = null) {
    this._client = client;
    this._count = 0;
    /** @type {string | null} */
    this.session = resume === null ? null : resume.session;
    this.lastSeq = resume === null ? 0 : resume.last_seq;
  }

  nextId() {
    this._count += 1;
    return String(this._count);
  }

  /**
   * The first message on a new socket.
   * @returns {import("./wire").Hello}
   */
  hello() {
    /** @type {import("./wire").Hello} */
    const hello = { type: "hello", id: this.nextId(), versions: [VERSION, VERSION], client: this._client };
    if (this.session !== null) hello.resume = { session: this.session, last_seq: this.lastSeq };
    return hello;
  }

  /**
   * The message, or null where it was heard before or is of a type that a newer server has. Throws a WireError for
   * what is no message at all.
   * @param {string} text
   */
  receive(text) {
    const message = decode(text);
    if (message === null) return null;
    if (message.type === "welcome") {
      if (!message.session.is_resumed) this.lastSeq = message.session.next_seq - 1;
      this.session = message.session.id;
    }
    if ("seq" in message) {
      if (message.seq <= this.lastSeq) return null;
      this.lastSeq = message.seq;
    }
    return message;
  }

  /** Begins anew: another program has taken the session over. */
  forget() {
    this.session = null;
    this.lastSeq = 0;
  }
}

module.exports = { Peer };
