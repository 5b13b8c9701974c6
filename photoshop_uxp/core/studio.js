// @ts-check
/**
 * What the panel does, without its face: it looks at what is in front of the person, keeps points and settings, sends
 * edits and puts their results where they belong. The view shows what it says and calls what is below.
 */
"use strict";

const words = require("./words.js");
const { Following } = require("./following.js");
const { Jobs } = require("./jobs.js");
const { Listeners } = require("./listeners.js");
const { PointsFull } = require("./points.js");
const { Rect } = require("./rect.js");
const { Refused } = require("./errors.js");
const { Results } = require("./results.js");
const { Session } = require("./session.js");
const { Works } = require("./works.js");
const form = require("./form.js");
const inputs = require("./inputs.js");
const native = require("./native_points.js");
const pairing = require("./pairing.js");
const { readLeft, writeLeft } = require("./left.js");
const { readSettings } = require("./settings.js");
const { readSource, readStage } = require("./sources.js");

/** Points, layer and selection are left alone for so long before something is prepared. */
const SETTLED_MS = 900;
/** Photoshop does not tell of everything. */
const LOOK_MS = 1000;
/** Of its own messages, several come at once. */
const HEARD_MS = 150;
const PREVIEW_PX = 512;
const SETTINGS = "dragbrush.settings";
const LEFT = "dragbrush.left";

/**
 * @typedef {typeof import("../host/host.js")} Host
 * @typedef {import("../host/desk.js").Desk} Desk
 * @typedef {import("./jobs.js").Job} Job
 * @typedef {import("./pixels.js").Raster} Raster
 * @typedef {import("./settings.js").Settings} Settings
 * @typedef {"desk" | "picture" | "points" | "overlay" | "connection" | "job" | "history" | "settings" | "said"} Change
 * @typedef {{ rect: Rect, picture: Raster }} Overlay
 * @typedef {object} Outside
 * @property {Pick<Host, "look" | "nameOf" | "readPixels" | "readPreview" | "readSelection" | "changeableBox" | "readPaths"
 *   | "readSamplers" | "write" | "listen" | "readToken" | "keepToken" | "versions">} host
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
    /** @type {Listeners<[Change]>} */
    this._listeners = new Listeners();
    /** @type {Settings} */
    this.settings = readSettings(store.getItem(SETTINGS));
    this.works = new Works();
    this.token = "";
    /** @type {{ line: import("./connection.js").Line, why: string, welcome: import("./wire").Welcome | null }} */
    this.status = { line: "stopped", why: "", welcome: null };
    /** What the person should know. */
    this.said = "";
    /** @type {Desk} */
    this.desk = host.look(this.settings.origin);
    /** The part of the document that the stage shows, and what is seen of it. */
    this.region = new Rect(0, 0, 1, 1);
    /** @type {Raster | null} */
    this.picture = null;
    /** @type {Raster | null} what may change, over the region */
    this.mask = null;
    /** @type {Overlay | null} a warp, a preview or a result, over the picture */
    this.overlay = null;
    this._looked = "";
    this._reads = 0;
    this._settled = () => {};
    this._heard = () => {};
    this._looking = () => {};
    this._stopListening = () => {};
    this._kept = "";
    /** @type {Job | null} the last edit, over or not */
    this.job = null;

    const left = readLeft((id) => host.nameOf(id), store.getItem(LEFT));
    const { Photoshop, Panel } = host.versions();
    const about = { name: "photoshop", version: Panel || "0", host: `Photoshop ${Photoshop}` };
    this.session = new Session(
      {
        find: () => this._address(),
        open: outside.open,
        whyNot: (address) => pairing.whyNot(outside.fetch, address),
        clock,
      },
      about,
      (event) => this._hear(event),
      left.resume,
    );
    this.jobs = new Jobs(this.session, outside.newId);
    this._following = new Following(this.jobs, () => this._live(), (preview) => this._showOverlay(preview));
    this._results = new Results(host, this.jobs, this.works, {
      hasMask: () => this.settings.hasMask,
      show: (overlay) => {
        this._showOverlay(overlay);
        this._tell("history");
      },
    });
    this.jobs.listen((job) => this._jobChanged(job));
    for (const { document, layer, pairs } of left.points) this.works.points(document, layer).replace(pairs);
    this._left = left.jobs;
  }

  /** @param {(change: Change) => void} callback */
  listen(callback) {
    return this._listeners.add(callback);
  }

  async start() {
    this.token = await this._outside.host.readToken();
    for (const job of this._left) this.jobs.adopt(job);
    this.job = this._left[this._left.length - 1] || null;
    void this.session.run();
    this._stopListening = this._outside.host.listen(() => {
      this._heard();
      this._heard = this._outside.clock.later(HEARD_MS, () => this.look());
    });
    this.look();
    this._lookAgain();
  }

  stop() {
    this._looking();
    this._settled();
    this._heard();
    this._stopListening();
    this._keepLeft();
    this.session.stop();
  }

  // What is in front of the person

  get points() {
    return this.works.points(this.desk.document, this.desk.layer);
  }

  get history() {
    return this.works.history(this.desk.document);
  }

  /** Looks whether the document, its layer or its selection are others. */
  look() {
    const desk = this._outside.host.look(this.settings.origin);
    const { selection, content } = desk;
    const looked = JSON.stringify([
      desk.document, desk.layer, desk.layerName, desk.state, desk.problem, desk.bits, desk.size,
      selection && [selection.left, selection.top, selection.width, selection.height], content.left, content.top,
      content.width, content.height, this.settings.isMaskInverted,
    ]);
    if (looked === this._looked) return;
    const before = this.desk;
    this._looked = looked;
    this.desk = desk;
    if (before.document && before.document !== desk.document && !this._outside.host.nameOf(before.document)) {
      this.jobs.close(before.document);
    }
    if (before.document !== desk.document || before.layer !== desk.layer) {
      this._following.end();
      this._hideResult();
    }
    // Results that came while their document could not take them.
    for (const job of this.jobs.waiting(desk.document)) void this._put(job);
    this._tell("desk");
    void this._read();
    this.disturb();
  }

  _lookAgain() {
    this._looking = this._outside.clock.later(LOOK_MS, () => {
      this.look();
      this._lookAgain();
    });
  }

  /** Reads what the stage shows. */
  async _read() {
    const read = ++this._reads;
    const { desk } = this;
    const { host } = this._outside;
    let seen = null;
    try {
      seen = desk.document && !desk.problem ? await readStage(host, desk, this.settings.isMaskInverted) : null;
    } catch (error) {
      // The document went while it was read; the next look says so.
    }
    if (read !== this._reads) return;
    const whole = new Rect(0, 0, Math.max(1, desk.size[0]), Math.max(1, desk.size[1]));
    Object.assign(this, seen || { region: whole, picture: null, mask: null });
    this._tell("picture");
  }

  // Settings

  /** @param {Partial<Settings>} changed */
  set(changed) {
    Object.assign(this.settings, changed);
    this._outside.store.setItem(SETTINGS, JSON.stringify(this.settings));
    if ("origin" in changed || "isMaskInverted" in changed) this.look();
    if ("hasLive" in changed) this._following.end();
    this._tell("settings");
    this.disturb();
  }

  get tool() {
    return this.status.welcome === null ? null : form.toolOf(this.status.welcome, this.settings.tool);
  }

  get speed() {
    return this.tool === null ? null : form.speedOf(this.tool, this.settings.speed);
  }

  /** The rows of the speed's settings, and the values that differ. */
  get params() {
    const { speed } = this;
    const rows = speed === null ? [] : form.rows(speed);
    return { rows, values: speed === null ? {} : form.usable(rows, this.settings.params[speed.id] || {}) };
  }

  /**
   * One setting of the speed. Throws FormError.
   * @param {form.Row} row
   * @param {string | boolean} typed
   */
  setParam(row, typed) {
    const { speed } = this;
    if (speed === null) return;
    const value = typeof typed === "string" ? row.read(typed) : row.checked(typed);
    const others = { ...this.params.values, [row.id]: value };
    this.set({ params: { ...this.settings.params, [speed.id]: form.usable(form.rows(speed), others) } });
  }

  resetParams() {
    const { speed } = this;
    if (speed !== null) this.set({ params: { ...this.settings.params, [speed.id]: {} } });
  }

  // The connection

  /** @param {string} code */
  async pair(code) {
    await this._saying(async () => {
      const place = pairing.placeOf(this.settings.address);
      this.token = await pairing.pair(this._outside.fetch, place, code);
      await this._outside.host.keepToken(this.token);
      this.session.connection.retry();
      this.say("");
    });
  }

  async unpair() {
    this.token = "";
    await this._outside.host.keepToken("");
    this.session.connection.drop();
    this._tell("connection");
  }

  /** @param {string} typed */
  async setAddress(typed) {
    await this._saying(async () => {
      pairing.placeOf(typed);
      this.set({ address: typed.trim() });
      this.session.connection.drop();
      this.session.connection.retry();
      this.say("");
    });
  }

  _address() {
    if (!this.token) return null;
    try {
      return { url: pairing.socketUrl(pairing.placeOf(this.settings.address)), token: this.token };
    } catch (error) {
      return null;
    }
  }

  /** Of the self test: the name of a blob, which the server then has. @param {Uint8Array} bytes */
  upload(bytes) {
    return this.session.upload(bytes);
  }

  // Points

  /** A hand took an end, or pulls a new pair. */
  beginPull() {
    this.say("");
    this._hideResult();
    this.points.begin();
    if (this.settings.hasLive) this._following.start(this.points);
  }

  /** @param {boolean} isKept */
  endPull(isKept) {
    if (isKept) this.points.commit();
    else this.points.abandon();
    this.pointsChanged();
  }

  pointsChanged() {
    this._keepLeft();
    this._tell("points");
    this.disturb();
  }

  /** Arrows that were drawn with the Pen. */
  async takePaths() {
    await this._saying(async () => {
      const { subpaths, factor } = await this._outside.host.readPaths(this.desk.document);
      this._take(native.pairsOfPaths(subpaths, factor), words.NO_PATHS);
    });
  }

  async takeSamplers() {
    await this._saying(async () => {
      const positions = this._outside.host.readSamplers(this.desk.document);
      this._take(native.pairsOfSamplers(positions), words.NO_SAMPLERS);
      if (positions.length % 2) this.say(words.ODD_SAMPLERS);
    });
  }

  /**
   * @param {import("./points.js").Pair[]} pairs
   * @param {string} none
   */
  _take(pairs, none) {
    if (!pairs.length) throw new Refused(none);
    this._following.end();
    this._hideResult();
    this.points.replace(pairs);
    this.say("");
    this.pointsChanged();
  }

  // Edits

  /** The document's edit that is not over. */
  get running() {
    return this.jobs.running(this.desk.document);
  }

  async run() {
    await this._saying(async () => {
      const { tool, speed } = this;
      if (tool === null || speed === null) throw new Refused(words.NOT_CONNECTED);
      if (this.running !== null) return;
      const source = await this._source("edit");
      const chosen = this._inputs(tool.id, speed.id, this.params.values);
      this._following.end();
      this._hideResult();
      this.say("");
      const titles = this.status.welcome === null ? {} : form.titles(this.status.welcome);
      this.job = this.jobs.run(source, chosen, inputs.layerName(chosen, titles), PREVIEW_PX);
      if (!this.settings.isSeedLocked) this.set({ seed: inputs.nextSeed(this.settings.seed) });
      this._tell("job");
    });
  }

  cancel() {
    if (this.running !== null) this.jobs.cancel(this.running.id);
  }

  /** Something changed: waits anew for all to settle, then has the server begin. */
  disturb() {
    this._settled();
    this._settled = this._outside.clock.later(SETTLED_MS, () => void this._prepare());
  }

  async _prepare() {
    const { tool, speed } = this;
    const isIdle = this.running === null && !this.points.isPulling && this.status.line === "connected";
    if (!this.settings.hasPrepare || !isIdle || tool === null || speed === null || !speed.has_prepare) return;
    if (this.desk.selection === null && !this.points.pairs.length) return;
    try {
      const source = await this._source("prepare");
      if (this.running === null) this.jobs.prepare(source, this._inputs(tool.id, speed.id, this.params.values));
    } catch (error) {
      // Run will say why.
      if (!(error instanceof Refused)) throw error;
    }
  }

  async _live() {
    const live = this.tool === null ? null : form.liveSpeed(this.tool);
    if (this.tool === null || live === null || this.status.line !== "connected") return null;
    return { source: await this._source("live"), inputs: this._inputs(this.tool.id, live.id, {}) };
  }

  /** @param {import("./sources.js").Purpose} purpose */
  _source(purpose) {
    const { origin, isMaskInverted } = this.settings;
    return readSource(this._outside.host, this._outside.host.look(origin), this.works, isMaskInverted, purpose);
  }

  /**
   * @param {string} tool
   * @param {string} speed
   * @param {Record<string, import("./wire").Value>} params
   * @returns {import("./inputs.js").Inputs}
   */
  _inputs(tool, speed, params) {
    const { prompt, seed } = this.settings;
    return { pairs: this.points.pairs, tool, speed, prompt, seed, params };
  }

  // Results

  /** Of the result that the stage shows. */
  get shown() {
    return this._results.shown;
  }

  /** Makes a layer of it, again. @param {string} id */
  async apply(id) {
    await this._saying(async () => this.say(await this._results.apply(this.desk.document, id)));
  }

  /** Shows a result in the stage, or takes it away. @param {string} id */
  showResult(id) {
    this._results.show(this.desk.document, this.shown === id ? null : id);
  }

  /** Points and settings as they were. @param {string} id */
  restore(id) {
    const entry = this.history.get(id);
    if (entry === null) return;
    const { pairs, tool, speed, prompt, seed, params } = entry.inputs;
    this._hideResult();
    this.points.replace(pairs);
    this.set({ tool, speed, prompt, seed, params: { ...this.settings.params, [speed]: params } });
    this.pointsChanged();
  }

  /** @param {string} id */
  forget(id) {
    if (this.shown === id) this._hideResult();
    this.history.delete(id);
    this._tell("history");
  }

  _hideResult() {
    this._results.show(this.desk.document, null);
  }

  /** Makes a layer of a finished edit. @param {Job} job */
  async _put(job) {
    await this._saying(async () => this.say(await this._results.put(job, this.desk.document)));
    this.look();
  }

  /** @param {Overlay | null} overlay */
  _showOverlay(overlay) {
    if (this.overlay === null && overlay === null) return;
    this.overlay = overlay;
    this._tell("overlay");
  }

  // What comes from elsewhere

  /** @param {import("./jobs.js").Event} event */
  _hear(event) {
    if (event.type !== "status") {
      this.jobs.hear(event);
      return;
    }
    const { line, why, welcome } = event;
    this.status = { line, why, welcome };
    if (line === "connected") {
      this._keepLeft();
      this.disturb();
    }
    this._tell("connection");
  }

  /** @param {Job} job */
  _jobChanged(job) {
    if (job.kind !== "edit") return;
    if (job.document === this.desk.document) {
      this.job = job;
      if (!job.isOver && job.preview !== null) this._showOverlay(job.preview);
      if (job.isOver && job.state !== "done") this._showOverlay(null);
    }
    if (job.state === "failed") this.say(words.failure(job.code));
    if (job.state === "done" && job.result.length) void this._put(job);
    this._keepLeft();
    this._tell("job");
  }

  _keepLeft() {
    const { host, store } = this._outside;
    const text = writeLeft((id) => host.nameOf(id), this.session.peer, this.jobs.left(), this.works.placed);
    if (text !== this._kept) store.setItem(LEFT, text);
    this._kept = text;
  }

  // Words

  /** @param {string} text */
  say(text) {
    if (text === this.said) return;
    this.said = text;
    this._tell("said");
  }

  /** @param {() => Promise<void>} work */
  async _saying(work) {
    try {
      await work();
    } catch (error) {
      if (error instanceof PointsFull) this.say(words.POINTS_FULL);
      else if (error instanceof Refused) this.say(error.message);
      else throw error;
    }
  }

  /** @param {Change} change */
  _tell(change) {
    this._listeners.tell(change);
  }
}

module.exports = { Studio };
