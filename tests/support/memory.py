"""Where tests keep their files: in memory, if there is room, because nothing outlives them."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

_ROOM: Final = 2**30


def memory_folder() -> Path | None:
    """Find a file system in memory with room, on which programs run."""
    shared = Path("/dev/shm")  # noqa: S108 - directories with names of their own are made in it
    if not shared.is_dir() or not os.access(shared, os.W_OK | os.X_OK):
        return None
    programs_run = not os.statvfs(shared).f_flag & os.ST_NOEXEC
    return shared if programs_run and shutil.disk_usage(shared).free > _ROOM else None


def keep_temporary_files_in_memory() -> None:
    """Let this process and its children make temporary files in memory.

    Every commit of a shop on SQLite waits for its disk; here the disk answers at once. Whoever
    has set TMPDIR knows better.
    """
    folder = memory_folder()
    if folder is not None and "TMPDIR" not in os.environ:  # noqa: TID251 - of the tests, not of a shop
        os.environ["TMPDIR"] = str(folder)  # noqa: TID251 - the same
        tempfile.tempdir = None
