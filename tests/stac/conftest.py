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
