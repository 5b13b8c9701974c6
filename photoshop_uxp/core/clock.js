// @ts-check
/** Waiting, in one place, so that tests need not. */
"use strict";

/** @typedef {{ later: (ms: number, then: () => void) => () => void, random: () => number }} Clock */

/** @type {Clock} */
const realClock = {
  later(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/**
 * @param {Clock} clock
 * @param {number} ms
 * @returns {Promise<void>}
 */
function sleep(clock, ms) {
  return new Promise((resolve) => void clock.later(ms, resolve));
}

/** A value that is set once and waited for by any number. @template T */
class Later {
  constructor() {
    this.isSet = false;
    /** @type {T | undefined} */
    this.value = undefined;
    /** @type {(value: T) => void} */
    this._resolve = () => {};
    /** @type {Promise<T>} */
    this.promise = new Promise((resolve) => {
      this._resolve = resolve;
    });
  }

  /** The first value counts. @param {T} value */
  set(value) {
    if (this.isSet) return;
    this.isSet = true;
    this.value = value;
    this._resolve(value);
  }

  /**
   * Whether it was set before the time was over.
   * @param {Clock} clock
   * @param {number} ms
   * @returns {Promise<boolean>}
   */
  within(clock, ms) {
    if (this.isSet) return Promise.resolve(true);
    return new Promise((resolve) => {
      const stop = clock.later(ms, () => resolve(false));
      void this.promise.then(() => {
        stop();
        resolve(true);
      });
    });
  }
}

/** Lets one in at a time, in the order they came. */
class Lock {
  constructor() {
    /** @type {Promise<unknown>} */
    this._last = Promise.resolve();
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  run(work) {
    const mine = this._last.then(work);
    this._last = mine.catch(() => {});
    return mine;
  }
}

module.exports = { realClock, sleep, Later, Lock };
