"""Files of a model folder that take no space of their own."""

import os
import shutil
from pathlib import Path

from dragbrush.errors import StorageFailed


def link_file(source: Path, target: Path) -> None:
    """Make `target` stand for `source`: a symbolic link, else a hard link, else a copy.

    Windows refuses symbolic links to ordinary users, and hard links do not reach across disks.
    Raises `StorageFailed`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for make in (os.symlink, os.link, shutil.copyfile):
        try:
            make(source.absolute(), target)
            return
        except OSError as error:
            failure = error
    raise StorageFailed(f"'{target}' cannot be written ({failure.strerror}); free some space.") from failure
