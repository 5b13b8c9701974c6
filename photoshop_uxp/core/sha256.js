// @ts-check
/** SHA-256 (FIPS 180-4). Photoshop promises no WebCrypto, and a blob's name is needed while its chunks come in. */
"use strict";

const BLOCK_BYTES = 64;
/** Hashed at a time: a few milliseconds in which the panel does not answer. */
const SLICE_BYTES = 1024 * 1024;

const K = new Int32Array(64);
const START = new Int32Array(8);
for (let candidate = 2, count = 0; count < 64; candidate++) {
  let isPrime = true;
  for (let by = 2; by * by <= candidate; by++) if (candidate % by === 0) isPrime = false;
  if (!isPrime) continue;
  // The first 32 bits of the fractional parts of the primes' roots.
  if (count < 8) START[count] = fraction(Math.pow(candidate, 1 / 2));
  K[count++] = fraction(Math.pow(candidate, 1 / 3));
}

/** @param {number} value */
function fraction(value) {
  return ((value - Math.floor(value)) * 2 ** 32) | 0;
}

/** One hash; fed in any pieces. */
class Sha256 {
  constructor() {
    this._state = Int32Array.from(START);
    this._words = new Int32Array(64);
    this._rest = new Uint8Array(BLOCK_BYTES);
    this._restLength = 0;
    this._length = 0;
  }

  /** @param {Uint8Array} bytes */
  update(bytes) {
    this._length += bytes.length;
    let at = 0;
    if (this._restLength) {
      at = Math.min(bytes.length, BLOCK_BYTES - this._restLength);
      this._rest.set(bytes.subarray(0, at), this._restLength);
      this._restLength += at;
      if (this._restLength < BLOCK_BYTES) return this;
      this._block(this._rest, 0);
      this._restLength = 0;
    }
    for (; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) this._block(bytes, at);
    this._rest.set(bytes.subarray(at));
    this._restLength = bytes.length - at;
    return this;
  }

  /** 64 hexadecimal digits; nothing may be added afterwards. */
  hex() {
    const length = this._length;
    const pad = new Uint8Array(((this._restLength < 56 ? 56 : 120) - this._restLength) + 8);
    pad[0] = 0x80;
    const view = new DataView(pad.buffer);
    view.setUint32(pad.length - 8, Math.floor(length / 2 ** 29));
    view.setUint32(pad.length - 4, (length % 2 ** 29) * 8);
    this.update(pad);
    return Array.from(this._state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} from
   */
  _block(bytes, from) {
    const w = this._words;
    for (let i = 0; i < 16; i++, from += 4) {
      w[i] = (bytes[from] << 24) | (bytes[from + 1] << 16) | (bytes[from + 2] << 8) | bytes[from + 3];
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    const state = this._state;
    let a = state[0], b = state[1], c = state[2], d = state[3];
    let e = state[4], f = state[5], g = state[6], h = state[7];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0;
      d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }
}

/**
 * The name of a blob. Between two slices the panel may answer its person: `pause` is awaited there.
 * @param {Uint8Array} bytes
 * @param {() => Promise<void>} pause
 */
async function nameOf(bytes, pause) {
  const hash = new Sha256();
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    if (at) await pause();
    hash.update(bytes.subarray(at, at + SLICE_BYTES));
  }
  return hash.hex();
}

module.exports = { Sha256, nameOf };
