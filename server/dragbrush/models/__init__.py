"""Models by name; `toybox` is the folder of the embedded one."""

from dragbrush.models.registry import DEFAULT, TOYBOX, Model, check_folder, default_model, find_model, list_models

__all__ = ["DEFAULT", "TOYBOX", "Model", "check_folder", "default_model", "find_model", "list_models"]
