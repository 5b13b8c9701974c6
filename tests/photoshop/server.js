/** A real server in a process and a folder of its own. */
"use strict";

const { spawn, execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { ROOT } = require("./core/paths.js");

const START_MS = 60000;
const PYTHON =
  process.env.DRAGBRUSH_PYTHON ||
  ["bin/python", "Scripts/python.exe"].map((each) => path.join(ROOT, ".venv", each)).find((each) => fs.existsSync(each)) ||
  "python3";

const running = new Set();
const folders = new Set();
process.on("exit", () => {
  for (const server of running) server.process.kill("SIGKILL");
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});

// A test run that is told to end takes its servers along.
process.once("SIGTERM", () => process.exit(1));

class Server {
  constructor(folder, child, runtime) {
    this.folder = folder;
    this.process = child;
    this.port = runtime.port;
    this.token = runtime.token;
  }

  get url() {
    return `ws://127.0.0.1:${this.port}/v1/ws`;
  }

  /** A fresh six-digit code, as `dragbrush pair` shows it. */
  async code() {
    const response = await fetch(`http://127.0.0.1:${this.port}/v1/pairing`, {
      method: "POST",
      headers: { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" },
      body: "{}",
    });
    return (await response.json()).code;
  }

  /** Ends it as a person does, or as kill -9 does. */
  async stop(signal = "SIGTERM") {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = new Promise((resolve) => this.process.once("exit", resolve));
      this.process.kill(signal);
      await ended;
    }
    running.delete(this);
  }
}

/** Python as the server runs it. */
function environment(folder) {
  return { ...process.env, DRAGBRUSH_HOME: folder, PYTHONDONTWRITEBYTECODE: "1", OMP_NUM_THREADS: "1" };
}

async function serve({ folder = temporary("dragbrush-"), port = 0, options = ["--echo"] } = {}) {
  const child = spawn(PYTHON, ["-m", "dragbrush", "serve", "--port", String(port), ...options], {
    env: environment(folder),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.on("data", (data) => (said += data));
  child.stderr.on("data", (data) => (said += data));
  const until = Date.now() + START_MS;
  for (;;) {
    const runtime = read(path.join(folder, "server.json"));
    if (runtime && runtime.process === child.pid) {
      const server = new Server(folder, child, runtime);
      running.add(server);
      return server;
    }
    if (child.exitCode !== null || Date.now() > until) {
      child.kill("SIGKILL");
      throw new Error(`the server did not start: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

function read(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    return null;
  }
}

function temporary(prefix) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), prefix));
  folders.add(folder);
  return folder;
}

/** What Python prints. */
function python(args, folder) {
  return execFileSync(PYTHON, args, { env: environment(folder), cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 });
}

module.exports = { serve, temporary, python };
