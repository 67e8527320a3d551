"""Real servers for the tests: an S3 store and `ardent serve` with a private PostGIS, both the built binaries."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

# What `ardent-testkit s3` accepts.
ACCESS_KEY = "ARDENTTESTKIT"
SECRET_KEY = "not-a-secret-only-for-tests"


def binary(variable):
    path = os.environ.get(variable)
    if not path or not os.access(path, os.X_OK):
        pytest.exit(f"{variable} names no program; run these tests through `make`", returncode=2)
    return path


def not_here(reason):
    """Skips the test, or fails it if nothing may be skipped."""
    reason = f"SKIPPED: {reason}"
    if os.environ.get("ARDENT_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def folder_of(variable):
    """The folder that a variable names; without it the test is skipped."""
    path = os.environ.get(variable)
    if path and pathlib.Path(path).is_dir():
        return pathlib.Path(path)
    not_here(f"{variable} names no folder with the real data that this test compares with")


def clean_environment(**more):
    """The environment without settings of Ardent."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ARDENT_")} | more


def spawn(arguments, **more):
    """A child that is asked to stop when this process dies, however it dies."""
    return subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *arguments], stdin=subprocess.DEVNULL, text=True, **more)


@contextlib.contextmanager
def temporary_folder(prefix):
    folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
    # As root, the user who runs PostgreSQL must be able to enter.
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


class Process:
    """A server that says on its first line where it listens."""

    def __init__(self, arguments, log, **environment):
        self.log = log
        self.process = spawn(
            arguments, stdout=subprocess.PIPE, stderr=log.open("a"), env=clean_environment(**environment)
        )
        line = self.process.stdout.readline()
        assert "http://" in line, f"{arguments[0]} does not listen: {line}{log.read_text()}"
        self.url = "http://" + line.split("http://", 1)[1].strip()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=90)
        assert code == 0, f"it ended with {code}: {self.log.read_text()}"


class Platform:
    """The store, the server, and the commands that fill them."""

    def __init__(self, folder, *settings_of_the_server):
        self.folder = folder
        self.s3 = Process([binary("ARDENT_TESTKIT_BIN"), "s3", "--folder", str(folder / "s3")], folder / "s3.log")
        stores = folder / "stores.toml"
        stores.write_text(
            f'[[store]]\nurl = "s3://"\nendpoint = "{self.s3.url}"\n'
            f'access_key_id = "{ACCESS_KEY}"\nsecret_access_key = "{SECRET_KEY}"\n'
        )
        self.settings = ["--data-folder", str(folder / "data"), "--stores", str(stores)]
        self.settings_of_the_server = settings_of_the_server
        self.start("127.0.0.1:0")

    def start(self, listen):
        command = [binary("ARDENT_BIN"), "serve", "--listen", listen, *self.settings_of_the_server, *self.settings]
        self.server = Process(command, self.folder / "server.log")
        self.url = self.server.url

    def restart(self):
        """The server anew, at the same address."""
        self.server.stop()
        self.start(self.url.removeprefix("http://"))

    def command(self, *arguments):
        """Runs a command that must succeed; what it prints."""
        command = [binary("ARDENT_BIN"), *map(str, arguments), *self.settings]
        done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), timeout=600)
        assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def run(self, *arguments):
        """Runs a command that must succeed; its JSON."""
        return json.loads(self.command(*arguments))

    def bucket(self, name):
        """The folder behind a bucket of the store."""
        path = self.folder / "s3" / name
        path.mkdir(exist_ok=True)
        return path

    def stop(self):
        self.server.stop()
        self.s3.stop()


@contextlib.contextmanager
def running_platform(*settings_of_the_server):
    with temporary_folder("ardent-python-") as folder:
        platform = Platform(folder, *settings_of_the_server)
        try:
            yield platform
        finally:
            platform.stop()
