// @ts-check
/** Edits that are asked for: before they are, while a hand is followed, and when Run is pressed. */
"use strict";

const words = require("./words.js");
const inputs = require("./inputs.js");
const { Following } = require("./following.js");
const { Refused } = require("./errors.js");
const { readSource } = require("./sources.js");

/** Hand, layer and selection are left alone for so long before something is prepared. */
const SETTLED_MS = 900;
const PREVIEW_PX = 512;

/**
 * @typedef {import("./job.js").Job} Job
 * @typedef {import("./studio.js").Outside} Outside
 * @typedef {object} Parts
 * @property {import("./front.js").Front} front
 * @property {import("./choices.js").Choices} choices
 * @property {import("./hand.js").Hand} hand
 * @property {import("./talk.js").Talk} talk
 * @property {import("./jobs.js").Jobs} jobs
 * @property {() => boolean} isConnected
 * @property {() => void} hideResult
 * @property {(preview: import("./job.js").Preview | null) => void} show
 */

class Runs {
  /**
   * @param {Outside} outside
   * @param {Parts} parts
   */
  constructor({ host, clock }, parts) {
    this._host = host;
    this._clock = clock;
    this._parts = parts;
    this._settled = () => {};
    /** The last edit, over or not. @type {Job | null} */
    this.job = null;
    this._following = new Following(parts.jobs, {
      begin: () => this._live(),
      hand: () => parts.hand.followed,
      show: parts.show,
    });
  }

  /** The document's edit that is not over. */
  get running() {
    return this._parts.jobs.running(this._parts.front.desk.document);
  }

  /** Whether there is enough to run: what exactly is missing, Run says. */
  get canRun() {
    const { front, choices, hand } = this._parts;
    const { needs } = choices;
    const isPlaced = needs.drags ? hand.points.pairs.length > 0 : !needs.box || hand.followed !== null;
    return this._parts.isConnected() && !front.desk.problem && isPlaced;
  }

  run() {
    const { choices, talk, jobs } = this._parts;
    return talk.saying(async () => {
      const { speed, settings } = choices;
      if (speed === null) throw new Refused(words.NOT_CONNECTED);
      if (this.running !== null) return;
      const source = await this._source("edit");
      const chosen = this._inputs(speed.id, choices.params.values);
      this.letGo();
      this._parts.hideResult();
      talk.say("");
      this.job = jobs.run(source, chosen, inputs.layerName(chosen, choices.titles), PREVIEW_PX);
      if (!settings.isSeedLocked) choices.set({ seed: inputs.nextSeed(settings.seed) });
      talk.tell("job");
    });
  }

  cancel() {
    if (this.running !== null) this._parts.jobs.cancel(this.running.id);
  }

  /** A hand took hold. */
  follow() {
    const { choices, hand } = this._parts;
    if (choices.settings.hasLive) this._following.start(hand.subject);
  }

  /** Picture, selection or the layer to take from are others than when the hand took hold. */
  sourceChanged() {
    if (!this._parts.hand.subject.isPulling) this._following.renew();
    this.disturb();
  }

  /** Takes away what follows the hand. */
  letGo() {
    this._following.end();
  }

  /** Something changed: waits anew for all to settle, then has the server begin. */
  disturb() {
    this._settled();
    this._settled = this._clock.later(SETTLED_MS, () => void this._prepare());
  }

  stop() {
    this._settled();
  }

  async _prepare() {
    const { choices, hand, front, jobs } = this._parts;
    const { speed, settings, needs } = choices;
    const isIdle = this.running === null && !hand.subject.isPulling && this._parts.isConnected();
    if (!settings.hasPrepare || !isIdle || speed === null || !speed.has_prepare) return;
    // Where an object goes decides what is prepared.
    if (needs.box ? hand.followed === null : front.desk.selection === null && !hand.points.pairs.length) return;
    try {
      const source = await this._source("prepare");
      if (this.running === null) jobs.prepare(source, this._inputs(speed.id, choices.params.values));
    } catch (error) {
      // Run will say why.
      if (!(error instanceof Refused)) throw error;
    }
  }

  async _live() {
    const { live } = this._parts.choices;
    if (live === null || !this._parts.isConnected()) return null;
    return { source: await this._source("live"), inputs: { ...this._inputs(live.id, {}), inLayers: false } };
  }

  /** @param {import("./sources.js").Purpose} purpose */
  _source(purpose) {
    const { front, choices } = this._parts;
    const { settings, needs } = choices;
    const desk = this._host.look(settings.origin);
    return readSource(this._host, { desk, work: front.workOf(desk), needs, isInverted: settings.isMaskInverted, purpose });
  }

  /**
   * @param {string} speed
   * @param {Record<string, import("./wire").Value>} params
   * @returns {import("./inputs.js").Inputs}
   */
  _inputs(speed, params) {
    const { choices, hand, front } = this._parts;
    const { tool, needs, settings } = choices;
    const { prompt, seed, hasTwoLayers } = settings;
    return {
      ...hand.shown, tool: tool === null ? "" : tool.id, speed, prompt, seed, params,
      inLayers: hasTwoLayers && needs.box && !needs.isPasted, other: needs.other ? front.work.other : 0,
    };
  }
}

module.exports = { Runs };
