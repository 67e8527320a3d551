"""Who makes the cube, what it costs them, and what they answer."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import rasterio

from processes import memory_mb

from . import floor

#: What GDAL is best told about files behind HTTP.
GDAL = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".tif",
        "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES", "VSI_CACHE": "TRUE"}


def measured(command):
    """Runs a command: CPU of it and all it waited for, wall time, peak memory of the tree, and what it says of itself."""
    begun, peak, ended = time.perf_counter(), [0.0], threading.Event()
    running = subprocess.Popen(command, env={**os.environ, **GDAL}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def watch():
        while not ended.wait(0.1):
            peak[0] = max(peak[0], memory_mb(running.pid))

    watching = threading.Thread(target=watch)
    watching.start()
    said, complaint = running.stdout.read(), running.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begun
    ended.set()
    watching.join()
    if running.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}:\n{complaint[-2000:]}")
    own = json.loads(said)
    cpu = usage.ru_utime + usage.ru_stime
    # The kernel's own maximum (ru_maxrss) starts from that of the process that forked: it is of no use here.
    return {"wall": wall, "cpu": cpu, "work": cpu - own.get("start_cpu_seconds", 0), "rss_mb": own.get("peak_mb", peak[0])}


class Floor:
    name = "floor"

    def __init__(self, binary, plan, job, folder):
        self.command, self.job = [binary, str(plan), str(folder / "floor.raw")], job

    def run(self):
        return measured(self.command)

    def answer(self):
        return floor.read(self.command[2], self.job)


class Peer:
    def __init__(self, name, task, folder):
        self.name, self.out = name, folder / f"{name}.npy"
        script = str(Path(__file__).with_name("peers.py"))
        self.command = [sys.executable, "-W", "ignore", script, name, str(task), str(self.out)]

    def run(self):
        return measured(self.command)

    def answer(self):
        return np.load(self.out)


class Ours:
    name = "ardent"

    def __init__(self, server, recipe, folder):
        self.server, self.recipe, self.out = server, recipe, folder / "ardent.tif"

    def run(self):
        return self.server.load(self.recipe, self.out)

    def answer(self):
        with rasterio.open(self.out) as file:
            return file.read()
