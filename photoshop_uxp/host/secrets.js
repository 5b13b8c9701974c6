// @ts-check
/** The panel's key to the server, in Photoshop's secure storage. */
"use strict";

const { uxp } = require("./photoshop.js");

const TOKEN = "dragbrush.token";

/** The published types have it elsewhere than Photoshop does. */
const { secureStorage } = /** @type {any} */ (uxp.storage);

async function readToken() {
  try {
    const bytes = await secureStorage.getItem(TOKEN);
    return bytes ? String.fromCharCode(...bytes) : "";
  } catch (error) {
    return "";
  }
}

/** @param {string} token empty to forget it */
async function keepToken(token) {
  if (token) await secureStorage.setItem(TOKEN, Uint8Array.from(token, (sign) => sign.charCodeAt(0)));
  else await secureStorage.removeItem(TOKEN);
}

module.exports = { readToken, keepToken };
