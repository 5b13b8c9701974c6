/**
 * Photoshop in memory, as far as the panel uses it, with its habits; README.md says where each is known from.
 *
 * Runs in Node and in a browser: one function, which gives a new Photoshop. Whatever a panel does wrong is noted in
 * `violations`, even where the panel swallows the error.
 */
"use strict";

(function (give) {
  const OUTSIDE = 1000;
  const ANOTHER = 9;
  const LONGEST_SCOPE_MS = 2000;
  const FULL_16 = 32768;
  const SRGB = "sRGB IEC61966-2.1";

  class PhotoshopError extends Error {
    constructor(message, number) {
      super(message);
      this.number = number;
    }
  }

  /** @param {{ readsNeedScope?: boolean, pathsInPoints?: boolean, trimsSelection?: boolean, now?: () => number }} habits */
  function makePhotoshop(habits = {}) {
    const now = habits.now || (() => Date.now());
    const world = {
      habits,
      violations: [],
      documents: [],
      active: 0,
      images: new Set(),
      listeners: [],
      batches: [],
      scopes: [],
      otherPlugin: false,
      count: 100,
    };
    let scope = null;

    function violate(text) {
      world.violations.push(text);
      return text;
    }

    function fail(text, number = 0) {
      violate(text);
      throw new PhotoshopError(text, number);
    }

    function options(name, given, allowed, required = []) {
      for (const key of Object.keys(given || {})) if (!allowed.includes(key)) fail(`${name}: unknown option ${key}`);
      for (const key of required) if (given?.[key] === undefined) fail(`${name}: ${key} is missing`);
    }

    function change(name) {
      if (scope === null) {
        fail(
          `Event: ${name} may modify the state of Photoshop. Such events are only allowed from inside a modal scope`,
          OUTSIDE,
        );
      }
    }

    function read(name) {
      if (habits.readsNeedScope && scope === null) {
        throw new PhotoshopError(`${name} is only allowed from inside a modal scope`, OUTSIDE);
      }
    }

    // Documents

    function record(id) {
      const found = world.documents.find((document) => document.id === id);
      if (!found) throw new PhotoshopError(`The document ${id} does not exist`);
      return found;
    }

    function* allLayers(layers) {
      for (const layer of layers) {
        yield layer;
        if (layer.layers) yield* allLayers(layer.layers);
      }
    }

    function layerRecord(document, id) {
      for (const layer of allLayers(document.layers)) if (layer.id === id) return layer;
      throw new PhotoshopError(`The layer ${id} does not exist`);
    }

    function siblings(document, id, layers = document.layers) {
      if (layers.some((layer) => layer.id === id)) return layers;
      for (const layer of layers) {
        const found = layer.layers && siblings(document, id, layer.layers);
        if (found) return found;
      }
      return null;
    }

    function snapshot(document) {
      const copy = (layers) => layers.map((layer) => ({ ...layer, ...(layer.layers ? { layers: copy(layer.layers) } : {}) }));
      return { layers: copy(document.layers), selection: document.selection, paths: document.paths.map((path) => ({ ...path })) };
    }

    function restore(document, state) {
      Object.assign(document, state);
    }

    function remember(document, name) {
      document.history.push({ id: ++world.count, name });
      document.states.push(snapshot(document));
    }

    function touched(document, name) {
      document.isTouched = true;
      if (!document.suspended) remember(document, name);
    }

    function add({ title = "Untitled.psd", width, height, bits = 8, resolution = 72, mode = "RGBColorMode", profile = SRGB, layers = [], selection = null }) {
      const document = {
        id: ++world.count, title, width, height, bits, resolution, mode, profile, layers: [], selection, paths: [],
        samplers: [], history: [], states: [], suspended: false, isTouched: false,
      };
      for (const each of layers) document.layers.push(makeLayer(document, each));
      if (document.layers.length) document.layers[0].selected = true;
      world.documents.push(document);
      world.active = document.id;
      remember(document, "Open");
      return document;
    }

    /** `data`: rgba, of the document's depth; a background has no alpha. */
    function makeLayer(document, { name = "Layer", kind = "pixel", isBackground = false, visible = true, left = 0, top = 0, width = 0, height = 0, data = null, layers }) {
      const Samples = document.bits === 16 ? Uint16Array : Uint8Array;
      return {
        id: ++world.count, name, kind, isBackground, visible, left, top, width, height, selected: false, mask: null,
        data: data || new Samples(4 * width * height),
        ...(layers ? { layers: layers.map((each) => makeLayer(document, each)) } : {}),
      };
    }

    /** The box of what is there at all. */
    function boxOf(layer) {
      if (layer.isBackground) return { left: layer.left, top: layer.top, right: layer.left + layer.width, bottom: layer.top + layer.height };
      let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
      for (let y = 0; y < layer.height; y++) {
        for (let x = 0; x < layer.width; x++) {
          if (!layer.data[4 * (y * layer.width + x) + 3]) continue;
          left = Math.min(left, x);
          right = Math.max(right, x + 1);
          top = Math.min(top, y);
          bottom = y + 1;
        }
      }
      if (right < left) return { left: 0, top: 0, right: 0, bottom: 0 };
      return { left: layer.left + left, top: layer.top + top, right: layer.left + right, bottom: layer.top + bottom };
    }

    function sample(document, layer, x, y) {
      const column = x - layer.left;
      const row = y - layer.top;
      if (column < 0 || row < 0 || column >= layer.width || row >= layer.height) return [0, 0, 0, 0];
      const at = 4 * (row * layer.width + column);
      const [r, g, b, a] = layer.data.subarray(at, at + 4);
      const most = document.bits === 16 ? 65535 : 255;
      const covered = layer.mask ? Math.round((a * layer.mask[y * document.width + x]) / 255) : a;
      return [r, g, b, layer.isBackground ? most : covered];
    }

    /** All that is visible, rgba; alpha is blended with whole steps, which is exact where it is all or nothing. */
    function composite(document) {
      const most = document.bits === 16 ? 65535 : 255;
      const Samples = document.bits === 16 ? Uint16Array : Uint8Array;
      const out = new Samples(4 * document.width * document.height);
      const shown = [...allLayers(document.layers)].filter(({ visible, kind }) => visible && kind === "pixel").reverse();
      for (let y = 0; y < document.height; y++) {
        for (let x = 0; x < document.width; x++) {
          const at = 4 * (y * document.width + x);
          for (const layer of shown) {
            const [r, g, b, a] = sample(document, layer, x, y);
            if (!a) continue;
            const under = out[at + 3];
            const alpha = a + Math.round((under * (most - a)) / most);
            [r, g, b].forEach((value, channel) => {
              out[at + channel] = a === most ? value : Math.round((value * a + (out[at + channel] * under * (most - a)) / most) / alpha);
            });
            out[at + 3] = alpha;
          }
        }
      }
      return out;
    }

    // Pictures that are handed out

    class FakeImageData {
      constructor({ width, height, components, bits, data }) {
        this._data = data; // full range
        Object.assign(this, { width, height, components, componentSize: bits, hasAlpha: components === 4, isChunky: true, chunky: true });
        this.colorSpace = components === 1 ? "Grayscale" : "RGB";
        this.colorProfile = components === 1 ? "Gray Gamma 2.2" : SRGB;
        this.pixelFormat = { 1: "Grayscale", 3: "RGB", 4: "RGBA" }[components];
        this.type = "image/uncompressed";
        this._isDisposed = false;
        world.images.add(this);
      }

      async getData(given) {
        options("getData", given, ["chunky", "fullRange"]);
        if (this._isDisposed) fail("getData: the image was disposed");
        if (given?.chunky === false) fail("getData: planes are not expected here");
        if (this.componentSize !== 16 || given?.fullRange) return this._data.slice();
        return this._data.map((value) => Math.round((value * FULL_16) / 65535));
      }

      dispose() {
        if (this._isDisposed) violate("dispose: twice");
        this._isDisposed = true;
        world.images.delete(this);
      }
    }

    function given(name, imageData) {
      if (!(imageData instanceof FakeImageData)) fail(`${name}: imageData is none`);
      if (imageData._isDisposed) fail(`${name}: the image was disposed`);
      return imageData;
    }

    function edges(name, bounds, document) {
      if (!bounds) return { left: 0, top: 0, right: document.width, bottom: document.height };
      const right = bounds.right ?? bounds.left + bounds.width;
      const bottom = bounds.bottom ?? bounds.top + bounds.height;
      const all = [bounds.left, bounds.top, right, bottom];
      if (!all.every(Number.isInteger)) fail(`${name}: bounds are no whole numbers: ${all}`);
      return { left: bounds.left, top: bounds.top, right, bottom };
    }

    function cut(a, b) {
      return {
        left: Math.max(a.left, b.left), top: Math.max(a.top, b.top),
        right: Math.min(a.right, b.right), bottom: Math.min(a.bottom, b.bottom),
      };
    }

    function converted(document, value) {
      // Another profile: sRGB holds fewer of its colours, so that some come back as others.
      return document.profile === SRGB ? value : value & ~1;
    }

    const imaging = {
      async getPixels(asked) {
        options("getPixels", asked, ["documentID", "layerID", "historyStateID", "sourceBounds", "targetSize", "colorSpace", "colorProfile", "componentSize", "applyAlpha"]);
        read("getPixels");
        const document = record(asked.documentID ?? world.active);
        if (asked.componentSize !== undefined && ![-1, 8, 16, 32].includes(asked.componentSize)) fail(`getPixels: componentSize ${asked.componentSize}`);
        if (document.profile !== SRGB && (asked.colorSpace !== "RGB" || asked.colorProfile !== SRGB)) {
          violate("getPixels: colours of another profile were taken as they are");
        }
        const layer = asked.layerID === undefined ? null : layerRecord(document, asked.layerID);
        if (layer && layer.kind !== "pixel") fail(`getPixels: a layer of kind ${layer.kind} has no pixels`);
        const whole = { left: 0, top: 0, right: document.width, bottom: document.height };
        const there = layer ? boxOf(layer) : whole;
        const box = cut(edges("getPixels", asked.sourceBounds, document), there);
        if (box.right <= box.left || box.bottom <= box.top) throw new PhotoshopError("There are no pixels in these bounds");
        // Alpha only where there is any to speak of.
        const all = layer ? null : composite(document);
        const most = document.bits === 16 ? 65535 : 255;
        const pixels = (x, y) => (layer ? { ...sample(document, { ...layer, mask: null }, x, y), length: 4 } : all.subarray(4 * (y * document.width + x), 4 * (y * document.width + x) + 4));
        let hasAlpha = layer ? !layer.isBackground : false;
        if (!layer) for (let at = 3; at < all.length; at += 4) if (all[at] !== most) hasAlpha = true;
        const components = hasAlpha ? 4 : 3;
        const bits = asked.componentSize === 8 || asked.componentSize === 16 ? asked.componentSize : document.bits;

        let width = box.right - box.left;
        let height = box.bottom - box.top;
        let level = 0;
        const scaleX = width;
        const scaleY = height;
        if (asked.targetSize) {
          const share = Math.min(1, asked.targetSize.width ? asked.targetSize.width / width : asked.targetSize.height / height);
          level = Math.max(0, Math.floor(Math.log2(1 / share)));
          width = Math.max(1, Math.round(width * share));
          height = Math.max(1, Math.round(height * share));
        }
        const data = new (bits === 16 ? Uint16Array : Uint8Array)(width * height * components);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const fromX = box.left + Math.floor(((x + 0.5) * scaleX) / width);
            const fromY = box.top + Math.floor(((y + 0.5) * scaleY) / height);
            const pixel = pixels(fromX, fromY);
            const to = (y * width + x) * components;
            // The colour of what is not there is anything.
            const isThere = pixel[3] > 0;
            for (let channel = 0; channel < 3; channel++) {
              const value = isThere ? converted(document, pixel[channel]) : (fromX * 31 + fromY * 17 + channel + now()) % 256;
              data[to + channel] = depth(value, document.bits, bits);
            }
            if (components === 4) data[to + 3] = depth(pixel[3], document.bits, bits);
          }
        }
        const unit = 2 ** level;
        const sourceBounds = Object.fromEntries(Object.entries(box).map(([side, at]) => [side, Math.floor(at / unit)]));
        return { imageData: new FakeImageData({ width, height, components, bits, data }), sourceBounds, level };
      },

      async putPixels(asked) {
        options("putPixels", asked, ["documentID", "layerID", "imageData", "replace", "targetBounds", "commandName"], ["layerID", "imageData"]);
        change("putPixels");
        const document = record(asked.documentID ?? world.active);
        const layer = layerRecord(document, asked.layerID);
        const image = given("putPixels", asked.imageData);
        if (layer.kind !== "pixel" || layer.isBackground) fail("putPixels: not a pixel layer");
        if (image.components < 3) fail("putPixels: colours are wanted");
        if (asked.replace !== false && layer.width) violate("putPixels: all that was in the layer is gone");
        const box = edges("putPixels", asked.targetBounds, document);
        if (asked.targetBounds && (box.right - box.left !== image.width || box.bottom - box.top !== image.height)) {
          fail("putPixels: the bounds are not of the picture's size");
        }
        const Samples = document.bits === 16 ? Uint16Array : Uint8Array;
        const data = asked.replace === false && layer.width ? spread(document, layer) : new Samples(4 * document.width * document.height);
        for (let y = 0; y < image.height; y++) {
          for (let x = 0; x < image.width; x++) {
            const [toX, toY] = [box.left + x, box.top + y];
            if (toX < 0 || toY < 0 || toX >= document.width || toY >= document.height) continue;
            const from = (y * image.width + x) * image.components;
            const to = 4 * (toY * document.width + toX);
            for (let channel = 0; channel < 3; channel++) {
              data[to + channel] = converted(document, depth(image._data[from + channel], image.componentSize, document.bits));
            }
            const most = document.bits === 16 ? 65535 : 255;
            data[to + 3] = image.components === 4 ? depth(image._data[from + 3], image.componentSize, document.bits) : most;
          }
        }
        Object.assign(layer, { left: 0, top: 0, width: document.width, height: document.height, data });
        touched(document, asked.commandName || "Put pixels");
      },

      async getSelection(asked) {
        options("getSelection", asked, ["documentID", "sourceBounds", "targetSize"]);
        read("getSelection");
        const document = record(asked.documentID ?? world.active);
        if (!document.selection) throw new PhotoshopError("There is no selection");
        let box = cut(edges("getSelection", asked.sourceBounds, document), { left: 0, top: 0, right: document.width, bottom: document.height });
        if (habits.trimsSelection) box = cut(box, selectionBox(document));
        if (box.right <= box.left || box.bottom <= box.top) throw new PhotoshopError("Nothing is selected in these bounds");
        const [width, height] = [box.right - box.left, box.bottom - box.top];
        const data = new Uint8Array(width * height);
        for (let y = 0; y < height; y++) {
          const from = (box.top + y) * document.width + box.left;
          data.set(document.selection.subarray(from, from + width), y * width);
        }
        return { imageData: new FakeImageData({ width, height, components: 1, bits: 8, data }), sourceBounds: box };
      },

      async putLayerMask(asked) {
        options("putLayerMask", asked, ["documentID", "layerID", "kind", "imageData", "replace", "targetBounds", "commandName"], ["layerID", "imageData"]);
        change("putLayerMask");
        const document = record(asked.documentID ?? world.active);
        const layer = layerRecord(document, asked.layerID);
        const image = given("putLayerMask", asked.imageData);
        if (!layer.mask) fail("putLayerMask: the layer has no mask");
        if (image.components !== 1) fail("putLayerMask: one component is wanted");
        const box = edges("putLayerMask", asked.targetBounds, document);
        const mask = layer.mask.slice();
        for (let y = 0; y < image.height; y++) {
          for (let x = 0; x < image.width; x++) {
            mask[(box.top + y) * document.width + box.left + x] = image._data[y * image.width + x];
          }
        }
        layer.mask = mask;
        touched(document, asked.commandName || "Put mask");
      },

      async createImageDataFromBuffer(data, asked) {
        options("createImageDataFromBuffer", asked, ["width", "height", "components", "chunky", "colorProfile", "colorSpace", "fullRange"], ["width", "height", "components", "colorSpace"]);
        const { width, height, components } = asked;
        if (data.length !== width * height * components) fail(`createImageDataFromBuffer: ${data.length} samples are not ${width} x ${height} x ${components}`);
        if (components === 1 ? asked.colorSpace !== "Grayscale" : asked.colorSpace !== "RGB") fail("createImageDataFromBuffer: another colour space");
        if (asked.chunky === false) fail("createImageDataFromBuffer: planes are not expected here");
        if (components > 1 && asked.colorProfile !== SRGB) violate("createImageDataFromBuffer: colours of no profile");
        const bits = data instanceof Uint16Array ? 16 : 8;
        const full = bits === 16 && !asked.fullRange ? data.map((value) => Math.min(65535, Math.round((value * 65535) / FULL_16))) : data.slice();
        return new FakeImageData({ width, height, components, bits, data: full });
      },
    };

    function depth(value, from, to) {
      if (from === to) return value;
      return to === 16 ? value * 257 : Math.round(value / 257);
    }

    /** A layer's pixels over the whole document. */
    function spread(document, layer) {
      const out = new layer.data.constructor(4 * document.width * document.height);
      for (let y = 0; y < layer.height; y++) {
        for (let x = 0; x < layer.width; x++) {
          const [toX, toY] = [x + layer.left, y + layer.top];
          if (toX < 0 || toY < 0 || toX >= document.width || toY >= document.height) continue;
          const from = 4 * (y * layer.width + x);
          out.set(layer.data.subarray(from, from + 4), 4 * (toY * document.width + toX));
        }
      }
      return out;
    }

    function selectionBox(document) {
      let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
      document.selection.forEach((value, at) => {
        if (!value) return;
        const [x, y] = [at % document.width, Math.floor(at / document.width)];
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + 1);
      });
      return right < left ? null : { left, top, right, bottom };
    }

    // The document model

    function layerModel(document, layer) {
      const model = {
        get id() { return layer.id; },
        get name() { return layer.name; },
        get kind() { return layer.kind; },
        get visible() { return layer.visible; },
        set visible(is) {
          change("hide");
          layer.visible = is;
          touched(document, "Layer visibility");
        },
        get isBackgroundLayer() { return layer.isBackground; },
        get boundsNoEffects() { return boxOf(layer); },
        get bounds() { return boxOf(layer); },
        get layers() { return layer.layers ? layer.layers.map((each) => layerModel(document, each)) : null; },
        get selected() { return layer.selected; },
        set selected(is) {
          change("select");
          layer.selected = is;
        },
        move(reference, place) {
          change("move");
          if (place !== "placeBefore") fail(`move: ${place}`);
          const from = siblings(document, layer.id);
          from.splice(from.indexOf(layer), 1);
          const to = siblings(document, reference.id);
          to.splice(to.findIndex(({ id }) => id === reference.id), 0, layer);
          touched(document, "Move layer");
        },
      };
      return guarded("Layer", model);
    }

    function pathModel(document, path) {
      const unit = habits.pathsInPoints ? 72 / document.resolution : 1;
      return guarded("PathItem", {
        get id() { return path.id; },
        get name() { return path.name; },
        get subPathItems() {
          return path.subpaths.map(({ closed, anchors }) => ({ closed, pathPoints: anchors.map(([x, y]) => ({ anchor: [x * unit, y * unit] })) }));
        },
        async makeSelection() {
          change("makeSelection");
          const selection = new Uint8Array(document.width * document.height);
          for (const { anchors } of path.subpaths) {
            const xs = anchors.map(([x]) => x);
            const ys = anchors.map(([, y]) => y);
            for (let y = Math.round(Math.min(...ys)); y < Math.round(Math.max(...ys)) && y < document.height; y++) {
              for (let x = Math.round(Math.min(...xs)); x < Math.round(Math.max(...xs)) && x < document.width; x++) selection[y * document.width + x] = 255;
            }
          }
          document.selection = selection;
          touched(document, "Select");
        },
        async remove() {
          change("delete");
          document.paths = document.paths.filter((other) => other !== path);
          touched(document, "Delete path");
        },
      });
    }

    function documentModel(document) {
      const model = {
        get id() { return document.id; },
        get title() { return document.title; },
        get name() { return document.title; },
        get width() { return document.width; },
        get height() { return document.height; },
        get resolution() { return document.resolution; },
        get mode() { return document.mode; },
        get colorProfileName() { return document.profile; },
        get bitsPerChannel() { return `bitDepth${document.bits}`; },
        get layers() { return document.layers.map((layer) => layerModel(document, layer)); },
        get activeLayers() { return [...allLayers(document.layers)].filter(({ selected }) => selected).map((layer) => layerModel(document, layer)); },
        get activeHistoryState() { return document.history[document.history.length - 1]; },
        get historyStates() { return document.history; },
        get selection() {
          return { get bounds() { return document.selection ? selectionBox(document) : null; } };
        },
        get pathItems() {
          const items = document.paths.map((path) => pathModel(document, path));
          items.add = (name, infos) => {
            change("make");
            const unit = habits.pathsInPoints ? 72 / document.resolution : 1;
            const subpaths = infos.map(({ closed, entireSubPath }) => ({ closed, anchors: entireSubPath.map(({ anchor: [x, y] }) => [x / unit, y / unit]) }));
            const path = { id: ++world.count, name, subpaths };
            document.paths = [...document.paths, path];
            touched(document, "New path");
            return pathModel(document, path);
          };
          return items;
        },
        get colorSamplers() {
          return document.samplers.map(([x, y]) => ({ position: { x, y } }));
        },
        async createLayer(kind, given = {}) {
          change("make");
          if (typeof kind === "object") fail("createLayer: a kind comes first");
          options("createLayer", given, ["name", "opacity", "blendMode"]);
          const layer = makeLayer(document, { name: given.name });
          for (const other of allLayers(document.layers)) other.selected = false;
          layer.selected = true;
          document.layers.unshift(layer);
          touched(document, "New layer");
          return layerModel(document, layer);
        },
      };
      return guarded("Document", model);
    }

    /** What is not there is asked for in vain: said, so that a wrong name is found. */
    function guarded(kind, model) {
      const passed = ["then", "toJSON", "constructor", "length"];
      return new Proxy(model, {
        get(target, name) {
          if (!(name in target) && typeof name === "string" && !passed.includes(name)) violate(`${kind} has no ${name}`);
          return Reflect.get(target, name);
        },
        set(target, name, value) {
          if (!(name in target)) violate(`${kind} takes no ${String(name)}`);
          return Reflect.set(target, name, value);
        },
      });
    }

    const app = guarded("app", {
      get documents() { return world.documents.map(documentModel); },
      get activeDocument() {
        const document = world.documents.find(({ id }) => id === world.active);
        return document ? documentModel(document) : null;
      },
      SubPathInfo: class SubPathInfo {},
      PathPointInfo: class PathPointInfo {},
    });

    // Modal scopes and history

    const core = {
      async executeAsModal(work, given) {
        options("executeAsModal", given, ["commandName", "interactive", "descriptor", "timeOut"]);
        if (!given?.commandName) fail("executeAsModal: commandName is missing");
        if (world.otherPlugin) throw new PhotoshopError("Another plugin is modal", ANOTHER);
        if (scope) fail("executeAsModal: scopes overlap", ANOTHER);
        const mine = { name: given.commandName, open: [], from: now() };
        scope = mine;
        const context = {
          isCancelled: false,
          onCancel: undefined,
          reportProgress() {},
          hostControl: {
            async suspendHistory({ documentID, name }) {
              const document = record(documentID);
              if (document.suspended) fail("suspendHistory: twice");
              if (!name) fail("suspendHistory: no name");
              const suspension = { document, name, before: snapshot(document) };
              document.suspended = true;
              document.isTouched = false;
              mine.open.push(suspension);
              return suspension;
            },
            async resumeHistory(suspension, isKept = true) {
              if (!mine.open.includes(suspension)) fail("resumeHistory: nothing is suspended");
              mine.open.splice(mine.open.indexOf(suspension), 1);
              finish(suspension, isKept);
            },
          },
        };
        try {
          return await work(context, given.descriptor);
        } finally {
          for (const suspension of mine.open) {
            violate("executeAsModal: the history was left suspended");
            finish(suspension, false);
          }
          scope = null;
          world.scopes.push({ name: mine.name, ms: now() - mine.from });
          if (now() - mine.from > LONGEST_SCOPE_MS) violate(`executeAsModal: ${mine.name} was held for ${now() - mine.from} ms`);
        }
      },
    };

    function finish({ document, name, before }, isKept) {
      document.suspended = false;
      if (!isKept) restore(document, before);
      else if (document.isTouched) remember(document, name);
    }

    const action = {
      async batchPlay(commands, given) {
        options("batchPlay", given, ["synchronousExecution", "modalBehavior", "dialogOptions"]);
        for (const command of commands) {
          change(command._obj);
          world.batches.push(command);
          if (command._obj === "make" && command.new?._class === "channel") {
            const [{ _id }] = command._target;
            for (const document of world.documents) {
              for (const layer of allLayers(document.layers)) {
                if (layer.id === _id) layer.mask = new Uint8Array(document.width * document.height);
              }
            }
          }
        }
        return commands.map(() => ({}));
      },
      async addNotificationListener(events, callback) {
        if (!Array.isArray(events)) fail("addNotificationListener: events are a list");
        world.listeners.push({ events, callback });
      },
      async removeNotificationListener(events, callback) {
        world.listeners = world.listeners.filter((each) => each.callback !== callback);
      },
    };

    /** What a person does in Photoshop: never while a scope is open; told twice. */
    function userDoes(name, work) {
      if (scope) throw new Error("the person cannot work while a scope is open");
      const result = work(world.documents.find(({ id }) => id === world.active));
      const document = world.documents.find(({ id }) => id === world.active);
      if (document) remember(document, name);
      for (let time = 0; time < 2; time++) {
        for (const { events, callback } of [...world.listeners]) if (events.includes(name)) callback(name, {});
      }
      return result;
    }

    function undo(document) {
      document.states.pop();
      document.history.pop();
      restore(document, document.states[document.states.length - 1]);
      document.states[document.states.length - 1] = snapshot(document);
    }

    const module = guarded("photoshop", {
      app,
      core,
      action,
      imaging: guarded("imaging", imaging),
      constants: {
        LayerKind: { NORMAL: "pixel" },
        ElementPlacement: { PLACEBEFORE: "placeBefore" },
        ShapeOperation: { SHAPEXOR: "shapeXor" },
        PointKind: { CORNERPOINT: "cornerPoint" },
      },
    });
    const secrets = new Map();
    const uxp = {
      host: { name: "Photoshop", version: "25.0.0", uiLocale: "en_US" },
      versions: { uxp: "uxp-7.2.0", plugin: "0.1.0" },
      storage: {
        secureStorage: {
          async getItem(key) {
            if (!secrets.has(key)) throw new Error("There is no such item");
            return secrets.get(key);
          },
          async setItem(key, value) {
            if (!(value instanceof Uint8Array) && typeof value !== "string") violate("secureStorage: bytes are wanted");
            secrets.set(key, value);
          },
          async removeItem(key) {
            secrets.delete(key);
          },
        },
      },
    };
    return { module, uxp, world, add, composite, spread, userDoes, undo, boxOf, secrets, makeLayer };
  }

  give(makePhotoshop);
})((made) => {
  if (typeof module === "object" && module.exports) module.exports = { makePhotoshop: made };
  else globalThis.makePhotoshop = made;
});
