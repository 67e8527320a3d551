"""What processes use, from /proc: those of a server and of all it started."""

import os
import re
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def tree(root):
    """The process and all below it."""
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := statistics(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def statistics(process):
    """The fields of /proc/<pid>/stat from the state on (proc(5): field 3); none if it has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None


def cpu_ms(root):
    """CPU time of the tree so far, ended children included."""
    used = 0
    for process in tree(root):
        if fields := statistics(process):
            used += sum(map(int, fields[11:15]))
    return used * 1000 / TICKS_PER_SECOND


def memory_mb(root):
    """Memory of the tree; shared pages are counted in parts."""
    total_kb = 0
    for process in tree(root):
        try:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        if found := re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE):
            total_kb += int(found[1])
    return total_kb / 1024
