// @ts-check
/** Where the server is, how a six-digit code becomes this panel's token, and why a socket did not come to be. */
"use strict";

const { DEFAULT_PORT } = require("./limits.js");
const { Refused } = require("./errors.js");
const words = require("./words.js");

const PANEL = "Photoshop";
const ANSWER_MS = 5000;

/**
 * @typedef {(url: string, options: { method: string, headers: Record<string, string>, body?: string })
 *   => Promise<{ ok: boolean, status: number, json: () => Promise<any> }>} Fetch
 * @typedef {{ host: string, port: number }} Place
 */

/**
 * What a person typed: a host, a port, or both; empty for this machine's own server. Throws Refused.
 * @param {string} typed
 * @returns {Place}
 */
function placeOf(typed) {
  const text = typed.trim().replace(/^(wss?|https?):\/\//i, "").replace(/\/.*$/, "");
  if (text === "") return { host: "127.0.0.1", port: DEFAULT_PORT };
  const match = /^(?:([A-Za-z0-9.-]*[A-Za-z.][A-Za-z0-9.-]*):?)?(\d{1,5})?$/.exec(text);
  const port = match && match[2] ? Number(match[2]) : DEFAULT_PORT;
  if (!match || port < 1 || port > 65535) throw new Refused(words.BAD_ADDRESS);
  return { host: match[1] || "127.0.0.1", port };
}

/** @param {Place} place */
function textOf({ host, port }) {
  return `${host}:${port}`;
}

/** @param {Place} place */
function socketUrl(place) {
  return `ws://${textOf(place)}/v1/ws`;
}

/**
 * The token for a code. Throws Refused.
 * @param {Fetch} fetch
 * @param {Place} place
 * @param {string} code
 */
async function pair(fetch, place, code) {
  const digits = code.replace(/\s/g, "");
  if (!/^\d{6}$/.test(digits)) throw new Refused(words.BAD_CODE);
  let response;
  try {
    response = await fetch(`http://${textOf(place)}/v1/pair`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code: digits, name: PANEL }),
    });
  } catch (error) {
    throw new Refused(words.noAnswer(textOf(place), isPermission(error)));
  }
  if (response.status === 403 || response.status === 421) {
    const said = await errorOf(response);
    throw new Refused(/code/i.test(said) ? words.WRONG_CODE : words.status({ line: "refused", why: "door" }).text);
  }
  if (!response.ok) throw new Refused(words.PAIR_FAILED);
  const { token } = await response.json();
  // It becomes a subprotocol's name, which takes no other signs.
  if (typeof token !== "string" || !/^[A-Za-z0-9_.~-]+$/.test(token)) throw new Refused(words.PAIR_FAILED);
  return token;
}

/**
 * A word of `words.status` for why no socket came to be, which a WebSocket does not tell.
 * @param {Fetch} fetch
 * @param {import("./connection.js").Address} address
 * @returns {Promise<string>}
 */
async function whyNot(fetch, address) {
  const base = address.url.replace(/^ws/, "http").replace(/\/v1\/ws$/, "");
  try {
    const headers = { Authorization: `Bearer ${address.token}` };
    const { status } = await fetch(`${base}/v1/status`, { method: "GET", headers });
    if (status === 401) return "token";
    if (status === 403 || status === 421) return "door";
    return status === 429 || status === 503 ? "busy" : "silent";
  } catch (error) {
    return isPermission(error) ? "permission" : "silent";
  }
}

/** @param {{ json: () => Promise<any> }} response */
async function errorOf(response) {
  try {
    return String((await response.json()).error);
  } catch (error) {
    return "";
  }
}

/**
 * Whether the host itself forbade it, for an address that is not in the manifest.
 * @param {unknown} error
 */
function isPermission(error) {
  return /permission|manifest/i.test(String(error));
}

module.exports = { ANSWER_MS, placeOf, textOf, socketUrl, pair, whyNot };
