/**
 * Panels that are broken on purpose, each in one way that a Photoshop would punish: every one must turn a suite red.
 */
"use strict";

const { mutants } = require("./breaking.js");

mutants("core/host", [
  ["a write outside of a modal scope", "host/photoshop.js", "await core.executeAsModal(\n          async (context) => {", "await (async (work) => work({ hostControl: { suspendHistory: async () => 0, resumeHistory: async () => {} } }))(\n          async (context) => {"],
  ["a scope without its name", "host/photoshop.js", "          { commandName },\n", "          {},\n"],
  ["pictures that are not given back after reading", "host/photoshop.js", "  } finally {\n    imageData.dispose();\n  }\n}\n\n/**\n * @template T\n * @param {Raster} raster", "  } finally {\n  }\n}\n\n/**\n * @template T\n * @param {Raster} raster"],
  ["pictures that are not given back after writing", "host/photoshop.js", "    return await use(imageData);\n  } finally {\n    imageData.dispose();", "    return await use(imageData);\n  } finally {"],
  ["trimmed bounds that are taken as asked", "host/reading.js", "replaced(rect, rectOf(result.sourceBounds), tile)", "replaced(rect, rect, tile)"],
  ["always four components", "host/photoshop.js", 'components === 4 ? "rgba" : components === 3 ? "rgb" : "gray"', '"rgba"'],
  ["sixteen bits at half their range", "host/photoshop.js", "getData({ chunky: true, fullRange: true })", "getData({ chunky: true })"],
  ["a write at half the range", "host/photoshop.js", "    fullRange: true,\n    colorSpace:", "    fullRange: false,\n    colorSpace:"],
  ["always eight bits", "host/desk.js", "return /16|sixteen/i.test(String(document.bitsPerChannel)) ? 16 : 8;", "return 8;"],
  ["another layer that is wiped", "host/writing.js", "layerID: layer.id, imageData, replace: false", "layerID: layerID || layer.id, imageData, replace: true"],
  ["a result at the corner", "host/writing.js", "replace: false, targetBounds: edgesOf(rect),", "replace: false,"],
  ["several steps of history", "host/photoshop.js", "const suspended = await hostControl.suspendHistory({ documentID, name: commandName });", "const suspended = { open: [] };"],
  ["a history that is left suspended", "host/photoshop.js", "await hostControl.resumeHistory(suspended, isKept && isDone);", ""],
  ["half a result after an error", "host/photoshop.js", "resumeHistory(suspended, isKept && isDone)", "resumeHistory(suspended, isKept)"],
  ["a probe of paths that stays", "host/native_arrows.js", "document.id, false, async () => {\n    /** @type {any} */", "document.id, true, async () => {\n    /** @type {any} */"],
  ["paths in points", "host/native_arrows.js", "factor: isThere ? await factorOf(document) : 1", "factor: 1"],
  ["colours of another profile", "host/reading.js", "{ documentID, componentSize, ...COLOURS }", "{ documentID, componentSize }"],
  ["unselected pixels that are written", "host/writing.js", "isOfMask ? (hasMask ? null : mask)", "isOfMask ? null"],
  ["pixels that no edit changed, written", "host/writing.js", ": changed(before, picture);", ": null;"],
  ["an object below its background", "host/writing.js", "      below = layer;\n", ""],
  ["an object without its alpha", "host/writing.js", "  if (isAlone) {", "  if (layerID < 0) {"],
  ["layers of groups that are left out", "host/desk.js", "if (inside) return within(inside);", "if (inside) return [];"],
  ["layers without pixels to take from", "host/desk.js", "kind === constants.LayerKind.NORMAL ? [{ id: layer, name }] : []", "kind ? [{ id: layer, name }] : []"],
  ["a layer's pixels past the picture", "host/desk.js", "rectOf(layer.boundsNoEffects).within(new Rect(0, 0, document.width, document.height))", "rectOf(layer.boundsNoEffects)"],
  ["a mask that is blended twice", "host/writing.js", "mask.data.map((value) => (value ? 255 : 0))", "mask.data.map((value) => value >> 1)"],
  ["a result on top of everything", "host/writing.js", "if (above) layer.move(above, constants.ElementPlacement.PLACEBEFORE);", ""],
  ["a new layer that stays active", "host/writing.js", "      layer.selected = false;\n", ""],
  ["a wrong name of a property", "host/reading.js", "rectOf(layer.boundsNoEffects).within(rect)", "rectOf(layer.boundsNoFx || layer.bounds).within(rect)"],
  ["an unknown option", "host/reading.js", "options.layerID = layerID", "options.layer = layerID"],
  ["reading that expects a selection", "host/reading.js", "  if (box === null) return null;\n  const there", "  const there"],
  ["another plugin's scope as an error", "host/photoshop.js", "if (numberOf(error) !== ANOTHER_IS_MODAL) throw", "throw"],
]);

mutants("core/parts", [
  ["pixels counted from the corner", "core/native_points.js", "const CORNER_PX = 0.5", "const CORNER_PX = 0"],
]);

mutants("core/protocol", [
  ["a frame with the high byte first", "core/frames.js", "frame.offset % HIGH, true", "frame.offset % HIGH, false"],
  ["events that are heard twice", "core/peer.js", "if (message.seq <= this.lastSeq) return null;", ""],
  ["a resume that forgets", "core/peer.js", "if (this.session !== null) hello.resume", "if (this.session === 0) hello.resume"],
]);

mutants("core/crop", [
  ["a crop without context", "core/crop.js", "const CONTEXT = 0.25", "const CONTEXT = 0.2"],
]);

mutants("core/placing", [
  ["a turn the other way", "core/transform.js", "const angle = (degrees * Math.PI) / 180;", "const angle = (-degrees * Math.PI) / 180;"],
  ["a middle of all that is selected at all", "core/transform.js", "boxFrom(mask, highest / 2)", "boxFrom(mask, 1)"],
  ["a part without the place where the object goes", "core/crop.js", "cropToSend(document, from.joined(to), [])", "from"],
  ["a paste that is placed by its shift", "core/hand_on_wire.js", "if (!isPasted) return { transform };", "return { transform };"],
  ["a result of which nothing is written", "core/pixels.js", "if (!mask[at] || !isSame(at)) return;", "if (!mask[at]) return;"],
]);

mutants("core/shipped", [
  ["any domain", "manifest.json", '"domains": [', '"domains": ["all",'],
  ["a port that the manifest lacks", "manifest.json", /28471/g, "28470"],
  ["another id of the panel", "main.js", "    dragbrush: {", "    dragbrushes: {"],
  ["text that becomes elements", "view/elements.js", "element.textContent = text", "element.innerHTML = text"],
  ["styles that are not there", "style.css", "  align-items: center;\n}\n\n.grow", "  align-items: center;\n  gap: 4px;\n}\n\n.grow"],
]);

mutants("core/session", [
  ["a token that is not sent", "core/connection.js", "[SUBPROTOCOL, TOKEN_SUBPROTOCOL + address.token]", "[SUBPROTOCOL]"],
]);
