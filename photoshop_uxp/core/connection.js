// @ts-check
/**
 * A connection that comes back: requests are answered, events come once, whatever the socket does. Knows no jobs.
 */
"use strict";

const { Later, sleep } = require("./clock.js");
const { SUBPROTOCOL, TOKEN_SUBPROTOCOL } = require("./limits.js");
const { WireError } = require("./errors.js");
const { encode } = require("./messages.js");
const { packFrame, parseFrame } = require("./frames.js");

/** Between two tries to connect; each wait is drawn from the half to the whole of a doubling time. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10000;
/** Between two looks whether an address and a token are there. */
const LOOK_MS = 1000;
const OPEN_MS = 10000;
const WELCOME_MS = 10000;
/** A server that owes an answer for so long is taken for lost. */
const ANSWER_MS = 60000;
/** For 512 MB over a slow network. */
const FETCH_MS = 600000;
/** Handed to the socket and not sent yet; more waits, so that progress and Cancel need not. */
const WAITING_BYTES = 4 * 1024 * 1024;
const DRAIN_MS = 10;
/** A socket that takes nothing for so long is lost. */
const STUCK_MS = 60000;
const REPLACED = 4409;
const REVOKED = 4401;

/**
 * @typedef {import("./wire").Welcome} Welcome
 * @typedef {import("./wire").FromServer} FromServer
 * @typedef {import("./wire").Request} Request
 * @typedef {import("./frames.js").Frame} Frame
 * @typedef {{ url: string, token: string }} Address
 * @typedef {"unpaired" | "no_server" | "connecting" | "connected" | "refused" | "stopped"} Line
 * @typedef {object} Socket
 * @property {string} binaryType
 * @property {number} bufferedAmount
 * @property {(data: any) => void} send
 * @property {(code?: number, reason?: string) => void} close
 * @property {((event: any) => void) | null} onopen
 * @property {((event: any) => void) | null} onmessage
 * @property {((event: any) => void) | null} onclose
 * @property {((event: any) => void) | null} onerror
 * @typedef {object} Hearer
 * @property {(line: Line, why: string) => void} status
 * @property {(message: FromServer) => void} hear
 * @property {(frame: Frame) => void} hearFrame
 * @property {() => void} lost
 * @property {(isResumed: boolean) => void} back
 * @typedef {object} Surroundings
 * @property {() => Address | null} find
 * @property {(url: string, protocols: string[]) => Socket} open
 * @property {(address: Address) => Promise<string>} whyNot
 * A word for why no socket came to be: "silent", "token", "door" or "permission". A WebSocket does not tell.
 * @property {import("./clock.js").Clock} clock
 */

/** The socket went before all was said on it. */
class Lost extends Error {}

/** The same would be said to the next try. Its text is a word that `words.status` makes a sentence of. */
class RefusedForGood extends Error {}

class Connection {
  /**
   * @param {Surroundings} around `find` is asked before each try.
   * @param {import("./peer.js").Peer} peer
   * @param {Hearer} hearer none of it may throw.
   */
  constructor(around, peer, hearer) {
    this._around = around;
    this._peer = peer;
    this._hearer = hearer;
    /** @type {Socket | null} */
    this._socket = null;
    /** @type {Later<void>} */
    this._up = new Later();
    /** @type {Later<void>} */
    this._again = new Later();
    /** @type {Map<string, Later<any>>} */
    this._answers = new Map();
    this._isStopped = false;
    /** @type {Welcome | null} */
    this.welcome = null;
    /** Number of the welcome that the socket of the moment began with. */
    this.line = 0;
  }

  get isUp() {
    return this._up.isSet;
  }

  /** Tries now, whatever was refused before. */
  retry() {
    this._again.set(undefined);
  }

  /** Loses the socket, as a network would. */
  drop() {
    const socket = this._socket;
    if (socket === null) return;
    socket.close();
    // The closing handshake of a dead peer may take minutes; nothing waits for it.
    if (socket.onclose) socket.onclose({ code: 1006 });
  }

  stop() {
    this._isStopped = true;
    this.drop();
    this.retry();
    this._hearer.status("stopped", "");
  }

  /** Looks for a server and speaks with it, again and again, until `stop`. */
  async keep() {
    const { find, clock } = this._around;
    let wait = FIRST_WAIT_MS;
    let why = "";
    while (!this._isStopped) {
      const address = find();
      if (address === null) {
        this._hearer.status("unpaired", "");
        await this._pause(LOOK_MS);
        wait = FIRST_WAIT_MS;
        why = "";
        continue;
      }
      // After a try in vain the next one is nothing new to show.
      if (!why) this._hearer.status("connecting", "");
      const line = this.line;
      try {
        why = await this._converse(address);
      } catch (error) {
        if (!(error instanceof RefusedForGood)) throw error;
        this._hearer.status("refused", error.message);
        await this._pauseUntilOther(address);
        why = "";
        continue;
      }
      if (this._isStopped) break;
      if (this.line !== line) wait = FIRST_WAIT_MS;
      this._hearer.status(why ? "no_server" : "connecting", why);
      if (await this._pause(wait * (0.5 + 0.5 * clock.random()))) {
        wait = FIRST_WAIT_MS;
        why = "";
      } else {
        wait = Math.min(2 * wait, LONGEST_WAIT_MS);
      }
    }
  }

  /**
   * The answer to a request, which is made with its number; asked again if the socket is lost meanwhile.
   *
   * Every request of this protocol may be repeated. Waits for a server as long as it takes. Throws the server's error
   * as a WireError.
   * @param {(id: string) => Request} make
   * @param {number} [waitMs]
   * @returns {Promise<any>}
   */
  async ask(make, waitMs = ANSWER_MS) {
    for (;;) {
      await this._up.promise;
      const id = this._peer.nextId();
      const text = encode(make(id));
      /** @type {Later<any>} */
      const answer = new Later();
      this._answers.set(id, answer);
      try {
        this._send(text);
        await answer.within(this._around.clock, waitMs);
      } catch (error) {
        if (error instanceof Lost) continue;
        throw error;
      } finally {
        this._answers.delete(id);
      }
      if (!answer.isSet) this.drop();
      else if (answer.value instanceof WireError) throw answer.value;
      else if (!(answer.value instanceof Lost)) return answer.value;
    }
  }

  /**
   * On that line only. Throws Lost.
   * @param {Frame} frame
   * @param {number} line
   */
  async sendFrame(frame, line) {
    let waited = 0;
    for (;;) {
      if (line !== this.line || !this.isUp || this._socket === null) throw new Lost();
      if (!(this._socket.bufferedAmount > WAITING_BYTES)) break;
      if (waited > STUCK_MS) {
        this.drop();
        throw new Lost();
      }
      await sleep(this._around.clock, DRAIN_MS);
      waited += DRAIN_MS;
    }
    this._send(packFrame(frame));
  }

  /** @param {string | Uint8Array} data */
  _send(data) {
    if (this._socket === null) throw new Lost();
    try {
      this._socket.send(data);
    } catch (error) {
      // Seen here before the close is: nobody shall try this socket again and again until then.
      this._up = new Later();
      this.drop();
      throw new Lost();
    }
  }

  /**
   * Whether someone asked for another try before the time was over.
   * @param {number} ms
   */
  async _pause(ms) {
    const isAsked = await this._again.within(this._around.clock, ms);
    if (isAsked) this._again = new Later();
    return isAsked;
  }

  /**
   * Until there is another server than the one that refused, or someone asks for another try.
   * @param {Address} refused
   */
  async _pauseUntilOther(refused) {
    while (!this._isStopped) {
      const found = this._around.find();
      if (found === null || found.url !== refused.url || found.token !== refused.token) return;
      if (await this._pause(LOOK_MS)) return;
    }
  }

  /**
   * Until the socket is gone; a word for what was in the way, if anything was. Throws RefusedForGood.
   * @param {Address} address
   * @returns {Promise<string>}
   */
  async _converse(address) {
    const before = this.line;
    /** @type {Later<{ isOpen: boolean, code: number, error?: Error }>} */
    const over = new Later();
    let isOpen = false;
    let why = "";
    let socket;
    try {
      socket = this._around.open(address.url, [SUBPROTOCOL, TOKEN_SUBPROTOCOL + address.token]);
    } catch (error) {
      return this._whyNot(address);
    }
    const impatient = () => this.drop();
    let stop = this._around.clock.later(OPEN_MS, impatient);
    const hello = this._peer.hello();
    this._socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      isOpen = true;
      stop();
      stop = this._around.clock.later(WELCOME_MS, impatient);
      socket.send(encode(hello));
    };
    socket.onmessage = (event) => {
      const message = this._received(event.data);
      if (message === null) return;
      if (message.type === "error" && message.re === hello.id) {
        if (message.code === "unsupported") over.set({ isOpen, code: 0, error: new RefusedForGood("version") });
        why = "busy";
        socket.close();
        return;
      }
      if (message.type === "welcome") stop();
      this._take(message);
    };
    socket.onerror = () => {
      // Of one that never opened, not every WebSocket says that it is closed.
      if (!isOpen) over.set({ isOpen, code: 0 });
    };
    socket.onclose = (event) => over.set({ isOpen, code: Number(event && event.code) || 0 });

    const end = await over.promise;
    stop();
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close();
    this._lose();
    if (end.error) throw end.error;
    if (end.code === REPLACED) {
      this._peer.forget();
      throw new RefusedForGood("replaced");
    }
    if (end.code === REVOKED) throw new RefusedForGood("token");
    if (!end.isOpen) return this._whyNot(address);
    return why || (this.line === before ? "strange" : "");
  }

  /** @param {Address} address */
  async _whyNot(address) {
    if (this._isStopped) return "";
    const why = await this._around.whyNot(address);
    if (why !== "silent" && why !== "busy") throw new RefusedForGood(why);
    return why;
  }

  /**
   * @param {unknown} data
   * @returns {FromServer | null}
   */
  _received(data) {
    try {
      if (typeof data === "string") return this._peer.receive(data);
      this._hearer.hearFrame(parseFrame(new Uint8Array(/** @type {ArrayBuffer} */ (data))));
    } catch (error) {
      // One message that cannot be used does not end the conversation.
      if (!(error instanceof WireError)) throw error;
    }
    return null;
  }

  /** @param {FromServer} message */
  _take(message) {
    if (message.type === "welcome") {
      this.welcome = message;
      this.line += 1;
      this._up.set(undefined);
      this._hearer.status("connected", "");
      this._hearer.back(message.session.is_resumed);
      return;
    }
    if (!("re" in message) || message.re === null) {
      this._hearer.hear(message);
      return;
    }
    const answer = this._answers.get(message.re);
    if (answer === undefined) return;
    answer.set(
      message.type === "error" ? new WireError(message.code, message.message, message.path || null) : message,
    );
  }

  _lose() {
    this._socket = null;
    if (this._up.isSet) this._up = new Later();
    for (const answer of this._answers.values()) answer.set(new Lost());
    this._hearer.lost();
  }
}

module.exports = { Connection, Lost, ANSWER_MS, FETCH_MS };
