import signal

import pytest
from providers import Keycloak, StandIn
from servers import temporary_folder

# Asked to end, stops what was started.
signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session", params=[Keycloak, StandIn], ids=lambda provider: provider.name)
def provider(request):
    with temporary_folder("ardent-identity-") as folder:
        provider = request.param(folder)
        try:
            yield provider
        finally:
            provider.stop()
