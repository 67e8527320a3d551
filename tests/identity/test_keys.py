"""Keys of the provider come and go, and so does the provider."""

import threading
import time

from callers import RESTRICTED, Caller, challenge, eventually
from conftest import REFRESH_S
from providers import decode

# What a fetch may take beside the interval, on a busy machine.
SLACK_S = 2


class Crowd:
    """Threads that never stop asking, each with the newest token."""

    def __init__(self, url, token, size=4):
        self.url, self.token, self.answers, self.stopped = url, token, [], threading.Event()
        self.threads = [threading.Thread(target=self.ask) for _ in range(size)]

    def ask(self):
        while not self.stopped.is_set():
            token = self.token
            answer = Caller(self.url, token).get(f"/collections/{RESTRICTED}")
            kid = decode(token)[0]["kid"]
            self.answers.append((kid, answer.status_code, answer.text if answer.status_code != 200 else ""))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join()


def test_keys_are_rotated_while_requests_run(platform, provider):
    with Crowd(platform.url, provider.token("ranger")) as crowd:
        # At once after another, in the middle of an interval, and after one.
        for pause in (0, 0.3, 1.1, 2.3):
            time.sleep(pause)
            provider.rotate_keys()
            crowd.token = provider.token("ranger")
            kid = decode(crowd.token)[0]["kid"]
            assert eventually(lambda: kid in {answered for answered, _, _ in crowd.answers}, 15)
        time.sleep(REFRESH_S + SLACK_S)
    failed = [answer for answer in crowd.answers if answer[1] != 200]
    assert len({kid for kid, _, _ in crowd.answers}) == 5 and len(crowd.answers) > 50
    assert not failed, f"{len(failed)} of {len(crowd.answers)}, such as {failed[0]}"


def test_a_disabled_key_counts_no_longer_than_the_interval(platform, provider):
    old = Caller(platform.url, provider.token("ranger"))
    assert old.me()["name"] == "ranger"
    provider.rotate_keys()
    new = Caller(platform.url, provider.token("ranger"))
    assert eventually(lambda: new.get("/me").status_code == 200, REFRESH_S + SLACK_S)
    assert old.get("/me").status_code == 200, "a key that does not sign any more still verifies"
    provider.disable_old_keys()
    assert eventually(lambda: old.get("/me").status_code == 401, REFRESH_S + SLACK_S)
    refused = old.get("/me")
    assert 'error="invalid_token"' in challenge(refused)
    assert new.get("/me").status_code == 200


def test_known_keys_go_on_without_the_provider(platform, provider):
    token = provider.token("ranger")
    ranger = Caller(platform.url, token)
    assert ranger.me()["name"] == "ranger"
    provider.stop()
    try:
        end = time.monotonic() + 2 * REFRESH_S + 1
        while time.monotonic() < end:
            assert ranger.get(f"/collections/{RESTRICTED}").status_code == 200
            time.sleep(0.2)
        # A server that has not seen the keys cannot tell who it is, and says so.
        platform.restart()
        lost = ranger.get(f"/collections/{RESTRICTED}")
        assert lost.status_code == 503 and int(lost.headers["Retry-After"]) > 0, lost.text
        assert Caller(platform.url).get("/collections").status_code == 200
    finally:
        provider.start()
    assert eventually(lambda: ranger.get(f"/collections/{RESTRICTED}").status_code == 200, 20)
    new = Caller(platform.url, provider.token("ranger"))
    assert eventually(lambda: new.get("/me").status_code == 200, REFRESH_S + SLACK_S)
