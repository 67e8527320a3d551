import catalogue
import pytest
from servers import running_platform


@pytest.fixture(scope="session")
def platform():
    """A server with the whole catalogue, open to all."""
    with running_platform("--trust-forwarded") as platform:
        catalogue.load(platform)
        yield platform
