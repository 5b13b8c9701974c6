// @ts-check
/** What is wrong with a message or with what a person asked for. */
"use strict";

/** `code` is the protocol's; `path` names the field, as `$.drags[3].handle[0]`. */
class WireError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {string | null} [path]
   */
  constructor(code, message, path = null) {
    super(message);
    this.code = code;
    this.path = path;
  }
}

/** What is asked for cannot be done; the text is for the person. */
class Refused extends Error {}

module.exports = { WireError, Refused };
