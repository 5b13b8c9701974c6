// @ts-check
/** What is edited, the buttons for its points, Run and Cancel with their progress, and the results so far. */
"use strict";

const words = require("../core/words.js");
const { byId, empty, enable, make, show } = require("./elements.js");
const picture = require("./picture.js");

class WorkView {
  /**
   * @param {import("../core/studio.js").Studio} studio
   * @param {import("./stage.js").Stage} stage
   * @param {() => Promise<unknown>} takePen
   */
  constructor(studio, stage, takePen) {
    this._studio = studio;
    this._made = "";
    const { hand, talk, runs } = studio;
    /** @type {Record<string, () => unknown>} */
    const buttons = {
      undo: () => this._change(() => hand.subject.undo()),
      redo: () => this._change(() => hand.subject.redo()),
      clear: () => this._change(() => hand.subject.clear()),
      delete: () => this._change(() => hand.points.selected !== null && hand.points.delete(hand.points.selected)),
      "zoom-in": () => stage.zoom(1),
      "zoom-out": () => stage.zoom(-1),
      "zoom-fit": () => stage.zoom(0),
      hand: () => byId("hand").classList.toggle("is-on", stage.toggleHand()),
      pen: () => takePen().catch((error) => talk.say(error.message)),
      paths: () => hand.takePaths(),
      samplers: () => hand.takeSamplers(),
      run: () => runs.run(),
      cancel: () => runs.cancel(),
    };
    for (const [id, press] of Object.entries(buttons)) byId(id).addEventListener("click", press);
  }

  /** @param {() => unknown} change */
  _change(change) {
    change();
    this._studio.hand.changed();
  }

  update() {
    const { front, hand, choices, runs, talk } = this._studio;
    const { desk } = front;
    const { needs, settings } = choices;
    const what = settings.origin === "visible" ? "All that is visible" : desk.layerName;
    byId("source-name").textContent = desk.document ? what || desk.title : "No picture";
    byId("source-size").textContent = desk.document ? sizeOf(desk) : "";
    byId("hint").textContent = desk.problem ? "" : hintOf(this._studio);
    show(byId("hint"), Boolean(byId("hint").textContent));
    enable(byId("undo"), hand.subject.canUndo);
    enable(byId("redo"), hand.subject.canRedo);
    enable(byId("clear"), needs.box ? !hand.placing.isStill : hand.points.pairs.length > 0);
    byId("clear").textContent = needs.box ? "Put back" : "Clear";
    enable(byId("delete"), hand.points.selected !== null);
    show(byId("hand-row"), needs.drags || needs.box);
    show(byId("delete"), needs.drags);
    show(byId("native-row"), needs.drags);
    for (const id of ["paths", "samplers", "pen"]) enable(byId(id), desk.document > 0);

    const { running, job } = runs;
    const isRunning = running !== null;
    show(byId("run"), !isRunning);
    show(byId("cancel"), isRunning);
    enable(byId("run"), runs.canRun);
    enable(byId("cancel"), !(running !== null && running.state === "cancelling"));
    show(byId("progress"), isRunning);
    const shownJob = job !== null && job.document === desk.document ? job : null;
    byId("bar").value = shownJob === null ? 0 : Math.round(100 * shownJob.fraction);
    byId("progress-text").textContent = shownJob === null || shownJob.state === "failed" ? "" : words.progress(shownJob);
    byId("said").textContent = talk.said;
    show(byId("said"), Boolean(talk.said));
  }

  updateHistory() {
    const { shown } = this._studio;
    const { history } = this._studio.front;
    const made = JSON.stringify([history.entries.map(({ id }) => id), shown]);
    if (made === this._made) return;
    this._made = made;
    const list = byId("history");
    for (const image of Array.from(list.querySelectorAll("img"))) picture.release(image);
    empty(list);
    if (!history.entries.length) list.appendChild(make("div", "quiet", "None yet."));
    for (const entry of history.entries) list.appendChild(this._result(entry, entry.id === shown));
  }

  /**
   * @param {import("../core/history.js").Entry} entry
   * @param {boolean} isShown
   */
  _result(entry, isShown) {
    const studio = this._studio;
    const element = make("div", isShown ? "result is-shown" : "result");
    if (entry.thumbnail !== null) {
      const image = make("img", "thumbnail");
      picture.put(image, entry.thumbnail);
      image.addEventListener("click", () => studio.showResult(entry.id));
      element.appendChild(image);
    }
    const text = make("div", "grow");
    text.appendChild(make("div", "cut", entry.name));
    text.appendChild(make("div", "quiet", `${words.done(entry.inputs)}, ${words.seconds(entry.seconds)}`));
    const row = make("div", "row");
    /** @type {[string, () => unknown][]} */
    const actions = [
      ["Apply", () => studio.apply(entry.id)],
      ["Restore", () => studio.restore(entry.id)],
      ["Forget", () => studio.forget(entry.id)],
    ];
    for (const [title, press] of actions) {
      const button = make("sp-action-button", "", title);
      button.setAttribute("size", "s");
      button.addEventListener("click", press);
      row.appendChild(button);
    }
    text.appendChild(row);
    element.appendChild(text);
    return element;
  }
}

/**
 * What to do next, where nothing is done yet.
 * @param {import("../core/studio.js").Studio} studio
 */
function hintOf({ front, hand, choices }) {
  const { needs } = choices;
  if (needs.drags) return hand.points.pairs.length ? "" : words.HINTS.drags;
  if (needs.object && front.desk.selection === null) return words.HINTS.select;
  if (needs.other && !front.work.other) return words.HINTS.other;
  if (!needs.box) return words.HINTS.look;
  if (!hand.placing.isStill) return "";
  return needs.isPasted ? words.HINTS.paste : words.HINTS.box;
}

/** @param {import("../host/desk.js").Desk} desk */
function sizeOf({ size, bits, selection }) {
  const part = selection === null ? `${size[0]} x ${size[1]} px` : `${selection.width} x ${selection.height} px selected`;
  return bits === 16 ? `${part}, 16 bit` : part;
}

module.exports = { WorkView };
