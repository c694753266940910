"""The configuration of an embedded Neo4j: neo4j.conf, and the arguments of Java."""

import os
from collections.abc import Sequence
from pathlib import Path

SERVER_CLASS = "org.neo4j.server.Neo4jCommunity"
ADMIN_CLASS = "org.neo4j.server.startup.Neo4jAdminCommand"
DEFAULT_HEAP_MB = 512
TRANSACTIONS_SHARE_OF_HEAP = 0.4  # above it, Neo4j rejects a transaction
# For a Java that ends soon.
FAST_START_OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
ACCESS_OPTIONS = ("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow")

_OPENED_PACKAGES = ("java.nio", "java.io", "sun.nio.ch", "java.lang")
# Those of every embedded Neo4j. An AOT cache fits only a Java with the same ones.
JAVA_OPTIONS = (
    "-XX:+UseParallelGC",  # on a small heap the default collector costs a quarter more
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Djava.net.preferIPv4Stack=true",
    "-Djava.awt.headless=true",
    "-Dlog4j2.disable.jmx=true",
    *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED_PACKAGES),
    *ACCESS_OPTIONS,
)
# The file contains no compiled code, so it fits every processor.
_WITHOUT_CODE = ("-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTAdapterCaching", "-XX:-AOTStubCaching")
_NEO4J_CONF = """\
# The service writes this file at each start: do not edit it.
server.config.strict_validation.enabled=true

# On this host only.
server.default_listen_address=127.0.0.1
server.default_advertised_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{bolt}
server.bolt.advertised_address=127.0.0.1:{bolt}
server.http.listen_address=127.0.0.1:{http}
server.http.advertised_address=127.0.0.1:{http}
server.http.x_forward.enabled=false
server.https.enabled=false

# No requests to other hosts, neither from Neo4j nor from the page of Neo4j Browser.
server.fleet_discovery.enabled=false
dbms.fleet_manager.enabled=false
dbms.usage_report.enabled=false
client.allow_telemetry=false
browser.remote_content_hostname_whitelist=localhost
dbms.security.http_static_content_security_policy_header=default-src 'self'; \
script-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; \
base-uri 'none'; object-src 'none'; frame-ancestors 'none'; \
connect-src 'self' ws://127.0.0.1:* ws://localhost:* http://127.0.0.1:* http://localhost:*

# Small, for a host that also runs the service.
server.memory.pagecache.size=256m
# With the default, 70 %, transactions and the rest of Neo4j can exceed the heap, which ends Java.
dbms.memory.transaction.total.max={transactions_mb}m
db.tx_log.rotation.size=32m
db.tx_log.rotation.retention_policy=2 days 512M
db.logs.query.enabled=OFF

# Without it, Neo4j plans each statement again and again while a new graph grows.
dbms.cypher.min_replan_interval=1m

# A stop waits for no client: the service, its only client, has finished its work by then.
db.shutdown_transaction_end_timeout=2s
internal.dbms.bolt.netty_server_shutdown_quiet_period_duration=0s
"""


def neo4j_conf(bolt: int, http: int, heap_mb: int) -> str:
    """The text of neo4j.conf for these ports, and for a Java heap of `heap_mb` megabytes."""
    transactions_mb = round(heap_mb * TRANSACTIONS_SHARE_OF_HEAP)
    return _NEO4J_CONF.format(bolt=bolt, http=http, transactions_mb=transactions_mb)


def server_arguments(
    class_path: Sequence[Path], home: Path, heap_mb: int, options: Sequence[str]
) -> str:
    """The text of an argument file that runs Neo4j in `home`, with further `options` of Java."""
    return _argument_file(
        *("-cp", os.pathsep.join(map(str, class_path))),
        f"-Xmx{heap_mb}m",
        *JAVA_OPTIONS,
        f"-XX:ErrorFile={home}/logs/java_error.log",
        f"-Djava.io.tmpdir={home}/scratch",
        f"-Djna.tmpdir={home}/scratch",
        *options,
        *(SERVER_CLASS, f"--home-dir={home}", f"--config-dir={home}/conf", "--console-mode"),
    )


def aot_cache_options(file: Path) -> tuple[str, ...]:
    """The options of a Java that uses the AOT cache in `file`, and ignores one that does not fit.

    Java prints nothing about it.
    """
    return f"-XX:AOTCache={file}", "-XX:AOTMode=auto", "-Xlog:aot*=off"


def aot_recording_options(record: Path) -> tuple[str, ...]:
    """The options of a Java that writes to `record`, at its end, what an AOT cache is made of."""
    # On one core, it leaves the others to the service.
    return (
        *("-XX:AOTMode=record", f"-XX:AOTConfiguration={record}", "-Xlog:aot*=off"),
        "-XX:ActiveProcessorCount=1",
    )


def aot_creation_options(record: Path, file: Path) -> tuple[str, ...]:
    """The options of a Java that makes the AOT cache `file` of a record, and runs nothing."""
    return (
        *("-XX:AOTMode=create", f"-XX:AOTConfiguration={record}", f"-XX:AOTCache={file}"),
        *("-Xlog:aot*=off", *_WITHOUT_CODE),
    )


def initial_password_arguments(class_path: Sequence[Path], home: Path, password: str) -> str:
    """The text of an argument file that sets the password of a Neo4j that never ran."""
    return _argument_file(
        *("-cp", os.pathsep.join(map(str, class_path)), *FAST_START_OPTIONS),
        *(f"-Djna.tmpdir={home}/scratch", f"-Djava.io.tmpdir={home}/scratch"),
        *(ADMIN_CLASS, "dbms", "set-initial-password", password),
    )


def _argument_file(*arguments: str) -> str:
    quoted = (argument.replace("\\", "\\\\").replace('"', '\\"') for argument in arguments)
    return "".join(f'"{argument}"\n' for argument in quoted)
