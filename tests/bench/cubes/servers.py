"""What runs meanwhile: nginx with the files, a proxy that makes it seem far away, Ardent."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from processes import TICKS_PER_SECOND, statistics

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.error;
{user}
events {{ worker_connections 1024; }}
http {{
  log_format ranges '$request_method $uri $status $http_range';
  access_log {folder}/nginx.log ranges;
  sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=4000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Running:
    """A process of ours that answers at a port."""

    def __init__(self, name, command, port, folder, environment=None):
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        log = (folder / f"{name}.out").open("w")
        self.running = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **(environment or {})})
        deadline = time.monotonic() + 60
        while not self.answers():
            if self.running.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise SystemExit(f"{name} did not start: see {log.name}")
            time.sleep(0.1)

    def answers(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            return True
        except (OSError, http.client.HTTPException):
            return False

    def stop(self):
        self.running.terminate()
        self.running.wait()


class Files(Running):
    """nginx: ranges of files, and a log of them."""

    def __init__(self, root, folder):
        binary = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        if not binary:
            raise SystemExit("nginx is missing: `scripts/setup.sh bench-cube` installs it")
        self.log, port = folder / "nginx.log", free_port()
        settings = folder / "nginx.conf"
        settings.write_text(NGINX.format(folder=folder, root=root, port=port, user="user root;" if os.getuid() == 0 else ""))
        super().__init__("nginx", [binary, "-c", str(settings), "-e", str(folder / "nginx.error")], port, folder)

    def ranges_since(self, line):
        """(path, first byte, last byte) of what was read; a read without a range is of all bytes."""
        found = []
        for entry in self.log.read_text().splitlines()[line:]:
            method, path, _, asked = entry.split(" ", 3)
            if method == "GET":
                bounds = re.fullmatch(r"bytes=(\d+)-(\d+)", asked)
                found.append((path, int(bounds[1]), int(bounds[2])) if bounds else (path, 0, 1 << 62))
        return found

    def lines(self):
        return len(self.log.read_text().splitlines())


def far_away(files, latency_ms, folder):
    """The same files behind a proxy that holds each request back."""
    port = free_port()
    script = str(Path(__file__).with_name("latency.py"))
    return Running("latency", [sys.executable, script, str(port), str(files.port), str(latency_ms)], port, folder)


class Ardent(Running):
    """A server with a catalogue of its own, made anew."""

    def __init__(self, binary, folder, addresses):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        stores, port = folder / "stores.toml", free_port()
        stores.write_text("".join(f'[[store]]\nurl = "{address}/"\n' for address in addresses))
        self.binary = binary
        self.environment = {"ARDENT_DATA_FOLDER": str(folder / "data"), "ARDENT_STORES": str(stores), "ARDENT_LOG": "warn"}
        command = [binary, "serve", "--listen", f"127.0.0.1:{port}", "--anonymous", "load"]
        super().__init__("ardent", command, port, folder, self.environment)

    def index(self, documents):
        done = subprocess.run([self.binary, "index", str(documents)], env={**os.environ, **self.environment},
                              capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"ardent index {documents}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")

    def load(self, recipe, path):
        """Makes a cube; what it cost the server's process (PostgreSQL apart), and its summary."""
        request = urllib.request.Request(f"{self.address}/datacube/load", json.dumps(recipe).encode(),
                                         {"Content-Type": "application/json", "Accept": "image/tiff"})
        process = Path(f"/proc/{self.running.pid}")
        (process / "clear_refs").write_text("5")
        cpu, begun = self.cpu_seconds(), time.perf_counter()
        try:
            with urllib.request.urlopen(request, timeout=900) as answer, path.open("wb") as file:
                shutil.copyfileobj(answer, file, 1 << 20)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"Ardent refused the cube: {error.code}: {error.read().decode()[:2000]}") from error
        wall = time.perf_counter() - begun
        peak_kb = int(re.search(r"VmHWM:\s+(\d+)", (process / "status").read_text())[1])
        summary = json.loads(answer.headers["ardent-summary"])
        cpu = self.cpu_seconds() - cpu
        return {"wall": wall, "cpu": cpu, "work": cpu, "rss_mb": peak_kb / 1024, "summary": summary}

    def cpu_seconds(self):
        return sum(map(int, statistics(self.running.pid)[11:13])) / TICKS_PER_SECOND
