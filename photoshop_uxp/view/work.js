// @ts-check
/** What is edited, the buttons for its points, Run and Cancel with their progress, and the results so far. */
"use strict";

const words = require("../core/words.js");
const { byId, empty, enable, make, show } = require("./elements.js");
const picture = require("./picture.js");

const HINT = "Press on what to move and pull it to where it should go. Shift keeps to eight directions, Alt deletes.";

class WorkView {
  /**
   * @param {import("../core/studio.js").Studio} studio
   * @param {import("./stage.js").Stage} stage
   * @param {() => Promise<unknown>} takePen
   */
  constructor(studio, stage, takePen) {
    this._studio = studio;
    this._made = "";
    /** @type {Record<string, () => unknown>} */
    const buttons = {
      undo: () => this._points((points) => points.undo()),
      redo: () => this._points((points) => points.redo()),
      clear: () => this._points((points) => points.clear()),
      delete: () =>
        this._points((points) => {
          if (points.selected !== null) points.delete(points.selected);
        }),
      "zoom-in": () => stage.zoom(1),
      "zoom-out": () => stage.zoom(-1),
      "zoom-fit": () => stage.zoom(0),
      hand: () => byId("hand").classList.toggle("is-on", stage.toggleHand()),
      pen: () => takePen().catch((error) => studio.say(error.message)),
      paths: () => studio.takePaths(),
      samplers: () => studio.takeSamplers(),
      run: () => studio.run(),
      cancel: () => studio.cancel(),
    };
    for (const [id, press] of Object.entries(buttons)) byId(id).addEventListener("click", press);
  }

  /** @param {(points: import("../core/points.js").Points) => void} change */
  _points(change) {
    change(this._studio.points);
    this._studio.pointsChanged();
  }

  update() {
    const { desk, points, running, job, said, status, settings } = this._studio;
    const what = settings.origin === "visible" ? "All that is visible" : desk.layerName;
    byId("source-name").textContent = desk.document ? what || desk.title : "No picture";
    byId("source-size").textContent = desk.document ? sizeOf(desk) : "";
    byId("hint").textContent = desk.problem ? "" : points.pairs.length ? "" : HINT;
    show(byId("hint"), Boolean(byId("hint").textContent));
    enable(byId("undo"), points.canUndo);
    enable(byId("redo"), points.canRedo);
    enable(byId("clear"), points.pairs.length > 0);
    enable(byId("delete"), points.selected !== null);
    for (const id of ["paths", "samplers", "pen"]) enable(byId(id), desk.document > 0);

    const isRunning = running !== null;
    show(byId("run"), !isRunning);
    show(byId("cancel"), isRunning);
    enable(byId("run"), status.line === "connected" && !desk.problem && points.pairs.length > 0);
    enable(byId("cancel"), !(running !== null && running.state === "cancelling"));
    show(byId("progress"), isRunning);
    const shownJob = job !== null && job.document === desk.document ? job : null;
    byId("bar").value = shownJob === null ? 0 : Math.round(100 * shownJob.fraction);
    byId("progress-text").textContent = shownJob === null || shownJob.state === "failed" ? "" : words.progress(shownJob);
    byId("said").textContent = said;
    show(byId("said"), Boolean(said));
  }

  updateHistory() {
    const { history, shown } = this._studio;
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
    const pairs = entry.inputs.pairs.length;
    text.appendChild(make("div", "quiet", `${pairs} ${pairs === 1 ? "pair" : "pairs"}, ${words.seconds(entry.seconds)}`));
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

/** @param {import("../core/studio.js").Desk} desk */
function sizeOf({ size, bits, selection }) {
  const part = selection === null ? `${size[0]} x ${size[1]} px` : `${selection.width} x ${selection.height} px selected`;
  return bits === 16 ? `${part}, 16 bit` : part;
}

module.exports = { WorkView };
