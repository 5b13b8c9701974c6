// @ts-check
/** All that the panel asks of Photoshop. */
"use strict";

const { modally, photoshop } = require("./photoshop.js");

module.exports = {
  ...require("./desk.js"),
  ...require("./reading.js"),
  ...require("./native_arrows.js"),
  ...require("./writing.js"),
  ...require("./secrets.js"),
  modally,
  photoshop,
};
