"""A Python that this machine lacks and Debian has, in a folder of its own.

Only as root, with debootstrap and unshare. A command in it sees the folder as the root of its files
and this project at its own place. Its mounts are in a namespace of the command and end with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SUITES = {"3.13": "trixie", "3.14": "sid"}
"""The release of Debian that has a version."""

TOOLS = ("debootstrap", "unshare", "chroot")

ENTER = """
set -e
root=$1 place=$2
shift 2
mkdir -p "$root$place"
mount --bind "$place" "$root$place"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind /etc/ssl "$root/etc/ssl"
cp /etc/resolv.conf "$root/etc/resolv.conf"
exec chroot "$root" sh -c 'cd "$0" && exec "$@"' "$place" "$@"
"""


def prefix(version: str, folder: Path) -> tuple[str, ...]:
    """Return what comes before a command that is to run where this Python is; empty if nowhere."""
    suite = SUITES.get(version)
    if not suite or os.geteuid() or not all(map(shutil.which, TOOLS)):
        return ()
    root = folder / f"debian-{suite}"
    if not (root / "made").exists() and not _made(version, suite, root):
        return ()
    return ("unshare", "--mount", "sh", "-c", ENTER, "sh", str(root), str(ROOT))


def _made(version: str, suite: str, root: Path) -> bool:
    """Install Debian with this Python into a folder; say whether that worked."""
    root.mkdir(parents=True, exist_ok=True)
    wanted = f"--include=ca-certificates,python{version},python{version}-venv"
    command = ["debootstrap", "--variant=minbase", wanted, suite, str(root)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        print(f"Python {version}: debootstrap failed: {ended.stdout[-300:]}")
        return False
    (root / "made").touch()
    return True
