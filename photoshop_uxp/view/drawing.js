// @ts-check
/** Shapes on the stage's canvas, which draws lines and circles and nothing else. */
"use strict";

const LIGHT = "#ffffff";
const DARK = "#000000";

/** @typedef {import("../core/rect.js").XY} XY */

/**
 * @param {any} context
 * @param {XY[]} outline
 */
function trace(context, outline) {
  context.beginPath();
  context.moveTo(outline[0][0], outline[0][1]);
  for (const [x, y] of outline.slice(1)) context.lineTo(x, y);
  context.closePath();
}

/**
 * @param {any} context
 * @param {XY} centre
 * @param {number} radius
 */
function circle(context, [x, y], radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

/**
 * @param {any} context
 * @param {string} colour
 * @param {number} width
 * @param {number} alpha
 */
function stroke(context, colour, width, alpha) {
  context.globalAlpha = alpha;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
  context.globalAlpha = 1;
}

module.exports = { LIGHT, DARK, trace, circle, stroke };
