// @ts-check
/** The picture with the arrows: where points are placed, pulled and seen. */
"use strict";

const { RING_LINE_PX, RING_PX, arrow, badgePlace } = require("../core/arrows.js");
const { PointsFull, constrained, nearestEnd } = require("../core/points.js");
const { Raster } = require("../core/pixels.js");
const { Viewport } = require("../core/viewport.js");
const words = require("../core/words.js");
const { byId, make, show } = require("./elements.js");
const picture = require("./picture.js");

/** Round an end, within which it is taken. */
const REACH_PX = 12;
/** A press that moves less is none. */
const STILL_PX = 3;
const RATIO = 0.75;
const MIN_HEIGHT_PX = 160;
const MAX_HEIGHT_PX = 460;
const BADGE_PX = 9;
const HANDLE_COLOUR = "#ff5c40";
const TARGET_COLOUR = "#2496ff";
const LIGHT = "#ffffff";
const DARK = "#000000";
/** Of what may not change. */
const SHADE = 120;

/**
 * @typedef {import("../core/rect.js").XY} XY
 * @typedef {import("../core/studio.js").Studio} Studio
 * @typedef {{ kind: "end", index: number, end: import("../core/points.js").End, isNew: boolean, from: XY, hasMoved: boolean }
 *   | { kind: "pan", last: XY }} Grip
 */

class Stage {
  /** @param {Studio} studio */
  constructor(studio) {
    this._studio = studio;
    this._view = new Viewport();
    this._element = byId("stage");
    /** @type {Record<"picture" | "overlay" | "shade", { image: any, rect: import("../core/rect.js").Rect | null }>} */
    this._layers = {
      picture: this._layer("picture"),
      overlay: this._layer("overlay"),
      shade: this._layer("shade"),
    };
    /** @type {any} */
    this._canvas = null;
    /** @type {any[]} */
    this._badges = [];
    /** @type {Grip | null} */
    this._grip = null;
    this._isHand = false;
    this._stopListening = () => {};

    this._on("pointerdown", (event) => this._press(event));
    this._on("pointermove", (event) => this._move(event));
    this._on("pointerup", () => this._release(true));
    this._on("pointercancel", () => this._release(false));
    this._on("wheel", (event) => this._wheel(event));
  }

  /**
   * @param {string} id
   * @returns {{ image: any, rect: import("../core/rect.js").Rect | null }}
   */
  _layer(id) {
    const image = make("img", "layer hidden");
    image.setAttribute("id", `stage-${id}`);
    this._element.appendChild(image);
    return { image, rect: null };
  }

  /**
   * @param {string} name
   * @param {(event: any) => void} heard
   */
  _on(name, heard) {
    this._element.addEventListener(name, heard);
  }

  // What is seen

  /** Another picture, selection or part of the document. */
  pictureChanged() {
    const { region, picture: raster, mask } = this._studio;
    this._listen();
    this._view.show(region);
    this._put("picture", raster && { rect: region, picture: raster });
    this._put("shade", raster && mask && { rect: region, picture: shadeOf(mask) });
    const { problem, document: id } = this._studio.desk;
    byId("stage-empty").textContent = problem ? words.LAYERS[problem] : id ? "Reading the picture" : words.LAYERS.no_document;
    show(byId("stage-empty"), raster === null);
    this.layout();
  }

  overlayChanged() {
    this._put("overlay", this._studio.overlay);
    this.layout();
  }

  /** Fits all to the panel's size of the moment. */
  layout() {
    const { width } = this._element.getBoundingClientRect();
    if (!(width > 0)) return;
    const { region } = this._studio;
    const wanted = this._studio.picture ? (width * region.height) / Math.max(1, region.width) : width * RATIO;
    const height = Math.round(Math.min(Math.max(wanted, MIN_HEIGHT_PX), MAX_HEIGHT_PX, Math.max(MIN_HEIGHT_PX, 1.2 * width)));
    this._element.style.height = `${height}px`;
    this._view.resize(width, height);
    this.draw();
  }

  /** Lays the pictures where they belong, and the arrows over them. */
  draw() {
    for (const { image, rect } of Object.values(this._layers)) {
      if (rect === null) continue;
      const place = this._view.place(rect);
      for (const side of /** @type {const} */ (["left", "top", "width", "height"])) image.style[side] = `${place[side]}px`;
    }
    this._drawArrows();
  }

  /** @param {number} steps */
  zoom(steps) {
    if (steps) this._view.zoomBy(steps);
    else this._view.fit();
    this.draw();
  }

  toggleHand() {
    this._isHand = !this._isHand;
    this._element.classList.toggle("is-hand", this._isHand);
    return this._isHand;
  }

  /**
   * @param {"picture" | "overlay" | "shade"} name
   * @param {import("../core/studio.js").Overlay | null} shown
   */
  _put(name, shown) {
    const layer = this._layers[name];
    layer.rect = shown && shown.rect;
    show(layer.image, shown !== null);
    if (shown !== null) picture.put(layer.image, shown.picture);
  }

  _drawArrows() {
    // A canvas cannot be cleared everywhere; each drawing has one of its own.
    if (this._canvas !== null) this._element.removeChild(this._canvas);
    for (const badge of this._badges) this._element.removeChild(badge);
    this._badges = [];
    const canvas = make("canvas", "layer");
    canvas.width = Math.round(this._view.width);
    canvas.height = Math.round(this._view.height);
    this._canvas = canvas;
    this._element.appendChild(canvas);
    if (this._studio.picture === null) return;
    const context = canvas.getContext("2d");
    const { pairs, selected } = this._studio.points;
    const order = pairs.map((_, index) => index).sort((a, b) => Number(a === selected) - Number(b === selected));
    for (const index of order) {
      const handle = this._view.toView(pairs[index].handle);
      const target = this._view.toView(pairs[index].target);
      drawPair(context, handle, target, index === selected);
      this._badge(badgePlace(handle, target), String(index + 1), index === selected);
    }
  }

  /**
   * A canvas writes no text.
   * @param {XY} at
   * @param {string} number
   * @param {boolean} isSelected
   */
  _badge([x, y], number, isSelected) {
    const badge = make("div", isSelected ? "badge is-selected" : "badge", number);
    badge.style.left = `${x - BADGE_PX}px`;
    badge.style.top = `${y - BADGE_PX}px`;
    this._element.appendChild(badge);
    this._badges.push(badge);
  }

  /** To the points of the layer of the moment. */
  _listen() {
    this._stopListening();
    this._stopListening = this._studio.points.listen(() => this._drawArrows());
  }

  // The hand

  /** @param {any} event @returns {XY} */
  _at(event) {
    const { left, top } = this._element.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  /** @param {any} event */
  _press(event) {
    if (this._grip !== null || this._studio.picture === null) return;
    this._capture(event);
    const at = this._at(event);
    if (this._isHand || event.button === 1) {
      this._grip = { kind: "pan", last: at };
      return;
    }
    if (event.button) return;
    const { points } = this._studio;
    const found = nearestEnd(points.pairs, at, (xy) => this._view.toView(xy), REACH_PX);
    if (found !== null && event.altKey) {
      points.delete(found.index);
      this._studio.pointsChanged();
      return;
    }
    this._studio.beginPull();
    try {
      const index = found === null ? points.add(this._onPicture(at)) : found.index;
      points.select(index);
      const end = found === null ? "target" : found.end;
      this._grip = { kind: "end", index, end, isNew: found === null, from: at, hasMoved: false };
    } catch (error) {
      if (!(error instanceof PointsFull)) throw error;
      this._studio.endPull(false);
      this._studio.say(words.POINTS_FULL);
    }
  }

  /** @param {any} event */
  _move(event) {
    const grip = this._grip;
    if (grip === null) return;
    const at = this._at(event);
    if (grip.kind === "pan") {
      this._view.pan(at[0] - grip.last[0], at[1] - grip.last[1]);
      grip.last = at;
      this.draw();
      return;
    }
    if (!grip.hasMoved && Math.hypot(at[0] - grip.from[0], at[1] - grip.from[1]) < STILL_PX) return;
    grip.hasMoved = true;
    const { points } = this._studio;
    const pair = points.pairs[grip.index];
    let to = this._onPicture(at);
    if (event.shiftKey) to = constrained(grip.end === "target" ? pair.handle : pair.target, to);
    points.move(grip.index, grip.end, to);
  }

  /** @param {boolean} isKept */
  _release(isKept) {
    const grip = this._grip;
    this._grip = null;
    if (grip === null || grip.kind === "pan") return;
    // A press that pulled nothing places nothing.
    this._studio.endPull(isKept && (grip.hasMoved || !grip.isNew));
  }

  /** @param {any} event */
  _wheel(event) {
    if (this._studio.picture === null) return;
    event.preventDefault();
    this._view.zoomBy(event.deltaY < 0 ? 0.5 : -0.5, this._at(event));
    this.draw();
  }

  /** @param {any} event */
  _capture(event) {
    try {
      this._element.setPointerCapture(event.pointerId);
    } catch (error) {
      // Without it a pull ends where it leaves the stage.
    }
  }

  /**
   * A place of the document, within it.
   * @param {XY} at
   * @returns {XY}
   */
  _onPicture(at) {
    const [x, y] = this._view.toDocument(at);
    const [width, height] = this._studio.desk.size;
    return [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)];
  }
}

/**
 * @param {any} context
 * @param {XY} handle
 * @param {XY} target
 * @param {boolean} isSelected
 */
function drawPair(context, handle, target, isSelected) {
  const outline = arrow(handle, target);
  if (outline.length) {
    trace(context, outline);
    context.lineJoin = "round";
    stroke(context, DARK, isSelected ? 6 : 4.5, 0.5);
    stroke(context, LIGHT, isSelected ? 3.5 : 2.5, 1);
    context.fillStyle = TARGET_COLOUR;
    context.fill();
  } else if (Math.hypot(target[0] - handle[0], target[1] - handle[1]) > 1) {
    circle(context, target, 2.6);
    context.fillStyle = TARGET_COLOUR;
    context.fill();
  }
  circle(context, handle, RING_PX);
  stroke(context, DARK, RING_LINE_PX + 4.5, 0.5);
  stroke(context, LIGHT, RING_LINE_PX + 2.5, 1);
  stroke(context, HANDLE_COLOUR, RING_LINE_PX, 1);
}

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

/**
 * Darkens what may not change.
 * @param {Raster} mask
 */
function shadeOf(mask) {
  const data = new Uint8Array(4 * mask.width * mask.height);
  for (let at = 0; at < mask.data.length; at++) data[4 * at + 3] = Math.round(((255 - mask.data[at]) * SHADE) / 255);
  return new Raster(mask.width, mask.height, "rgba", "u8", data);
}

module.exports = { Stage };
