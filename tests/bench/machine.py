"""A system under measurement as the kernel sees it: its processes, their CPU time and their memory."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds


def tree(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:  # it ended while we looked
                continue
    return found


def cpu(pid: int) -> float:
    """Return the CPU seconds that a process and its descendants have used, in themselves and in the kernel."""
    used = 0
    for each in tree(pid):
        try:
            # After the name, which may hold spaces; proc(5): fields 14 and 15.
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        used += int(fields[11]) + int(fields[12])
    return used * TICK


def memory(pid: int) -> float:
    """Return the proportional set size of a process and its descendants, in MB."""
    kilobytes = 0
    for each in tree(pid):
        for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1024


def drain(pid: int) -> None:
    """Wait until a system has nothing left to do: no CPU used for a tenth of a second; at most 5 seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        before = cpu(pid)
        time.sleep(0.1)
        if cpu(pid) == before:
            return


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a process that we started, and its descendants, each by its own number."""
    pids = tree(process.pid)
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in pids[1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def syncs(folder: Path, seconds: float = 1.0) -> float:
    """Return how many times a second the disk under a folder takes 4 KiB more of a file for good, as a commit does."""
    path = folder / "syncs"
    with path.open("wb") as file:
        done, begun = 0, time.monotonic()
        while (passed := time.monotonic() - begun) < seconds:
            os.write(file.fileno(), os.urandom(4096))
            os.fsync(file.fileno())
            done += 1
    path.unlink()
    return done / passed
