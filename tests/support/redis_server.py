"""A Redis of the tests' own, which can be killed, stopped and started again."""

import shutil
import signal
import subprocess
import tempfile
import time

import pytest
import redis

from tests.support.ports import free_port


class RedisServer:
    """`redis-server` on a free port, without a disk; `options` are further ones of its own."""

    def __init__(self, *options, password=None):
        self._directory = tempfile.mkdtemp(prefix="waypath-redis-")
        self.socket = f"{self._directory}/redis.sock"
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._password = password
        self._options = ["--requirepass", password, *options] if password else options
        self._process = None

    def start(self):
        """Starts it, and returns when it is reachable."""
        own = ["--port", str(self.port), "--save", "", "--unixsocket", self.socket]
        self._process = subprocess.Popen(
            ["redis-server", *own, "--dir", self._directory, *self._options],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self.process.poll() is None, "redis-server ended"
            assert time.monotonic() < deadline, "redis-server is not reachable"
            time.sleep(0.01)

    def kill(self):
        """Ends it with SIGKILL, and with it all that it knew."""
        self.process.kill()
        self.process.wait()

    def freeze(self):
        """Stops it with SIGSTOP: it accepts connections and never replies."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """Continues it."""
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        """Ends it if it runs."""
        if self._process and self._process.poll() is None:
            self.thaw()
            self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    @property
    def process(self):
        """The process that was started last."""
        assert self._process, "it was never started"
        return self._process

    def client(self):
        """A client of the tests' own."""
        return redis.Redis(port=self.port, password=self._password, decode_responses=True)

    def _answers(self):
        try:
            with self.client() as client:
                return client.ping()
        except redis.RedisError:
            return False


@pytest.fixture(scope="session")
def make_redis():
    """Starts a Redis; where there is none, the test is skipped."""
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server: apt-get install redis-server")
    servers = []

    def make(*options, **more):
        servers.append(RedisServer(*options, **more))
        servers[-1].start()
        return servers[-1]

    yield make
    for server in servers:
        server.end()


@pytest.fixture(scope="session")
def shared_redis(make_redis):
    """A Redis that runs for the whole session."""
    return make_redis()
