"""The servers side by side: one PostgreSQL, and on it the peer and Ardent."""

import http.client
import json
import os
import pwd
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

BINARIES = Path("/usr/lib/postgresql/15/bin")
PORT_POSTGRES, PORT_PEER, PORT_ARDENT = 55471, 55472, 55473
PEER_WORKERS = 2
SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
shared_buffers = 2GB
effective_cache_size = 10GB
work_mem = 32MB
maintenance_work_mem = 512MB
max_wal_size = 8GB
checkpoint_timeout = 15min
random_page_cost = 1.1
effective_io_concurrency = 100
jit = off
timezone = 'UTC'
"""


class Postgres:
    """A private cluster, tuned alike for both."""

    def __init__(self, folder):
        self.folder = folder / "postgres"
        if not (self.folder / "PG_VERSION").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            if os.getuid() == 0:
                owner = pwd.getpwnam("postgres")
                os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
            with (self.folder / "postgresql.conf").open("a") as file:
                file.write(SETTINGS.format(port=PORT_POSTGRES))
        self.run("pg_ctl", "-w", "-l", "log", "start")
        self.process = int((self.folder / "postmaster.pid").read_text().split()[0])

    def run(self, command, *arguments):
        as_postgres = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        command = [*as_postgres, str(BINARIES / command), "-D", str(self.folder), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)

    def stop(self):
        self.run("pg_ctl", "-m", "fast", "-w", "stop")

    def ask(self, statement, database="postgres"):
        """The first value of what a statement gives."""
        import psycopg

        with psycopg.connect(url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None

    def recreate(self, database):
        self.ask(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        self.ask(f"CREATE DATABASE {database}")

    def has(self, database):
        return self.ask(f"SELECT count(*) FROM pg_database WHERE datname = '{database}'") == 1


def url(database):
    return f"postgresql://postgres@127.0.0.1:{PORT_POSTGRES}/{database}"


class Server:
    """A running server."""

    def __init__(self, name, port, command, environment, folder):
        self.name, self.port, self.connection = name, port, None
        log = (folder / f"{name}.log").open("w")
        self.running = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log, cwd=folder)
        deadline = time.monotonic() + 60
        while self.get("/")[0] != 200:
            if self.running.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{name} did not start: see {log.name}")
            time.sleep(0.2)

    @property
    def process(self):
        return self.running.pid

    def stop(self):
        self.running.terminate()
        self.running.wait()

    def get(self, path):
        return self.send("GET", path)

    def send(self, method, path, body=None):
        """Status and JSON of the answer."""
        for _ in range(2):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
                headers = {"Content-Type": "application/json"} if body is not None else {}
                self.connection.request(method, path, None if body is None else json.dumps(body), headers)
                answer = self.connection.getresponse()
                text = answer.read()
                return answer.status, json.loads(text) if answer.status == 200 else text.decode(errors="replace")
            except (OSError, http.client.HTTPException):
                self.connection = None
        return 0, "no answer"

    def page_after(self, page, body):
        """The request for the page after, or none."""
        for link in page["links"]:
            if link["rel"] == "next":
                parts = urlsplit(link["href"])
                path = parts.path + (f"?{parts.query}" if parts.query else "")
                if link.get("method", "GET") == "GET":
                    return "GET", path, None
                merged = {**(body or {}), **link["body"]} if link.get("merge") else link["body"]
                return "POST", path, merged
        return None


def start_peer(folder):
    """stac-fastapi-pgstac with the setting that makes it quickest."""
    environment = {
        "PGHOST": "127.0.0.1", "PGPORT": str(PORT_POSTGRES), "PGUSER": "postgres", "PGPASSWORD": "none",
        "PGDATABASE": "peer", "USE_API_HYDRATE": "TRUE",
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "stac_fastapi.pgstac.app:create_app", "--host", "127.0.0.1",
               "--port", str(PORT_PEER), "--workers", str(PEER_WORKERS), "--no-access-log", "--log-level", "warning"]
    return Server("pgstac", PORT_PEER, command, environment, folder)


def start_ardent(binary, folder, counts=False):
    """Ardent, not counting what matches, since the peer does not."""
    environment = {"ARDENT_DATABASE_URL": url("ardent"), "ARDENT_LOG": "warn"}
    command = [binary, "serve", "--listen", f"127.0.0.1:{PORT_ARDENT}", *([] if counts else ["--count-ms", "0"])]
    return Server("ardent", PORT_ARDENT, command, environment, folder)
