import contextlib
import json
import pathlib
import shutil
import signal
import subprocess

import pytest
from callers import OPEN, RESTRICTED, SUMMER, Caller, eventually
from providers import Keycloak, StandIn
from servers import binary, running_platform, temporary_folder

# Asked to end, stops what was started; also where a shell has SIGINT ignored.
for asked in (signal.SIGINT, signal.SIGTERM):
    signal.signal(asked, signal.default_int_handler)

REPOSITORY = pathlib.Path(__file__).parents[2]
# How often keys are fetched, and by how much the clocks may differ.
REFRESH_S, LEEWAY_S = 2, 1


@pytest.fixture(scope="session", params=[Keycloak, StandIn], ids=lambda provider: provider.name)
def provider(request):
    with temporary_folder("ardent-identity-") as folder:
        provider = request.param(folder)
        try:
            yield provider
        finally:
            provider.stop()


@pytest.fixture(scope="session")
def archive():
    """A year of scenes whose every pixel is known."""
    with temporary_folder("ardent-archive-") as folder:
        command = [binary("ARDENT_TESTKIT_BIN"), "scenes", "--out", folder, "--size-px", "256", "--dates", "24"]
        subprocess.run(command, check=True, capture_output=True)
        yield folder


@pytest.fixture(scope="session")
def platform(provider, archive):
    """A server that trusts the provider, with two collections of the same scenes: one for a group, one for all."""
    settings = ["--oidc-issuer", provider.issuer, "--oidc-refresh-seconds", str(REFRESH_S)]
    with running_platform(*settings, "--oidc-leeway-seconds", str(LEEWAY_S)) as platform:
        product = REPOSITORY / "docs/examples/sentinel2.yaml"
        platform.command("product", "add", product)
        platform.bucket("ard")
        platform.run("upload", archive, "s3://ard")
        platform.run("index", "s3://ard")
        copy_summer(platform, product)
        platform.command("policy", "restrict", RESTRICTED, "group:pangeo_notebook_users")
        platform.command("policy", "grant", "admin", "group:admins")
        assert eventually(lambda: Caller(platform.url).get(f"/collections/{RESTRICTED}").status_code == 404, 5)
        yield platform


def copy_summer(platform, product):
    """Puts the scenes of summer into the open collection too."""
    definition = platform.folder / "open.yaml"
    definition.write_text(product.read_text().replace(f"name: {RESTRICTED}", f"name: {OPEN}"))
    platform.command("product", "add", definition)
    found = Caller(platform.url).get(f"/search?collections={RESTRICTED}&datetime={SUMMER}&limit=100").json()
    for item in found["features"]:
        item |= {"collection": OPEN, "id": f"{OPEN}-{item['id']}", "links": []}
    scenes = platform.folder / "open.json"
    scenes.write_text(json.dumps(found))
    assert platform.run("index", scenes)["inserted"] == len(found["features"]) > 0


@pytest.fixture(scope="session")
def item(platform, provider):
    """Id of a restricted item."""
    ranger = Caller(platform.url, provider.token("ranger"))
    return ranger.get(f"/search?collections={RESTRICTED}&limit=1").json()["features"][0]["id"]


@pytest.fixture(scope="session")
def open_item(platform):
    return Caller(platform.url).get(f"/search?collections={OPEN}&limit=1").json()["features"][0]["id"]


@pytest.fixture
def caller(platform, provider):
    """Makes callers: somebody of the realm by name, anybody without."""

    def make(user=None, **more):
        return Caller(platform.url, provider.token(user, **more) if user else None)

    return make


@pytest.fixture
def without_group(provider):
    """Takes a user out of a group, until the test is over."""
    with contextlib.ExitStack() as stack:

        def remove(user, group):
            provider.remove_from_group(user, group)
            stack.callback(provider.add_to_group, user, group)

        yield remove


@pytest.fixture
def home(tmp_path):
    """A home for settings of the command line."""
    yield tmp_path / "config"
    shutil.rmtree(tmp_path / "config", ignore_errors=True)
