// @ts-check
/** What is in front of the person: document, layer, selection, and word of changes to them. */
"use strict";

const words = require("../core/words.js");
const { Rect } = require("../core/rect.js");
const { documentOf, each, layerOf, modally, photoshop, rectOf, selectionOf, uxp } = require("./photoshop.js");

const { action, app, constants } = photoshop;

const EVENTS = [
  "select", "set", "make", "delete", "move", "transform", "open", "close", "newDocument", "historyStateChanged",
];

/**
 * @typedef {object} Desk what is in front of the person, as far as it can be had cheaply
 * @property {number} document 0 where none is open
 * @property {string} title
 * @property {[number, number]} size
 * @property {8 | 16} bits
 * @property {number} layer 0 where all that is visible is meant
 * @property {string} layerName
 * @property {Rect} content what of the layer has pixels
 * @property {Rect | null} selection
 * @property {keyof typeof words.LAYERS | ""} problem why it cannot be edited
 * @property {string} state changes with every change of the document that Photoshop counts
 */

function versions() {
  const { host, versions: said } = uxp;
  return { Photoshop: String(host.version), UXP: String(said.uxp), Panel: String(said.plugin) };
}

/** What an open document is called; "" where it is not open. @param {number} id */
function nameOf(id) {
  const document = documentOf(id);
  return document === null ? "" : `${document.title} ${document.width} x ${document.height}`;
}

/**
 * @param {"layer" | "visible"} origin
 * @returns {Desk}
 */
function look(origin) {
  const document = app.documents.length ? app.activeDocument : null;
  if (!document) return noDesk("no_document");
  const { width, height } = document;
  const whole = new Rect(0, 0, width, height);
  const desk = noDesk("");
  Object.assign(desk, { document: document.id, title: document.title, size: [width, height], content: whole });
  desk.bits = bitsOf(document);
  desk.selection = selectionOf(document, whole);
  desk.state = String(document.activeHistoryState ? document.activeHistoryState.id : "");
  desk.problem = problemOf(document);
  if (desk.problem || origin === "visible") return desk;

  const layers = document.activeLayers;
  if (layers.length !== 1) {
    desk.problem = layers.length ? "several" : "no_layer";
    return desk;
  }
  const layer = layers[0];
  desk.layer = layer.id;
  desk.layerName = layer.name;
  desk.content = rectOf(layer.boundsNoEffects).within(whole);
  if (layer.kind !== constants.LayerKind.NORMAL) desk.problem = "not_pixels";
  else if (!layer.visible) desk.problem = "hidden";
  else if (desk.content.isEmpty) desk.problem = "empty";
  return desk;
}

/**
 * @param {Desk["problem"]} problem
 * @returns {Desk}
 */
function noDesk(problem) {
  return {
    document: 0, title: "", size: [0, 0], bits: 8, layer: 0, layerName: "", content: new Rect(0, 0, 0, 0),
    selection: null, problem, state: "",
  };
}

/** @param {import("photoshop/dom/Document").Document} document */
function problemOf(document) {
  if (!/RGB/i.test(String(document.mode))) return "mode";
  return /32|thirtyTwo/i.test(String(document.bitsPerChannel)) ? "float" : "";
}

/** @param {import("photoshop/dom/Document").Document} document */
function bitsOf(document) {
  return /16|sixteen/i.test(String(document.bitsPerChannel)) ? 16 : 8;
}

/**
 * The layers with pixels of their own, from above, those in groups included.
 * @param {number} id
 * @returns {{ id: number, name: string }[]}
 */
function layersOf(id) {
  const document = documentOf(id);
  /** @type {(layers: any) => { id: number, name: string }[]} */
  const within = (layers) =>
    each(layers).flatMap((/** @type {any} */ { id: layer, name, kind, layers: inside }) => {
      if (inside) return within(inside);
      return kind === constants.LayerKind.NORMAL ? [{ id: layer, name }] : [];
    });
  return document === null ? [] : within(document.layers);
}

/**
 * What of a layer has pixels, within its document; null where it is gone.
 * @param {number} id
 * @param {number} layerID
 */
function contentOf(id, layerID) {
  const document = documentOf(id);
  const layer = document && layerOf(document, layerID);
  if (!document || !layer) return null;
  return rectOf(layer.boundsNoEffects).within(new Rect(0, 0, document.width, document.height));
}

/**
 * What a person does in Photoshop, as far as it says so; what is returned ends that. Some of it is said twice, some never.
 * @param {() => void} callback
 */
function listen(callback) {
  const heard = () => callback();
  void action.addNotificationListener(EVENTS, heard);
  return () => void action.removeNotificationListener(EVENTS, heard);
}

/** Made with the Pen it is an arrow; so the person has one in hand. */
async function takePen() {
  const choose = [{ _obj: "select", _target: [{ _ref: "penTool" }] }];
  await modally("Pen", 0, true, () => action.batchPlay(choose, {}));
}

module.exports = { versions, nameOf, look, layersOf, contentOf, listen, takePen };
