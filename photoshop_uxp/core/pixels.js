// @ts-check
/** Pixels in rows from the top, tightly packed, alpha straight: as they are read, sent, shown and written. */
"use strict";

const { MAX_BLOB_BYTES, MAX_PIXELS } = require("./limits.js");
const { WireError } = require("./errors.js");
const { Rect } = require("./rect.js");

/**
 * @typedef {"gray" | "graya" | "rgb" | "rgba"} Channels
 * @typedef {"u8" | "u16"} Depth
 * @typedef {Uint8Array | Uint16Array} Samples
 * @typedef {import("./wire").Layout} Layout
 */

/** @type {Record<Channels, number>} */
const COUNT = { gray: 1, graya: 2, rgb: 3, rgba: 4 };
const OPAQUE = { u8: 0xff, u16: 0xffff };

/** Not changed by anyone once it is made. */
class Raster {
  /**
   * @param {number} width
   * @param {number} height
   * @param {Channels} channels
   * @param {Depth} depth
   * @param {Samples} data
   */
  constructor(width, height, channels, depth, data) {
    const isOfDepth = depth === "u16" ? data instanceof Uint16Array : data instanceof Uint8Array;
    if (!isOfDepth || data.length !== width * height * COUNT[channels]) {
      throw new RangeError(`${data.length} samples are not ${width} x ${height} pixels of ${channels}, ${depth}`);
    }
    this.width = width;
    this.height = height;
    this.channels = channels;
    this.depth = depth;
    this.data = data;
  }

  get count() {
    return COUNT[this.channels];
  }

  /** The samples as they are sent: every machine that Photoshop runs on has the low byte first. */
  get bytes() {
    return new Uint8Array(this.data.buffer, this.data.byteOffset, this.data.byteLength);
  }

  /** Whether both show the same. @param {Raster | null} other */
  isLike(other) {
    if (other === this) return true;
    if (other === null || this.width !== other.width || this.height !== other.height) return false;
    if (this.channels !== other.channels || this.depth !== other.depth) return false;
    for (let at = 0; at < this.data.length; at++) if (this.data[at] !== other.data[at]) return false;
    return true;
  }

  /** The pixels of a rectangle that lies within. @param {Rect} rect */
  part(rect) {
    const out = fresh(this.depth, rect.width * rect.height * this.count);
    const length = rect.width * this.count;
    for (let row = 0; row < rect.height; row++) {
      const from = ((rect.top + row) * this.width + rect.left) * this.count;
      out.set(this.data.subarray(from, from + length), row * length);
    }
    return new Raster(rect.width, rect.height, this.channels, this.depth, out);
  }
}

/**
 * @param {Depth} depth
 * @param {number} length
 * @returns {Samples}
 */
function fresh(depth, length) {
  return depth === "u16" ? new Uint16Array(length) : new Uint8Array(length);
}

/** Of all samples; throws a WireError where that is more than is taken. @param {Layout} layout */
function byteLength(layout) {
  const pixels = layout.width * layout.height;
  const bytes = pixels * COUNT[layout.channels] * (layout.depth === "u16" ? 2 : 1);
  if (pixels > MAX_PIXELS || bytes > MAX_BLOB_BYTES) {
    throw new WireError("too_large", `${layout.width} x ${layout.height} pixels are more than is taken.`);
  }
  return bytes;
}

/**
 * What is said of the pixels that are sent.
 * @param {Raster} raster
 * @returns {import("./wire").Pixels}
 */
function layoutOf({ width, height, channels, depth }) {
  return depth === "u8" ? { width, height, channels } : { width, height, channels, depth };
}

/**
 * The reverse; takes the bytes over.
 * @param {Layout} layout
 * @param {Uint8Array} bytes
 */
function fromWire(layout, bytes) {
  const depth = layout.depth || "u8";
  if (depth === "u8") return new Raster(layout.width, layout.height, layout.channels, depth, bytes);
  const whole = bytes.byteOffset % 2 ? bytes.slice() : bytes;
  const data = new Uint16Array(whole.buffer, whole.byteOffset, Math.floor(whole.byteLength / 2));
  return new Raster(layout.width, layout.height, layout.channels, depth, data);
}

/**
 * Pixels of a part of `asked`, put where they belong in all of it: the host leaves out what is empty.
 *
 * Colours come out as rgba, so that a layer's empty pixels stay empty; a selection as gray.
 * @param {Rect} asked
 * @param {Rect} got
 * @param {Raster} tile
 */
function replaced(asked, got, tile) {
  const isMask = tile.channels === "gray";
  const count = isMask ? 1 : 4;
  const out = fresh(tile.depth, asked.width * asked.height * count);
  const shared = got.within(asked);
  const opaque = OPAQUE[tile.depth];
  for (let y = shared.top; y < shared.bottom; y++) {
    let from = ((y - got.top) * tile.width + shared.left - got.left) * tile.count;
    let to = ((y - asked.top) * asked.width + shared.left - asked.left) * count;
    const end = to + shared.width * count;
    if (tile.count === count) {
      out.set(tile.data.subarray(from, from + shared.width * count), to);
      continue;
    }
    for (; to < end; from += tile.count, to += count) {
      out[to] = tile.data[from];
      out[to + 1] = tile.data[from + 1];
      out[to + 2] = tile.data[from + 2];
      out[to + 3] = opaque;
    }
  }
  return new Raster(asked.width, asked.height, isMask ? "gray" : "rgba", tile.depth, out);
}

/**
 * The colours of what is not there at all are anything the host likes; they are sent as black, so that the same picture
 * is always the same bytes.
 * @param {Raster} raster
 */
function withoutHidden(raster) {
  const { data, count } = raster;
  if (count !== 4) return raster;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] === 0) data[at] = data[at + 1] = data[at + 2] = 0;
  }
  return raster;
}

/** @param {Raster} raster */
function isOpaque(raster) {
  if (raster.channels === "rgb" || raster.channels === "gray") return true;
  const opaque = OPAQUE[raster.depth];
  for (let at = raster.count - 1; at < raster.data.length; at += raster.count) {
    if (raster.data[at] !== opaque) return false;
  }
  return true;
}

/** @param {Raster} raster */
function isEmpty(raster) {
  if (raster.channels !== "rgba" && raster.channels !== "graya") return false;
  for (let at = raster.count - 1; at < raster.data.length; at += raster.count) if (raster.data[at]) return false;
  return true;
}

/**
 * A result as it is written: rgba, and nothing where nothing was selected, so that there the layer below shows bit for
 * bit, whatever the host does with colours on the way.
 * @param {Raster} picture
 * @param {Raster | null} mask of the same size
 */
function cutTo(picture, mask) {
  const pixels = picture.width * picture.height;
  const out = fresh(picture.depth, pixels * 4);
  const { data, count } = picture;
  const isGray = count < 3;
  for (let at = 0; at < pixels; at++) {
    if (mask !== null && mask.data[at] === 0) continue;
    const from = at * count;
    out[4 * at] = data[from];
    out[4 * at + 1] = data[isGray ? from : from + 1];
    out[4 * at + 2] = data[isGray ? from : from + 2];
    out[4 * at + 3] = count % 2 ? OPAQUE[picture.depth] : data[from + count - 1];
  }
  return new Raster(picture.width, picture.height, "rgba", picture.depth, out);
}

/**
 * `over` in `base` from a place on; both rgba of one depth.
 * @param {Raster} base
 * @param {Raster} over
 * @param {number} left
 * @param {number} top
 */
function withPart(base, over, left, top) {
  const out = base.data.slice();
  const length = over.width * 4;
  for (let row = 0; row < over.height; row++) {
    out.set(over.data.subarray(row * length, (row + 1) * length), ((top + row) * base.width + left) * 4);
  }
  return new Raster(base.width, base.height, "rgba", base.depth, out);
}

/**
 * A picture of any kind as rgba of 8 bits, which the panel shows.
 * @param {Raster} raster
 */
function shown(raster) {
  const whole = cutTo(raster, null);
  if (whole.depth === "u8") return whole;
  const data = new Uint8Array(whole.data.length);
  for (let at = 0; at < data.length; at++) data[at] = whole.data[at] >> 8;
  return new Raster(whole.width, whole.height, "rgba", "u8", data);
}

/**
 * Scaled down so that its longer side is at most that many px; by the mean of what falls into each.
 * @param {Raster} raster rgba, 8 bit
 * @param {number} longest
 */
function scaledDown(raster, longest) {
  const scale = Math.max(raster.width, raster.height) / longest;
  if (scale <= 1) return raster;
  const width = Math.max(1, Math.round(raster.width / scale));
  const height = Math.max(1, Math.round(raster.height / scale));
  const out = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const top = Math.floor((y * raster.height) / height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * raster.height) / height));
    for (let x = 0; x < width; x++) {
      const left = Math.floor((x * raster.width) / width);
      const right = Math.max(left + 1, Math.floor(((x + 1) * raster.width) / width));
      let r = 0, g = 0, b = 0, a = 0;
      for (let row = top; row < bottom; row++) {
        for (let at = 4 * (row * raster.width + left); at < 4 * (row * raster.width + right); at += 4) {
          const alpha = raster.data[at + 3];
          r += raster.data[at] * alpha;
          g += raster.data[at + 1] * alpha;
          b += raster.data[at + 2] * alpha;
          a += alpha;
        }
      }
      const to = 4 * (y * width + x);
      if (a) out.set([r / a, g / a, b / a, a / ((bottom - top) * (right - left))].map(Math.round), to);
    }
  }
  return new Raster(width, height, "rgba", "u8", out);
}

/**
 * The box of all that a selection selects at all; null where that is nothing.
 * @param {Raster} mask
 */
function selectedBox(mask) {
  return boxFrom(mask, 1);
}

/**
 * The box of what a selection selects by so much; null where that is nothing.
 * @param {Raster} mask
 * @param {number} least of 255
 */
function boxFrom(mask, least) {
  let left = mask.width, top = mask.height, right = 0, bottom = 0;
  for (let y = 0; y < mask.height; y++) {
    const row = mask.data.subarray(y * mask.width, (y + 1) * mask.width);
    const first = row.findIndex((value) => value >= least);
    if (first < 0) continue;
    let last = mask.width - 1;
    while (row[last] < least) last -= 1;
    left = Math.min(left, first);
    right = Math.max(right, last + 1);
    top = Math.min(top, y);
    bottom = y + 1;
  }
  return bottom ? Rect.ofEdges(left, top, right, bottom) : null;
}

/**
 * What a picture shows at all, as a selection: its alpha, of 8 bits.
 * @param {Raster} raster
 */
function alphaOf({ width, height, depth, count, data }) {
  const mask = new Uint8Array(width * height).fill(255);
  const unit = OPAQUE[depth] / OPAQUE.u8;
  if (count % 2 === 0) for (let at = 0; at < mask.length; at++) mask[at] = Math.ceil(data[count * at + count - 1] / unit);
  return new Raster(width, height, "gray", "u8", mask);
}

/**
 * A selection of all of a picture but what an edit left as it was, as far as that reaches in from the border: within
 * what changed, no pixel is left out.
 * @param {Raster} before rgba
 * @param {Raster} after of the same size and depth
 */
function changed(before, after) {
  const { width, height } = before;
  const now = cutTo(after, null).data;
  const isSame = (/** @type {number} */ at) =>
    before.data[4 * at] === now[4 * at] && before.data[4 * at + 1] === now[4 * at + 1] &&
    before.data[4 * at + 2] === now[4 * at + 2] && before.data[4 * at + 3] === now[4 * at + 3];
  const mask = new Uint8Array(width * height).fill(255);
  /** @type {number[]} */
  const open = [];
  const reach = (/** @type {number} */ at) => {
    if (!mask[at] || !isSame(at)) return;
    mask[at] = 0;
    open.push(at);
  };
  for (let x = 0; x < width; x++) [x, (height - 1) * width + x].forEach(reach);
  for (let y = 0; y < height; y++) [y * width, y * width + width - 1].forEach(reach);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const x = at % width;
    if (x > 0) reach(at - 1);
    if (x < width - 1) reach(at + 1);
    if (at >= width) reach(at - width);
    if (at < width * (height - 1)) reach(at + width);
  }
  return new Raster(width, height, "gray", "u8", mask);
}

/** @param {Raster} mask */
function inverted(mask) {
  return new Raster(mask.width, mask.height, "gray", "u8", mask.data.map((value) => 255 - value));
}

module.exports = {
  Raster, byteLength, layoutOf, fromWire, replaced, withoutHidden, isOpaque, isEmpty, cutTo, withPart, shown, scaledDown,
  selectedBox, boxFrom, alphaOf, changed, inverted,
};
