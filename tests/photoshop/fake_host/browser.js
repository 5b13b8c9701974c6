/**
 * Makes a browser as poor as UXP, and puts a Photoshop in memory behind it. Runs before any script of the panel; `world.js`
 * has run before. `__panel` holds the manifest and the panel's modules, each as a function of its very source.
 */
"use strict";

(function () {
  const { manifest, modules, habits } = globalThis.__panel;
  const fake = globalThis.makePhotoshop(habits);
  const { world } = fake;
  // Secrets outlive a reload of the panel.
  for (const [key, text] of Object.entries(JSON.parse(sessionStorage.getItem("fake.secrets") || "{}"))) fake.secrets.set(key, Uint8Array.from(text));
  addEventListener("pagehide", () => {
    sessionStorage.setItem("fake.secrets", JSON.stringify(Object.fromEntries([...fake.secrets].map(([key, bytes]) => [key, [...bytes]]))));
  });
  globalThis.__fake = fake;
  const violate = (text) => void world.violations.push(text);
  addEventListener("error", (event) => violate(`error: ${event.message}`));
  addEventListener("unhandledrejection", (event) => violate(`rejection: ${(event.reason && event.reason.stack) || event.reason}`));
  const LONGEST_ENTRY_MS = 300;
  const Observer = globalThis.MutationObserver;

  // Modules

  const loaded = {};
  function load(name, from) {
    if (name === "photoshop") return fake.module;
    if (name === "uxp") return uxp;
    if (!name.startsWith(".")) throw refused(`require: there is no module ${name}`);
    const parts = from.split("/").slice(0, -1);
    for (const part of name.split("/")) {
      if (part === "..") parts.pop();
      else if (part !== ".") parts.push(part);
    }
    const file = parts.join("/");
    if (!modules[file]) throw refused(`require: there is no file ${file}`);
    if (!loaded[file]) {
      loaded[file] = { exports: {} };
      modules[file]((next) => load(next, file), loaded[file], loaded[file].exports);
    }
    return loaded[file].exports;
  }
  globalThis.require = (name) => load(name, "main.js");

  function refused(text) {
    violate(text);
    return new Error(text);
  }

  // Entry points

  let entries = null;
  const uxp = {
    ...fake.uxp,
    entrypoints: {
      setup(given) {
        if (entries) violate("entrypoints.setup: twice");
        if (document.readyState !== "loading") violate("entrypoints.setup: too late");
        entries = given;
        const known = manifest.entrypoints.filter(({ type }) => type === "panel").map(({ id }) => id);
        for (const id of Object.keys(given.panels || {})) if (!known.includes(id)) violate(`entrypoints.setup: no panel ${id}`);
        for (const id of known) if (!given.panels || !given.panels[id]) violate(`entrypoints.setup: ${id} is missing`);
      },
    },
  };
  document.addEventListener("DOMContentLoaded", async () => {
    if (!entries) return violate("entrypoints.setup was not called");
    for (const panel of Object.values(entries.panels)) {
      for (const name of ["create", "show"]) {
        const from = performance.now();
        if (panel[name]) await panel[name](document.body);
        if (performance.now() - from > LONGEST_ENTRY_MS) violate(`${name} took ${Math.round(performance.now() - from)} ms`);
      }
    }
    globalThis.__isShown = true;
  });
  globalThis.__destroy = () => Object.values(entries.panels).forEach((panel) => panel.destroy && panel.destroy());

  // Network

  function allowed(url) {
    const { domains } = manifest.requiredPermissions.network;
    if (domains === "all") return true;
    const { protocol, host } = new URL(url);
    return domains.some((each) => each === `${protocol}//${host}`);
  }

  const Socket = globalThis.WebSocket;
  globalThis.__sockets = [];
  globalThis.WebSocket = class WebSocket extends Socket {
    constructor(url, protocols) {
      if (!allowed(url)) throw refused(`Permission denied to the url ${url}. Manifest entry not found.`);
      super(url, protocols);
      globalThis.__sockets.push(this);
    }

    send(data) {
      if (data === "") return;
      if (typeof data !== "string" && !(data instanceof ArrayBuffer) && !ArrayBuffer.isView(data)) violate("send: neither text nor bytes");
      super.send(data);
    }
  };
  globalThis.fetch = async (url, options = {}) => {
    if (!allowed(url)) throw refused(`Permission denied to the url ${url}. Manifest entry not found.`);
    const { status, text, failed } = await globalThis.__fetch(url, options);
    if (failed) throw new TypeError("Network request failed");
    return { ok: status >= 200 && status < 300, status, json: async () => JSON.parse(text) };
  };

  // Pictures

  const BLOB_OPTIONS = ["type", "width", "height", "colorSpace", "colorProfile", "pixelFormat", "components", "componentSize", "hasAlpha"];
  globalThis.ImageBlob = class ImageBlob {
    constructor(data, options) {
      for (const name of BLOB_OPTIONS) if (!(name in options)) violate(`ImageBlob: ${name} is missing`);
      if (options.type !== "image/uncompressed" || options.componentSize !== 8) violate("ImageBlob: not of 8 bits as they are");
      if (data.length !== options.width * options.height * options.components) violate("ImageBlob: another length");
      this.bitmap = bitmapOf(data, options);
    }
  };
  const { createObjectURL, revokeObjectURL } = URL;
  const urls = new Set();
  globalThis.__urls = urls;
  URL.createObjectURL = (blob) => {
    if (!(blob instanceof globalThis.ImageBlob)) throw refused("createObjectURL: no ImageBlob");
    const url = createObjectURL.call(URL, new Blob([blob.bitmap], { type: "image/bmp" }));
    urls.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    urls.delete(url);
    // Chromium may still be decoding it.
    setTimeout(() => revokeObjectURL.call(URL, url), 2000);
  };

  /** A bitmap with alpha (BITMAPV4HEADER). */
  function bitmapOf(data, { width, height, components }) {
    const head = 122;
    const out = new DataView(new ArrayBuffer(head + 4 * width * height));
    out.setUint16(0, 0x424d);
    out.setUint32(2, out.byteLength, true);
    out.setUint32(10, head, true);
    out.setUint32(14, 108, true);
    out.setInt32(18, width, true);
    out.setInt32(22, -height, true);
    out.setUint16(26, 1, true);
    out.setUint16(28, 32, true);
    out.setUint32(30, 3, true);
    [0xff, 0xff00, 0xff0000, 0xff000000].forEach((mask, at) => out.setUint32(54 + 4 * at, mask, true));
    out.setUint32(70, 0x73524742, true);
    const pixels = new Uint8Array(out.buffer, head);
    for (let from = 0, to = 0; from < data.length; from += components, to += 4) {
      pixels[to] = data[from];
      pixels[to + 1] = data[from + 1];
      pixels[to + 2] = data[from + 2];
      pixels[to + 3] = components === 4 ? data[from + 3] : 255;
    }
    return out.buffer;
  }

  // What a canvas has

  const CANVAS = new Set([
    "lineWidth", "lineJoin", "lineCap", "globalAlpha", "fillStyle", "strokeStyle", "beginPath", "closePath", "moveTo", "lineTo",
    "arc", "arcTo", "bezierCurveTo", "quadraticCurveTo", "rect", "stroke", "fill", "fillRect", "strokeRect",
  ]);
  const { getContext } = HTMLCanvasElement.prototype;
  HTMLCanvasElement.prototype.getContext = function (kind) {
    if (kind !== "2d") throw refused(`getContext: ${kind}`);
    const context = getContext.call(this, "2d");
    return new Proxy(context, {
      get(target, name) {
        if (!CANVAS.has(name)) {
          violate(`canvas: ${String(name)}`);
          return undefined;
        }
        const value = target[name];
        return typeof value === "function" ? value.bind(target) : value;
      },
      set(target, name, value) {
        if (!CANVAS.has(name)) violate(`canvas: ${String(name)}`);
        target[name] = value;
        return true;
      },
    });
  };
  for (const name of ["toDataURL", "toBlob"]) delete HTMLCanvasElement.prototype[name];

  // What a page has and a panel has not

  const ABSENT = [
    "Worker", "SharedWorker", "OffscreenCanvas", "createImageBitmap", "ImageData", "indexedDB", "caches", "EventSource",
    "BroadcastChannel", "matchMedia", "structuredClone", "DOMParser", "FileReader", "MutationObserver", "ResizeObserver",
    "IntersectionObserver", "queueMicrotask", "open", "alert", "confirm", "prompt", "Notification",
    "XMLHttpRequest",
  ];
  for (const name of ABSENT) {
    const original = globalThis[name];
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get() {
        // The tests' own hand works in the same page.
        if (/InjectedScript|UtilityScript/.test(new Error().stack)) return original;
        violate(`there is no ${name}`);
        return undefined;
      },
    });
  }
  Object.defineProperty(Crypto.prototype, "subtle", { get: () => (violate("there is no crypto.subtle"), undefined) });
  for (const name of ["gotpointercapture", "lostpointercapture"]) {
    addEventListener(name, (event) => event.stopImmediatePropagation(), true);
  }
  const listen = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (name, callback, options) {
    const isPlain = options === undefined || typeof options === "boolean" || Object.keys(options).every((key) => key === "capture");
    if (!isPlain && this !== globalThis) violate(`addEventListener: ${name} with ${Object.keys(options)}`);
    if (name === "keypress") violate("addEventListener: there is no keypress");
    return listen.call(this, name, callback, options);
  };

  // Widgets

  const LOOK = `
    :host { display: inline-block; box-sizing: border-box; font-family: inherit; }
    button { width: 100%; font: inherit; color: inherit; cursor: default; box-sizing: border-box; white-space: nowrap; }
    input, select { width: 100%; box-sizing: border-box; font: inherit; color: inherit; background: var(--fake-field);
      border: 1px solid var(--fake-edge); border-radius: 4px; height: 26px; padding: 0 8px; outline: none; }
    input:focus { border-color: #2680eb; } input::placeholder { color: #8a8a8a; font-style: italic; }
    select { padding: 0 4px; }
    :host([disabled]) { opacity: 0.4; pointer-events: none; }
  `;

  function widget(tag, attributes, inside, more = {}) {
    const plain = ["id", "class", "slot", "disabled", "style"];
    customElements.define(
      tag,
      class extends HTMLElement {
        constructor() {
          super();
          this._shadow = this.attachShadow({ mode: "open" });
          this._shadow.innerHTML = `<style>${LOOK}${more.look || ""}</style>${inside}`;
          if (more.made) more.made(this, this._shadow);
        }

        connectedCallback() {
          for (const { name } of this.attributes) {
            if (![...plain, ...attributes].includes(name)) violate(`${tag} has no attribute ${name}`);
          }
          if (more.shown) more.shown(this, this._shadow);
        }
      },
    );
  }

  function property(element, name, get, set) {
    Object.defineProperty(element, name, { get, set });
  }

  widget("sp-button", ["variant", "size", "quiet"], "<button><slot></slot></button>", {
    look: `button { border: 2px solid #8a8a8a; background: transparent; border-radius: 16px; height: 30px; padding: 0 14px; font-weight: bold; }
      :host([variant=cta]) button { background: #1473e6; border-color: #1473e6; color: #fff; }
      :host([size=s]) button { height: 26px; }`,
  });
  widget("sp-action-button", ["quiet", "size", "selected"], "<button><slot></slot></button>", {
    look: `button { border: 1px solid var(--fake-edge); background: var(--fake-button); border-radius: 4px; height: 24px; padding: 0 8px; }
      button:active { opacity: 0.7; } :host(.is-on) button { background: #1473e6; border-color: #1473e6; color: #fff; }`,
  });
  widget("sp-label", ["size"], "<slot></slot>", { look: ":host { color: var(--uxp-host-text-color-secondary); }" });
  widget("sp-menu", [], "");
  widget("sp-menu-item", ["value", "selected"], "<slot></slot>");
  widget("sp-progressbar", ["max", "value", "size"], "<div class=track><div class=bar></div></div>", {
    look: `.track { height: 4px; border-radius: 2px; background: var(--fake-edge); overflow: hidden; } .bar { height: 4px; width: 0; background: #2d9d78; background: #2680eb; }
      :host { display: block; }`,
    made(element, shadow) {
      let value = 0;
      property(element, "value", () => value, (given) => {
        value = Number(given);
        shadow.querySelector(".bar").style.width = `${(100 * value) / Number(element.getAttribute("max"))}%`;
      });
    },
  });
  widget("sp-textfield", ["placeholder", "type", "quiet"], "<input>", {
    made(element, shadow) {
      const input = shadow.querySelector("input");
      property(element, "value", () => input.value, (given) => {
        if (typeof given !== "string") violate("sp-textfield: a value that is no text");
        input.value = given;
      });
      input.addEventListener("change", () => element.dispatchEvent(new Event("change")));
    },
    shown(element, shadow) {
      shadow.querySelector("input").placeholder = element.getAttribute("placeholder") || "";
    },
  });
  widget("sp-checkbox", ["checked"], "<label><span class=box></span><span><slot></slot></span></label>", {
    look: `label { display: flex; align-items: center; min-height: 24px; padding: 1px 0; }
      .box { width: 12px; height: 12px; flex-shrink: 0; border: 2px solid #a0a0a0; border-radius: 3px; margin-right: 8px; position: relative; }
      .is-on .box { background: #2680eb; border-color: #2680eb; }
      .is-on .box::after { content: ""; position: absolute; left: 3px; top: 0; width: 4px; height: 8px; border: solid #fff; border-width: 0 2px 2px 0; transform: rotate(45deg); }`,
    made(element, shadow) {
      let isOn = false;
      const label = shadow.querySelector("label");
      const put = (is) => {
        isOn = Boolean(is);
        label.className = isOn ? "is-on" : "";
      };
      property(element, "checked", () => isOn, put);
      label.addEventListener("click", () => {
        put(!isOn);
        element.dispatchEvent(new Event("change"));
      });
    },
  });
  widget("sp-dropdown", ["placeholder", "size", "quiet"], "<select></select>", {
    made(element, shadow) {
      const select = shadow.querySelector("select");
      let index = -1;
      const fill = () => {
        select.textContent = "";
        for (const item of element.querySelectorAll("sp-menu-item")) select.appendChild(new Option(item.textContent));
        select.selectedIndex = index;
      };
      new Observer(fill).observe(element, { childList: true, subtree: true, characterData: true });
      property(element, "selectedIndex", () => select.selectedIndex, (given) => {
        index = given;
        fill();
      });
      select.addEventListener("change", () => {
        index = select.selectedIndex;
        element.dispatchEvent(new Event("change"));
      });
    },
  });

  // Colours that Photoshop gives

  document.addEventListener("DOMContentLoaded", () => {
    const theme = {
      "background-color": "#535353", "text-color": "#f0f0f0", "border-color": "#3e3e3e", "text-color-secondary": "#b8b8b8",
      "font-size": "12px", ...(globalThis.__panel.theme || {}),
    };
    for (const [name, value] of Object.entries(theme)) document.documentElement.style.setProperty(`--uxp-host-${name}`, value);
    const isLight = /^#[c-f]/.test(theme["background-color"]);
    const own = isLight ? { field: "#ffffff", edge: "#bcbcbc", button: "#e4e4e4" } : { field: "#2b2b2b", edge: "#6a6a6a", button: "#454545" };
    for (const [name, value] of Object.entries(own)) document.documentElement.style.setProperty(`--fake-${name}`, value);
    document.body.style.fontFamily = "'Liberation Sans', 'DejaVu Sans', sans-serif";
  });
})();
