// @ts-check
/** Pixels in an <img>: a canvas here takes none. */
"use strict";

/**
 * Shows pixels in an image; the ones before are let go of.
 * @param {any} image
 * @param {import("../core/pixels.js").Raster} raster rgba of 8 bits
 */
function put(image, raster) {
  const blob = new ImageBlob(/** @type {any} a view is taken as well, as Adobe's own example has it */ (raster.data), {
    type: "image/uncompressed",
    width: raster.width,
    height: raster.height,
    colorSpace: "RGB",
    colorProfile: "sRGB IEC61966-2.1",
    pixelFormat: "RGBA",
    components: 4,
    componentSize: 8,
    hasAlpha: true,
  });
  release(image);
  image.src = URL.createObjectURL(blob);
}

/** @param {any} image */
function release(image) {
  if (image.src) URL.revokeObjectURL(image.src);
}

module.exports = { put, release };
