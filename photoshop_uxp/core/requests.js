// @ts-check
/** What is asked of the server for an order: its pictures go up first, each once. */
"use strict";

const { WireError } = require("./errors.js");
const { byteLength, layoutOf } = require("./pixels.js");
const { nameOf } = require("./sha256.js");
const { sleep } = require("./clock.js");

/**
 * @typedef {import("./job.js").Order} Order
 * @typedef {import("./job.js").Raster} Raster
 */

class Requests {
  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./transfers.js").Transfers} transfers
   * @param {import("./clock.js").Clock} clock
   */
  constructor(connection, transfers, clock) {
    this._connection = connection;
    this._transfers = transfers;
    this._clock = clock;
    /** What the server was sent, for an edit after its prepare and the next edit of the same layer. */
    /** @type {WeakMap<Raster, import("./wire").Picture>} */
    this._known = new WeakMap();
  }

  /**
   * The request for an order, once all of its pictures are there.
   * @param {Order} order
   * @param {string} job as the server is to know it
   * @param {(fraction: number) => void} onSent of all pictures
   * @returns {Promise<(id: string) => import("./wire").Request>}
   */
  async make(order, job, onSent) {
    const { image, mask, reference, referenceMask } = order;
    if (image === null) throw new WireError("not_found", "The pixels of this job are gone.");
    const parts = /** @type {[string, Raster][]} */ (
      Object.entries({ image, mask, reference, reference_mask: referenceMask }).filter(([, raster]) => raster !== null)
    );
    const all = parts.reduce((sum, [, { bytes }]) => sum + bytes.length, 0);
    let before = 0;
    /** @type {Record<string, import("./wire").Picture>} */
    const pictures = {};
    for (const [name, raster] of parts) {
      const base = before;
      pictures[name] = await this._sent(raster, (fraction) => onSent((base + fraction * raster.bytes.length) / Math.max(1, all)));
      before += raster.bytes.length;
    }
    const { hand, tool, speed, prompt, seed, params } = order;
    const { image: picture, ...others } = pictures;
    const common = { job, image: picture, ...others, ...hand, tool, speed, prompt, seed, params };
    if (order.kind === "prepare") return (id) => ({ type: "prepare", id, ...common });
    const layers = order.inLayers ? { in_layers: true } : {};
    const isLive = order.kind === "live";
    return (id) => ({ type: "submit", id, ...common, ...layers, preview_px: order.previewPx, is_live: isLive });
  }

  /** The name of a blob, which the server then has. @param {Uint8Array} bytes */
  async upload(bytes) {
    const blob = await this._nameOf(bytes);
    await this._transfers.upload(blob, bytes, () => {});
    return blob;
  }

  /**
   * @param {Raster} raster
   * @param {(fraction: number) => void} onSent
   * @returns {Promise<import("./wire").Picture>}
   */
  async _sent(raster, onSent) {
    const pixels = layoutOf(raster);
    const size = byteLength(pixels);
    const known = this._known.get(raster);
    if (known !== undefined) {
      const answer = await this._connection.ask((id) => ({ type: "offer", id, blob: known.blob, bytes: size }));
      if (answer.type === "have") {
        onSent(1);
        return known;
      }
    }
    const blob = known ? known.blob : await this._nameOf(raster.bytes);
    await this._transfers.upload(blob, raster.bytes, onSent);
    const picture = { blob, pixels };
    this._known.set(raster, picture);
    return picture;
  }

  /** @param {Uint8Array} bytes */
  _nameOf(bytes) {
    return nameOf(bytes, () => sleep(this._clock, 0));
  }
}

module.exports = { Requests };
