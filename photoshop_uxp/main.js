// @ts-check
/** Puts the parts together, when Photoshop shows the panel. */
"use strict";

const { entrypoints } = require("uxp");
const host = require("./host/host.js");
const selfTest = require("./host/self_test.js");
const { Studio } = require("./core/studio.js");
const { realClock } = require("./core/clock.js");
const { ChoicesView } = require("./view/choices.js");
const { ConnectionView } = require("./view/connection.js");
const { OtherView } = require("./view/other.js");
const { PlacingView } = require("./view/placing.js");
const { Stage } = require("./view/stage.js");
const { WorkView } = require("./view/work.js");
const { byId, enable, show } = require("./view/elements.js");

const LAYOUT_MS = 300;

/** @type {Studio | null} */
let studio = null;

/** Twice the same number of random digits would be another's job. */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function begin() {
  if (studio !== null) return;
  const panel = new Studio({
    host,
    store: localStorage,
    open: (url, protocols) => new WebSocket(url, protocols),
    // The published types want headers as an object of their own, which takes plain ones as well.
    fetch: (url, options) => fetch(url, /** @type {any} */ (options)),
    newId,
    clock: realClock,
  });
  studio = panel;
  const stage = new Stage(panel);
  const connection = new ConnectionView(panel);
  const choices = new ChoicesView(panel);
  const work = new WorkView(panel, stage, host.takePen);
  const placing = new PlacingView(panel);
  const other = new OtherView(panel);

  panel.talk.listen((change) => {
    if (change === "connection") connection.update();
    if (change === "connection" || change === "settings") choices.update();
    if (change === "picture" || change === "desk") stage.pictureChanged();
    if (change === "overlay") stage.overlayChanged();
    if (change === "history" || change === "desk") work.updateHistory();
    placing.update();
    other.update();
    work.update();
  });
  byId("self-test").addEventListener("click", () => void report(panel));
  connection.update();
  choices.update();
  placing.update();
  other.update();
  work.update();
  work.updateHistory();
  stage.pictureChanged();
  void panel.start();
  followSize(stage);
}

/** The panel is not told when it is made wider. @param {Stage} stage */
function followSize(stage) {
  let before = 0;
  setInterval(() => {
    const { width } = byId("stage").getBoundingClientRect();
    if (width === before) return;
    before = width;
    stage.layout();
  }, LAYOUT_MS);
}

/** @param {Studio} panel */
async function report(panel) {
  enable(byId("self-test"), false);
  show(byId("report-box"), true);
  byId("report").value = "Running ...";
  byId("report").value = await selfTest.run(host, panel);
  enable(byId("self-test"), true);
}

// The published types know no panels by their own ids. At once: Photoshop takes this while the script is read, or not at all.
/** @type {any} */ (entrypoints).setup({
  panels: {
    dragbrush: {
      create() {
        begin();
      },
      show() {
        begin();
      },
      destroy() {
        if (studio !== null) studio.stop();
        studio = null;
      },
    },
  },
});
