// @ts-check
/** The picture with what a hand does on it: how it lies in the panel, and which hand a press goes to. */
"use strict";

const { Raster } = require("../core/pixels.js");
const { Viewport } = require("../core/viewport.js");
const words = require("../core/words.js");
const { ArrowHand } = require("./arrow_hand.js");
const { BoxHand } = require("./box_hand.js");
const { byId, make, show } = require("./elements.js");
const picture = require("./picture.js");

/** A press that moves less is none. */
const STILL_PX = 3;
const RATIO = 0.75;
const MIN_HEIGHT_PX = 160;
const MAX_HEIGHT_PX = 460;
const BADGE_PX = 9;
/** Of what may not change. */
const SHADE = 120;

/**
 * @typedef {import("../core/rect.js").XY} XY
 * @typedef {import("../core/studio.js").Studio} Studio
 * @typedef {object} Board what a hand draws on
 * @property {any} context
 * @property {(xy: XY) => XY} toView
 * @property {[number, number]} size
 * @property {(at: XY, text: string, isSelected: boolean) => void} badge
 * @typedef {object} Press of a pointer
 * @property {XY} view px of the stage
 * @property {(xy: XY) => XY} toView
 * @property {[number, number]} size of the stage
 * @property {XY} place px of the document, within it
 * @property {XY} free px of the document, wherever it is
 * @property {boolean} isShift
 * @property {boolean} isAlt
 * @typedef {{ kind: "hand", hand: ArrowHand | BoxHand, from: XY, hasMoved: boolean } | { kind: "pan", last: XY }} Grip
 */

class Stage {
  /** @param {Studio} studio */
  constructor(studio) {
    this._studio = studio;
    this._arrows = new ArrowHand(studio);
    this._box = new BoxHand(studio);
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

  /** Another picture, selection, tool or part of the document. */
  pictureChanged() {
    const { front, hand, choices } = this._studio;
    const { region, picture: raster, mask, desk } = front;
    this._stopListening();
    this._stopListening = hand.subject.listen(() => this._drawHand());
    this._view.show(region);
    this._put("picture", raster && { rect: region, picture: raster });
    this._put("shade", raster && mask && !choices.needs.box && { rect: region, picture: shadeOf(mask) });
    byId("stage-empty").textContent = desk.problem
      ? words.LAYERS[desk.problem]
      : desk.document ? "Reading the picture" : words.LAYERS.no_document;
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
    const { region, picture: raster } = this._studio.front;
    const wanted = raster ? (width * region.height) / Math.max(1, region.width) : width * RATIO;
    const height = Math.round(Math.min(Math.max(wanted, MIN_HEIGHT_PX), MAX_HEIGHT_PX, Math.max(MIN_HEIGHT_PX, 1.2 * width)));
    this._element.style.height = `${height}px`;
    this._view.resize(width, height);
    this.draw();
  }

  /** Lays the pictures where they belong, and what the hand does over them. */
  draw() {
    for (const { image, rect } of Object.values(this._layers)) {
      if (rect === null) continue;
      const place = this._view.place(rect);
      for (const side of /** @type {const} */ (["left", "top", "width", "height"])) image.style[side] = `${place[side]}px`;
    }
    this._drawHand();
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
   * @param {import("../core/studio.js").Overlay | null | false} shown
   */
  _put(name, shown) {
    const layer = this._layers[name];
    layer.rect = shown ? shown.rect : null;
    show(layer.image, Boolean(shown));
    if (shown) picture.put(layer.image, shown.picture);
  }

  /** @returns {[number, number]} */
  get _size() {
    return [this._view.width, this._view.height];
  }

  /** The hand of the tool. */
  get _hand() {
    const { needs } = this._studio.choices;
    return needs.drags ? this._arrows : needs.box ? this._box : null;
  }

  _drawHand() {
    // A canvas cannot be cleared everywhere; each drawing has one of its own.
    if (this._canvas !== null) this._element.removeChild(this._canvas);
    for (const badge of this._badges) this._element.removeChild(badge);
    this._badges = [];
    const canvas = make("canvas", "layer");
    canvas.width = Math.round(this._view.width);
    canvas.height = Math.round(this._view.height);
    this._canvas = canvas;
    this._element.appendChild(canvas);
    if (this._studio.front.picture === null || this._hand === null) return;
    const context = canvas.getContext("2d");
    const toView = (/** @type {XY} */ xy) => this._view.toView(xy);
    this._hand.draw({ context, toView, size: this._size, badge: (at, text, isSelected) => this._badge(at, text, isSelected) });
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

  // The pointer

  /** @param {any} event @returns {XY} */
  _at(event) {
    const { left, top } = this._element.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  /** @param {any} event @returns {Press} */
  _pressOf(event) {
    const view = this._at(event);
    const free = this._view.toDocument(view);
    const [width, height] = this._studio.front.desk.size;
    /** @type {XY} */
    const place = [Math.min(Math.max(free[0], 0), width - 1), Math.min(Math.max(free[1], 0), height - 1)];
    const toView = (/** @type {XY} */ xy) => this._view.toView(xy);
    return { view, free, place, toView, size: this._size, isShift: event.shiftKey, isAlt: event.altKey };
  }

  /** @param {any} event */
  _press(event) {
    if (this._grip !== null || this._studio.front.picture === null) return;
    this._capture(event);
    const at = this._at(event);
    const hand = this._hand;
    if (this._isHand || event.button === 1) this._grip = { kind: "pan", last: at };
    else if (!event.button && hand !== null && hand.press(this._pressOf(event))) {
      this._grip = { kind: "hand", hand, from: at, hasMoved: false };
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
    grip.hand.move(this._pressOf(event));
  }

  /** @param {boolean} isKept */
  _release(isKept) {
    const grip = this._grip;
    this._grip = null;
    if (grip !== null && grip.kind === "hand") grip.hand.release(isKept, grip.hasMoved);
  }

  /** @param {any} event */
  _wheel(event) {
    if (this._studio.front.picture === null) return;
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
