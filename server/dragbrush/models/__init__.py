"""Models by name; `toybox` is the folder of the embedded one."""

from dragbrush.models.registry import TOYBOX, Model, check_folder, find_model, list_models

__all__ = ["TOYBOX", "Model", "check_folder", "find_model", "list_models"]
