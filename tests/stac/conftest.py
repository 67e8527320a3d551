import catalogue
import pytest
from files import serving
from servers import running_platform, temporary_folder


@pytest.fixture(scope="session")
def tiles():
    """Folder and URL of the files of the tiles."""
    with temporary_folder("ardent-tiles-") as folder, serving(folder) as url:
        yield folder, url


@pytest.fixture(scope="session")
def platform(tiles):
    """A server with the whole catalogue, open to all."""
    with running_platform("--trust-forwarded") as platform:
        catalogue.load(platform, tiles[1])
        yield platform


@pytest.fixture(scope="module")
def own_platform():
    """A server of one's own, for what changes what it has."""
    with running_platform() as platform:
        catalogue.load(platform)
        yield platform


@pytest.fixture(scope="module")
def key(own_platform):
    """An API key of that server that may do everything."""
    for scope in ("ingest", "admin"):
        own_platform.command("policy", "grant", scope, "group:testers")
    scopes = ["--scopes", "read,load,job,ingest,admin", "--subjects", "group:testers"]
    return own_platform.command("key", "create", "--label", "tests", *scopes).strip().splitlines()[-1]
