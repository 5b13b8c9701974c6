"""Small files of the user's, written whole or not at all."""

import contextlib
import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


def write_whole(path: Path, text: str) -> bool:
    """Whether it was kept; what was there before stays otherwise."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, "utf-8")
        os.replace(draft, path)
    except OSError as error:
        log.warning("%s could not be kept (%s)", path.name, error.strerror)
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        return False
    return True
