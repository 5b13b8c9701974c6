// @ts-check
/**
 * What the panel does, without its face: its parts, put together. They look at what is in front of the person, keep what
 * a hand did and what was chosen, send edits and put their results where they belong. The view shows what they say.
 */
"use strict";

const words = require("./words.js");
const { Access } = require("./access.js");
const { Choices } = require("./choices.js");
const { Front } = require("./front.js");
const { Hand } = require("./hand.js");
const { Jobs } = require("./jobs.js");
const { Results } = require("./results.js");
const { Runs } = require("./runs.js");
const { Session } = require("./session.js");
const { Talk } = require("./talk.js");
const { Works } = require("./works.js");
const pairing = require("./pairing.js");
const { readLeft, writeLeft } = require("./left.js");

const LEFT = "dragbrush.left";

/**
 * @typedef {typeof import("../host/host.js")} Host
 * @typedef {import("./job.js").Job} Job
 * @typedef {import("./settings.js").Settings} Settings
 * @typedef {{ rect: import("./rect.js").Rect, picture: import("./pixels.js").Raster }} Overlay
 * @typedef {object} Outside
 * @property {Pick<Host, "look" | "nameOf" | "readPixels" | "readPreview" | "readSelection" | "changeableBox" | "readPaths"
 *   | "readSamplers" | "layersOf" | "contentOf" | "write" | "listen" | "readToken" | "keepToken" | "versions">} host
 * @property {{ getItem: (key: string) => string | null, setItem: (key: string, value: string) => void }} store
 * @property {(url: string, protocols: string[]) => any} open
 * @property {import("./pairing.js").Fetch} fetch
 * @property {() => string} newId
 * @property {import("./clock.js").Clock} clock
 */

class Studio {
  /** @param {Outside} outside */
  constructor(outside) {
    this._outside = outside;
    const { host, store, clock } = outside;
    this.talk = new Talk();
    this.works = new Works();
    /** @type {{ line: import("./connection.js").Line, why: string, welcome: import("./wire").Welcome | null }} */
    this.status = { line: "stopped", why: "", welcome: null };
    /** What follows the hand, a preview or a result, over the picture. @type {Overlay | null} */
    this.overlay = null;
    this._kept = "";

    this.choices = new Choices(store, this.talk);
    this.front = new Front(outside, this.choices, this.works, this.talk);
    this.hand = new Hand(host, this.front, this.choices, this.talk);
    this.access = new Access(outside, this.choices, this.talk);
    const left = readLeft((id) => host.nameOf(id), store.getItem(LEFT));
    const { Photoshop, Panel } = host.versions();
    this.session = new Session(
      {
        find: () => this.access.find(),
        open: outside.open,
        whyNot: (address) => pairing.whyNot(outside.fetch, address),
        clock,
      },
      { name: "photoshop", version: Panel || "0", host: `Photoshop ${Photoshop}` },
      (event) => this._hear(event),
      left.resume,
    );
    this.jobs = new Jobs(this.session, outside.newId);
    this.runs = new Runs(outside, {
      front: this.front, choices: this.choices, hand: this.hand, talk: this.talk, jobs: this.jobs,
      isConnected: () => this.status.line === "connected",
      hideResult: () => this._hideResult(),
      show: (preview) => this._showOverlay(preview),
    });
    this._results = new Results(host, this.jobs, this.works, {
      hasMask: () => this.choices.settings.hasMask,
      show: (overlay) => {
        this._showOverlay(overlay);
        this.talk.tell("history");
      },
    });
    this._wire();
    for (const kept of left.works) this.works.restore(kept);
    this._left = left.jobs;
  }

  _wire() {
    this.choices.onChange = (changed) => this._chosen(changed);
    this.front.onChange = (before) => this._deskChanged(before);
    this.hand.onBegin = () => {
      this._hideResult();
      this.runs.follow();
    };
    this.hand.onReplace = () => {
      this.runs.letGo();
      this._hideResult();
    };
    this.hand.onChange = () => {
      this._keepLeft();
      this.runs.disturb();
    };
    this.jobs.listen((job) => this._jobChanged(job));
    this.talk.listen((change) => {
      if (change === "picture") this._pictureRead();
    });
  }

  async start() {
    await this.access.start(this.session.connection);
    for (const job of this._left) this.jobs.adopt(job);
    this.runs.job = this._left[this._left.length - 1] || null;
    void this.session.run();
    this.front.start();
  }

  stop() {
    this.front.stop();
    this.runs.stop();
    this._keepLeft();
    this.session.stop();
  }

  /** Of the self test: the name of a blob, which the server then has. @param {Uint8Array} bytes */
  upload(bytes) {
    return this.session.upload(bytes);
  }

  // Results

  /** Of the result that the stage shows. */
  get shown() {
    return this._results.shown;
  }

  /** Makes its layers, again. @param {string} id */
  apply(id) {
    return this.talk.saying(async () => this.talk.say(await this._results.apply(this.front.desk.document, id)));
  }

  /** Shows a result in the stage, or takes it away. @param {string} id */
  showResult(id) {
    this._results.show(this.front.desk.document, this.shown === id ? null : id);
  }

  /** What a hand did, and what was chosen, as it was. @param {string} id */
  restore(id) {
    const entry = this.front.history.get(id);
    if (entry === null) return;
    const { pairs, transform, tool, speed, prompt, seed, params, inLayers, other } = entry.inputs;
    this.hand.onReplace();
    const isMoved = transform !== null && !other;
    this.choices.set({ tool, speed, prompt, seed, ...(isMoved ? { hasTwoLayers: inLayers } : {}) });
    this.choices.setParams(params);
    const { work } = this.front;
    if (other) {
      work.takeFrom(other);
      work.otherMask = entry.otherMask;
    }
    if (transform === null) work.points.replace(pairs);
    else this.hand.placing.set(transform);
    this.front.look();
    this.hand.changed();
  }

  /** @param {string} id */
  forget(id) {
    if (this.shown === id) this._hideResult();
    this.front.history.delete(id);
    this.talk.tell("history");
  }

  _hideResult() {
    this._results.show(this.front.desk.document, null);
  }

  /** Makes layers of a finished edit. @param {Job} job */
  async _put(job) {
    await this.talk.saying(async () => this.talk.say(await this._results.put(job, this.front.desk.document)));
    this.front.look();
  }

  /** @param {Overlay | null} overlay */
  _showOverlay(overlay) {
    if (this.overlay === null && overlay === null) return;
    this.overlay = overlay;
    this.talk.tell("overlay");
  }

  // What the parts tell

  /** @param {Partial<Settings>} changed */
  _chosen(changed) {
    if ("tool" in changed) this.hand.onReplace();
    if ("hasLive" in changed) this.runs.letGo();
    if ("tool" in changed || "origin" in changed || "isMaskInverted" in changed) this.front.look();
    this.runs.disturb();
  }

  /** @param {import("../host/desk.js").Desk} before */
  _deskChanged(before) {
    const { desk } = this.front;
    if (before.document && before.document !== desk.document && !this._outside.host.nameOf(before.document)) {
      this.jobs.close(before.document);
    }
    if (before.document !== desk.document || before.layer !== desk.layer) this.hand.onReplace();
    // Results that came while their document could not take them.
    for (const job of this.jobs.waiting(desk.document)) void this._put(job);
    this.runs.sourceChanged();
  }

  /** What is pasted is seen before a hand takes it. */
  _pictureRead() {
    const isSeen = this.overlay !== null || this.runs.running !== null;
    if (this.choices.needs.isPasted && this.front.piece !== null && !isSeen) this.runs.follow();
  }

  /** @param {import("./job.js").Event} event */
  _hear(event) {
    if (event.type !== "status") {
      this.jobs.hear(event);
      return;
    }
    const { line, why, welcome } = event;
    this.status = { line, why, welcome };
    if (welcome !== null) this.choices.welcome = welcome;
    if (line === "connected") {
      this._keepLeft();
      // The tool may be another one than before the server said what it has.
      this.front.look();
      this.runs.disturb();
    }
    this.talk.tell("connection");
  }

  /** @param {Job} job */
  _jobChanged(job) {
    if (job.kind !== "edit") return;
    if (job.document === this.front.desk.document) {
      this.runs.job = job;
      if (!job.isOver && job.preview !== null) this._showOverlay(job.preview);
      if (job.isOver && job.state !== "done") this._showOverlay(null);
    }
    if (job.state === "failed") this.talk.say(words.failure(job.code));
    if (job.state === "done" && job.result.length) void this._put(job);
    this._keepLeft();
    this.talk.tell("job");
  }

  _keepLeft() {
    const { host, store } = this._outside;
    const text = writeLeft((id) => host.nameOf(id), this.session.peer, this.jobs.left(), this.works.kept);
    if (text !== this._kept) store.setItem(LEFT, text);
    this._kept = text;
  }
}

module.exports = { Studio };
