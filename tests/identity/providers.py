"""The identity providers that the tests run against: Keycloak, and what stands in for it. Both read `realm.json`."""

import base64
import contextlib
import http.server
import json
import os
import pathlib
import threading
import time
import urllib.parse

import requests
from browser import Browser
from servers import Process, clean_environment, not_here, spawn

HERE = pathlib.Path(__file__).parent
TOOLS = pathlib.Path(os.environ.get("ARDENT_TOOLS") or pathlib.Path.home() / ".cache/ardent/tools")
REALM = json.loads((HERE / "realm.json").read_text())
TIMEOUT_S = 60


def password(user):
    return f"{user}-password"


def decode(token):
    """Header and claims, unverified."""
    parts = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]
    return tuple(parts)


class Provider:
    """A realm, and what its administrator and its users do. Subclasses say how it runs and is administered."""

    name: str
    # Where it listens.
    url: str

    @property
    def issuer(self):
        return self.issuer_at("127.0.0.1")

    def issuer_at(self, host):
        """The issuer as it is called by another name of this machine."""
        return f"http://{host}:{urllib.parse.urlparse(self.url).port}/realms/{REALM['realm']}"

    def endpoint(self, path, host="127.0.0.1"):
        return f"{self.issuer_at(host)}/protocol/openid-connect/{path}"

    def grant(self, host="127.0.0.1", **form):
        answer = requests.post(self.endpoint("token", host), data=form, timeout=TIMEOUT_S)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def tokens(self, user, client="notebooks", scope="openid", host="127.0.0.1"):
        credentials = {"username": user, "password": password(user)}
        return self.grant(host, grant_type="password", client_id=client, scope=scope, **credentials)

    def token(self, user, **more):
        return self.tokens(user, **more)["access_token"]

    def id_token(self, user):
        return self.tokens(user)["id_token"]

    def refresh_token(self, user, scope="openid"):
        return self.tokens(user, scope=scope)["refresh_token"]

    def refreshed(self, refresh_token, client="notebooks"):
        return self.grant(grant_type="refresh_token", client_id=client, refresh_token=refresh_token)["access_token"]

    def client_token(self, client="ardent-batch", secret="batch-secret"):
        return self.grant(grant_type="client_credentials", client_id=client, client_secret=secret)["access_token"]

    def keys(self):
        return requests.get(self.endpoint("certs"), timeout=TIMEOUT_S).json()["keys"]

    def approve_device(self, verification_uri_complete, user):
        page = Browser().answer_forms(verification_uri_complete, user, password(user))
        assert "Device Login Successful" in page, page


class Keycloak(Provider):
    name = "keycloak"
    version = "26.4.7"

    def __init__(self, folder):
        self.distribution = TOOLS / f"keycloak-{self.version}"
        if not self.distribution.is_dir():
            not_here(f"no Keycloak in {self.distribution}; `scripts/setup.sh platform` puts it there")
        self.log = folder / "keycloak.log"
        # What it writes goes to its home, so that several can run from one distribution.
        self.home = folder / "keycloak"
        self.home.mkdir()
        for part in ("conf", "lib", "providers", "themes"):
            (self.home / part).symlink_to(self.distribution / part)
        self.start(port=0)
        self.admin("POST", "", REALM, below="/admin/realms")

    def start(self, port=None):
        port = urllib.parse.urlparse(self.url).port if port is None else port
        self.log.write_text("")
        environment = clean_environment(
            KC_BOOTSTRAP_ADMIN_USERNAME="admin",
            KC_BOOTSTRAP_ADMIN_PASSWORD="admin",
            # It does not run long enough to be worth compiling twice.
            JAVA_OPTS_APPEND="-XX:TieredStopAtLevel=1",
        )
        command = [self.distribution / "bin/kc.sh", "start", "--optimized", f"-Dkc.home.dir={self.home}"]
        listen = ["--http-enabled=true", "--http-host=127.0.0.1", f"--http-port={port}", "--hostname-strict=false"]
        log = self.log.open("a")
        self.process = spawn([*command, *listen, "--cache=local"], stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + 180
        while "Listening on: " not in (text := self.log.read_text()):
            assert self.process.poll() is None and time.monotonic() < deadline, f"Keycloak does not start: {text}"
            time.sleep(0.1)
        self.url = text.split("Listening on: ", 1)[1].split()[0]

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)

    def admin(self, method, path, body=None, below=f"/admin/realms/{REALM['realm']}"):
        login = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": "admin"}
        master = f"{self.url}/realms/master/protocol/openid-connect/token"
        token = requests.post(master, data=login, timeout=TIMEOUT_S).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        answer = requests.request(method, self.url + below + path, json=body, headers=bearer, timeout=TIMEOUT_S)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def signing_keys(self):
        """The realm's makers of signing keys, as Keycloak calls them, the active one first."""
        components = self.admin("GET", "/components?type=org.keycloak.keys.KeyProvider")
        makers = [component for component in components if component["providerId"] == "rsa-generated"]
        return sorted(makers, key=lambda maker: -int(maker["config"]["priority"][0]))

    def rotate_keys(self):
        newest = self.signing_keys()[0]
        priority = int(newest["config"]["priority"][0]) + 1
        maker = {
            "name": f"rsa-{priority}",
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "parentId": newest["parentId"],
            "config": {"priority": [str(priority)], "algorithm": ["RS256"]},
        }
        self.admin("POST", "/components", maker)

    def disable_old_keys(self):
        for maker in self.signing_keys()[1:]:
            maker["config"]["enabled"] = ["false"]
            self.admin("PUT", f"/components/{maker['id']}", maker)

    def user_id(self, user):
        return self.admin("GET", f"/users?exact=true&username={user}")[0]["id"]

    def membership(self, method, user, group):
        group_id = self.admin("GET", f"/group-by-path/{group}")["id"]
        self.admin(method, f"/users/{self.user_id(user)}/groups/{group_id}")

    def add_to_group(self, user, group):
        self.membership("PUT", user, group)

    def remove_from_group(self, user, group):
        self.membership("DELETE", user, group)

    def set_lifetime(self, seconds):
        self.admin("PUT", "", {"accessTokenLifespan": seconds})

    def logout(self, refresh_token, client="notebooks"):
        form = {"client_id": client, "refresh_token": refresh_token}
        assert requests.post(self.endpoint("logout"), data=form, timeout=TIMEOUT_S).status_code == 204

    def logout_token(self, user):
        """What Keycloak sends to a client whose user logs out, if the client wants to hear of it."""
        received = []

        class Receiver(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                received.extend(urllib.parse.parse_qs(body)["logout_token"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            client = self.admin("GET", "/clients?clientId=notebooks")[0]
            client["attributes"]["backchannel.logout.url"] = f"http://127.0.0.1:{server.server_port}/"
            self.admin("PUT", f"/clients/{client['id']}", client)
            self.logout(self.refresh_token(user))
        finally:
            client["attributes"]["backchannel.logout.url"] = ""
            self.admin("PUT", f"/clients/{client['id']}", client)
            server.shutdown()
            server.server_close()
        return received[0]


class StandIn(Provider):
    name = "stand-in"

    def __init__(self, folder):
        self.packages = TOOLS / "stand-in"
        if not self.packages.is_dir():
            not_here(f"no packages in {self.packages}; `scripts/setup.sh platform` puts them there")
        self.folder = folder
        self.groups = {user["username"]: user.get("groups", []) for user in REALM["users"]}
        self.start(port=0)

    def start(self, port=None):
        port = urllib.parse.urlparse(self.url).port if port is None else port
        command = [TOOLS / "node/bin/node", HERE / "stand_in/main.mjs", HERE / "realm.json", self.folder / "state.json"]
        log = self.folder / "stand-in.log"
        self.process = Process([*map(str, command), str(port)], log, STAND_IN_PACKAGES=str(self.packages))
        self.url = self.process.url

    def stop(self):
        self.process.stop()

    def control(self, what, **body):
        answer = requests.post(f"{self.url}/control/{what}", json=body, timeout=TIMEOUT_S)
        assert answer.ok, answer.text
        return answer.json()

    def rotate_keys(self):
        self.control("rotate-keys")

    def disable_old_keys(self):
        self.control("disable-old-keys")

    def add_to_group(self, user, group):
        self.set_groups(user, [*self.groups[user], f"/{group}"])

    def remove_from_group(self, user, group):
        self.set_groups(user, [other for other in self.groups[user] if other != f"/{group}"])

    def set_groups(self, user, groups):
        self.groups[user] = groups
        self.control("groups", user=user, groups=groups)

    def set_lifetime(self, seconds):
        self.control("lifetime", seconds=seconds)

    def logout(self, refresh_token, client="notebooks"):
        form = {"client_id": client, "token": refresh_token}
        assert requests.post(self.endpoint("revoke"), data=form, timeout=TIMEOUT_S).status_code == 200

    def logout_token(self, user):
        return self.control("logout-token", user=user)["token"]


@contextlib.contextmanager
def lifetime(provider, seconds):
    """Access tokens that are issued meanwhile end after so many seconds."""
    provider.set_lifetime(seconds)
    try:
        yield
    finally:
        provider.set_lifetime(300)
