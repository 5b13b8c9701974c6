"""Pictures in and out, the way between a layer and a model's canvas, and measuring; no torch, no network."""

from dragbrush.imaging.canvas import read_canvas
from dragbrush.imaging.colour import Box, crop_to_srgb, crop_with_alpha, space_of, srgb_to_samples
from dragbrush.imaging.decode import Limits, read_mask, read_picture
from dragbrush.imaging.draw import comparison, save_frames
from dragbrush.imaging.encode import check_writable, write_picture
from dragbrush.imaging.fit import Fit, fit_edit, whole_layer
from dragbrush.imaging.mask import (
    Mask,
    check_drags,
    check_mask,
    check_object_mask,
    mask_box,
    mask_on_canvas,
    selection_for,
    widened,
)
from dragbrush.imaging.measure import where_it_went
from dragbrush.imaging.paste import paste
from dragbrush.imaging.picture import Picture
from dragbrush.imaging.resample import ReadRows, downscale, downscale_rows, strip_rows, upscale_rows
from dragbrush.imaging.seam import seam_offset
from dragbrush.imaging.spread import spread

__all__ = [
    "Box",
    "Fit",
    "Limits",
    "Mask",
    "Picture",
    "ReadRows",
    "check_drags",
    "check_mask",
    "check_object_mask",
    "check_writable",
    "comparison",
    "crop_to_srgb",
    "crop_with_alpha",
    "downscale",
    "downscale_rows",
    "fit_edit",
    "mask_box",
    "mask_on_canvas",
    "paste",
    "read_canvas",
    "read_mask",
    "read_picture",
    "save_frames",
    "seam_offset",
    "selection_for",
    "space_of",
    "spread",
    "srgb_to_samples",
    "strip_rows",
    "upscale_rows",
    "where_it_went",
    "whole_layer",
    "widened",
    "write_picture",
]
