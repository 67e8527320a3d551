"""The command line signs in."""

import re
import stat
import subprocess
import time

import pytest
import requests
from callers import RESTRICTED, Caller
from providers import TIMEOUT_S, decode, lifetime
from servers import binary, clean_environment, spawn


class CommandLine:
    """`ardent` with a home of its own."""

    def __init__(self, home):
        self.home = home
        self.environment = clean_environment(XDG_CONFIG_HOME=str(home))

    def run(self, *arguments, **environment):
        command = [binary("ARDENT_BIN"), *arguments]
        environment = self.environment | environment
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=60, stdin=subprocess.DEVNULL
        )

    def succeed(self, *arguments, **environment):
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def token(self, url, **environment):
        """One line, so that `$(ardent token …)` is a token."""
        printed = self.succeed("token", url, **environment)
        assert printed.endswith("\n") and printed.count("\n") == 1
        return printed.strip()

    def login(self, url, provider, user, *flags):
        command = [binary("ARDENT_BIN"), "login", url, *flags]
        process = spawn(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment)
        said = ""
        for line in process.stderr:
            said += line
            if found := re.search(r"http://\S+user_code=\S+", said):
                code = re.search("user_code=([A-Z]{4}-[A-Z]{4})", found.group()).group(1)
                provider.approve_device(found.group(), user)
                break
        printed, rest = process.communicate(timeout=60)
        assert process.returncode == 0, said + rest
        assert code in said and "eyJ" not in printed + said + rest, "the token is not shown"
        return said + rest

    def token_file(self):
        """The one file with tokens. There may be others, such as locks, but none that others may read."""
        files = [path for path in self.home.rglob("*") if path.is_file()]
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files), files
        assert all(path.parent == self.home / "ardent" for path in files), files
        assert stat.S_IMODE((self.home / "ardent").stat().st_mode) == 0o700
        found = [path for path in files if "eyJ" in path.read_text()]
        return found[0] if len(found) == 1 else found

    def refresh_token(self):
        tokens = re.findall(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", self.token_file().read_text())
        [refresh] = [token for token in tokens if decode(token)[0]["alg"] == "HS512"]
        return refresh


@pytest.fixture
def command_line(home):
    return CommandLine(home)


def test_from_login_to_logout(platform, provider, command_line):
    command_line.login(platform.url, provider, "ranger")
    assert command_line.token_file().is_file()
    token = command_line.token(platform.url)
    ranger = Caller(platform.url, token)
    assert ranger.me()["name"] == "ranger" and decode(token)[1]["azp"] == "ardent-cli"
    assert ranger.get(f"/collections/{RESTRICTED}").status_code == 200
    refresh = command_line.refresh_token()
    command_line.succeed("logout", platform.url)
    assert command_line.token_file() == [], "nothing is left"
    after = command_line.run("token", platform.url)
    assert after.returncode == 1 and "ardent login" in after.stderr and not after.stdout
    form = {"grant_type": "refresh_token", "client_id": "ardent-cli", "refresh_token": refresh}
    ended = requests.post(provider.endpoint("token"), data=form, timeout=TIMEOUT_S)
    assert (ended.status_code, ended.json()["error"]) == (400, "invalid_grant"), "signed out at the provider too"


def test_a_token_is_renewed_before_it_ends(platform, provider, command_line):
    with lifetime(provider, 4):
        command_line.login(platform.url, provider, "ranger")
        tokens = []
        for _ in range(3):
            tokens.append(command_line.token(platform.url))
            assert Caller(platform.url, tokens[-1]).get("/me").status_code == 200
            time.sleep(4)
        assert len(set(tokens)) == 3
    assert Caller(platform.url, tokens[0]).get("/me").status_code == 401
    assert command_line.token_file().is_file(), "nobody may read it when it is written again either"


def test_a_session_that_was_ended_asks_for_a_login(platform, provider, command_line):
    with lifetime(provider, 2):
        command_line.login(platform.url, provider, "ranger")
        provider.logout(command_line.refresh_token(), client="ardent-cli")
        time.sleep(3)
        done = command_line.run("token", platform.url)
    assert done.returncode == 1 and "ardent login" in done.stderr, done.stderr


@pytest.mark.parametrize("flags, kind", [([], "Refresh"), (["--offline"], "Offline")])
def test_how_long_one_stays_signed_in(platform, provider, command_line, flags, kind):
    command_line.login(platform.url, provider, "ranger", *flags)
    assert decode(command_line.refresh_token())[1]["typ"] == kind
    assert Caller(platform.url, command_line.token(platform.url)).me()["name"] == "ranger"


def test_several_servers_have_a_token_each(platform, provider, command_line):
    command_line.login(platform.url, provider, "ranger")
    other = platform.url.replace("127.0.0.1", "localhost")
    done = command_line.run("token", other)
    assert done.returncode == 1 and "ardent login" in done.stderr


def test_a_service_signs_in_by_itself(platform, provider, command_line):
    flags = ["--client-id", "ardent-batch", "--client-secret", "batch-secret"]
    variables = {"ARDENT_CLIENT_ID": "ardent-batch", "ARDENT_CLIENT_SECRET": "batch-secret"}
    by_flags = command_line.succeed("token", platform.url, *flags).strip()
    by_variables = command_line.token(platform.url, **variables)
    for token in (by_flags, by_variables):
        assert Caller(platform.url, token).me()["name"] == "service-account-ardent-batch"
    wrong = command_line.run("token", platform.url, **variables | {"ARDENT_CLIENT_SECRET": "wrong"})
    assert wrong.returncode == 1 and "wrong" not in wrong.stderr


def test_a_server_without_a_provider(command_line, provider):
    done = command_line.run("login", provider.url)
    assert done.returncode == 1 and provider.url in done.stderr
