// @ts-check
/**
 * What this panel takes for granted of Photoshop, asked of the one that it runs in. The same questions are asked of the
 * Photoshop in memory that the tests use, so that a report shows where the two differ.
 */
"use strict";

const { Rect } = require("../core/rect.js");
const { Raster } = require("../core/pixels.js");

const SIDE_PX = 24;
const NAME = "Dragbrush self test";

/**
 * @typedef {typeof import("./host.js")} Host
 * @typedef {{ name: string, answer: string, isExpected: boolean | null }} Finding null: either is fine, and worth knowing
 * @typedef {() => Promise<[string, boolean | null]>} Question
 */

/**
 * A report to copy.
 * @param {Host} host
 * @param {import("../core/studio.js").Studio} studio
 */
async function run(host, studio) {
  const findings = await ask(questions(host, studio));
  const lines = Object.entries(host.versions()).map(([name, version]) => `${name}: ${version}`);
  const { status } = studio;
  lines.push(`Connection: ${status.line}${status.why ? ` (${status.why})` : ""}`);
  if (status.welcome) lines.push(`Server: ${status.welcome.server}, model ${status.welcome.model.id} on ${status.welcome.device}`);
  for (const { name, answer, isExpected } of findings) {
    lines.push(`${isExpected === null ? "note" : isExpected ? "ok  " : "FAIL"}  ${name}: ${answer}`);
  }
  return lines.join("\n");
}

/**
 * @param {Record<string, Question>} asked
 * @returns {Promise<Finding[]>}
 */
async function ask(asked) {
  const findings = [];
  for (const [name, question] of Object.entries(asked)) {
    try {
      const [answer, isExpected] = await question();
      findings.push({ name, answer, isExpected });
    } catch (error) {
      findings.push({ name, answer: `threw ${String(error)}`, isExpected: false });
    }
  }
  return findings;
}

/**
 * @param {Host} host
 * @param {import("../core/studio.js").Studio} studio
 * @returns {Record<string, Question>}
 */
function questions(host, studio) {
  const { app, imaging } = host.photoshop;
  const COLOURS = { colorSpace: "RGB", colorProfile: "sRGB IEC61966-2.1" };

  const document = () => {
    if (!app.documents.length) throw new Error("open an RGB picture first");
    return app.activeDocument;
  };

  /** Work on a layer of its own, all of which is rolled back. @param {(layer: any) => Promise<[string, boolean | null]>} work */
  const onLayer = async (work) => {
    /** @type {[string, boolean | null]} */
    let found = ["nothing was asked", false];
    await host.modally(NAME, document().id, false, async () => {
      const layer = await document().createLayer(host.photoshop.constants.LayerKind.NORMAL, { name: NAME });
      found = await work(layer);
    });
    return found;
  };

  /**
   * @param {any} layer
   * @param {Uint8Array} data
   */
  const put = async (layer, data) => {
    const imageData = await imaging.createImageDataFromBuffer(data, {
      width: SIDE_PX, height: SIDE_PX, components: 4, chunky: true, fullRange: true, ...COLOURS,
    });
    const targetBounds = { left: 2, top: 3, right: 2 + SIDE_PX, bottom: 3 + SIDE_PX };
    try {
      await imaging.putPixels({
        documentID: document().id, layerID: layer.id, imageData, replace: false, targetBounds, commandName: NAME,
      });
    } finally {
      imageData.dispose();
    }
  };

  /**
   * @param {any} options
   * @returns {Promise<{ data: any, components: number, width: number, height: number, bounds: any, level: number }>}
   */
  const get = async (options) => {
    const { imageData, sourceBounds, level } = await imaging.getPixels({ documentID: document().id, ...options });
    try {
      const { components, width, height } = imageData;
      const data = await imageData.getData({ chunky: true, fullRange: true });
      return { data, components, width, height, bounds: sourceBounds, level };
    } finally {
      imageData.dispose();
    }
  };

  return {
    "a picture is open": async () => {
      const { width, height, resolution, mode, bitsPerChannel, colorProfileName } = document();
      const text = `${width} x ${height}, ${resolution} ppi, ${mode}, ${bitsPerChannel}, ${colorProfileName}`;
      return [text, width > SIDE_PX + 8 && height > SIDE_PX + 8];
    },

    "reading needs no modal scope": async () => {
      try {
        await get({ sourceBounds: { left: 0, top: 0, right: 8, bottom: 8 }, componentSize: 8, ...COLOURS });
        return ["it needs none", null];
      } catch (error) {
        return [`it needs one, which the panel opens (${String(error)})`, null];
      }
    },

    "writing outside of a modal scope is refused": async () => {
      try {
        await document().createLayer(host.photoshop.constants.LayerKind.NORMAL, { name: NAME });
        return ["it was allowed; delete the new layer", false];
      } catch (error) {
        return [`number ${/** @type {any} */ (error).number}`, true];
      }
    },

    "pixels come back as they were put, trimmed to what is there": () =>
      onLayer(async (layer) => {
        const data = sample();
        await put(layer, data);
        const whole = { left: 0, top: 0, right: SIDE_PX + 8, bottom: SIDE_PX + 8 };
        const got = await get({ layerID: layer.id, sourceBounds: whole, componentSize: 8, ...COLOURS });
        const { left, top, right, bottom } = got.bounds;
        const place = `${left}, ${top} to ${right}, ${bottom}, ${got.components} components`;
        const isSame = got.data.length === data.length && data.every((value, at) => value === got.data[at]);
        const isOfSrgb = document().bitsPerChannel.includes("8") && /sRGB/i.test(document().colorProfileName || "sRGB");
        return [`${place}, ${isSame ? "same" : "other"} values`, isSame || !isOfSrgb ? true : false];
      }),

    "a selection does not hold back what is written": () =>
      onLayer(async (layer) => {
        const { selection } = document();
        await put(layer, sample());
        const got = await get({ layerID: layer.id, componentSize: 8, ...COLOURS });
        const isWhole = got.width === SIDE_PX && got.height === SIDE_PX;
        return [`${got.width} x ${got.height} px arrived; ${selection.bounds ? "with" : "without"} a selection`, isWhole];
      }),

    "an area without pixels": () =>
      onLayer(async (layer) => {
        try {
          const got = await get({ layerID: layer.id, sourceBounds: { left: 0, top: 0, right: 8, bottom: 8 }, componentSize: 8, ...COLOURS });
          return [`gives ${got.width} x ${got.height}`, null];
        } catch (error) {
          return [`throws ${String(error)}`, null];
        }
      }),

    "pixels that are half clear come back as they were put": () =>
      onLayer(async (layer) => {
        const data = sample().map((value, at) => (at % 4 === 3 ? 128 : value));
        await put(layer, data);
        const got = await get({ layerID: layer.id, componentSize: 8, ...COLOURS });
        const isSame = got.data.length === data.length && data.every((value, at) => value === got.data[at]);
        return [isSame ? "same values" : "other values: the object of a move is not exact", isSame ? true : null];
      }),

    "a hidden layer is read": () =>
      onLayer(async (layer) => {
        await put(layer, sample());
        layer.visible = false;
        const got = await get({ layerID: layer.id, componentSize: 8, ...COLOURS });
        return [`${got.width} x ${got.height} px`, got.width === SIDE_PX && got.height === SIDE_PX];
      }),

    "a layer is put above another": () =>
      onLayer(async (layer) => {
        const second = await document().createLayer(host.photoshop.constants.LayerKind.NORMAL, { name: NAME });
        layer.move(second, host.photoshop.constants.ElementPlacement.PLACEBEFORE);
        const order = Array.from(document().layers, ({ id }) => id);
        const isAbove = order.indexOf(layer.id) === order.indexOf(/** @type {any} */ (second).id) - 1;
        return [isAbove ? "directly above" : "elsewhere", isAbove];
      }),

    "layers to take from": async () => [`${host.layersOf(document().id).length} with pixels`, null],

    "a smaller reading tells its level": async () => {
      const { width, height } = document();
      const got = await get({ sourceBounds: { left: 0, top: 0, right: width, bottom: height }, targetSize: { width: 16 }, componentSize: 8, ...COLOURS });
      return [`${got.width} x ${got.height}, level ${got.level}, bounds to ${got.bounds.right}, ${got.bounds.bottom}`, got.width === 16];
    },

    "a selection is read where it is": async () => {
      const { bounds } = document().selection;
      if (!bounds) return ["none is there; select something and run this again", null];
      const rect = new Rect(0, 0, document().width, document().height);
      const { imageData, sourceBounds } = await imaging.getSelection({ documentID: document().id, sourceBounds: { left: 0, top: 0, right: rect.width, bottom: rect.height } });
      const text = `box ${JSON.stringify(bounds)}, got ${JSON.stringify(sourceBounds)}, ${imageData.components} components of ${imageData.componentSize}`;
      const isOne = imageData.components === 1;
      imageData.dispose();
      return [text, isOne];
    },

    "the unit of path anchors": async () => {
      const { subpaths, factor } = await host.readPaths(document().id);
      const open = subpaths.filter(({ isClosed }) => !isClosed);
      if (!open.length) return ["draw one open path with the Pen and run this again", null];
      return [`factor ${factor} at ${document().resolution} ppi, first anchor ${open[0].anchors[0]}`, null];
    },

    "colour samplers": async () => [JSON.stringify(host.readSamplers(document().id)), null],

    "what was tried is rolled back": async () => {
      const names = Array.from(document().layers, (layer) => layer.name);
      return [`${names.length} layers`, !names.includes(NAME)];
    },

    "pixels become a picture in the panel": async () => {
      const raster = new Raster(SIDE_PX, SIDE_PX, "rgba", "u8", sample());
      const image = /** @type {any} */ (globalThis.document.createElement("img"));
      const { put: show, release } = require("../view/picture.js");
      const shown = new Promise((resolve) => {
        image.onload = () => resolve("loaded");
        image.onerror = () => resolve("failed");
        setTimeout(() => resolve("no word of it after 2 s"), 2000);
      });
      show(image, raster);
      const answer = String(await shown);
      release(image);
      return [answer, answer === "failed" ? false : answer === "loaded" ? true : null];
    },

    "a canvas draws shapes": async () => {
      const canvas = /** @type {any} */ (globalThis.document.createElement("canvas"));
      const context = canvas.getContext("2d");
      const missing = ["beginPath", "moveTo", "lineTo", "closePath", "arc", "fill", "stroke"].filter((name) => !context[name]);
      return [missing.length ? `without ${missing.join(", ")}` : "all that are used", !missing.length];
    },

    "text as bytes": async () => [typeof (/** @type {any} */ (globalThis).TextEncoder), null],

    "the socket": async () => [studio.status.line, studio.status.line === "connected"],

    "a large message passes the socket": async () => {
      if (studio.status.line !== "connected") return ["connect first", null];
      const size = 8 * 1024 * 1024;
      const from = Date.now();
      const blob = await studio.upload(new Uint8Array(size).fill(Date.now() % 251));
      return [`8 MiB in ${Date.now() - from} ms, ${blob.slice(0, 8)}`, true];
    },
  };
}

/** Colours and half clear pixels; none of them clear, so that nothing is trimmed. */
function sample() {
  const data = new Uint8Array(4 * SIDE_PX * SIDE_PX);
  for (let at = 0; at < data.length; at++) data[at] = at % 4 === 3 ? 255 : (at * 37) % 256;
  return data;
}

module.exports = { run, ask, questions };
