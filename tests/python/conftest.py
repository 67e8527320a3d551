import pytest
from servers import running_platform


@pytest.fixture(scope="session")
def platform():
    with running_platform() as platform:
        yield platform
