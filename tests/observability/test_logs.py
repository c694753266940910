"""The log, off a terminal and on one."""

import json
import os
import pty
import subprocess
import sys

PROGRAM = """
import logging, structlog
from app.observability import logs
logs.configure()
structlog.get_logger().info("it_happened", count=3, text="a\\x1b[31mb")
logging.getLogger("another").warning("it %s too", "happened")
"""


def run_with(stderr):
    return subprocess.run([sys.executable, "-c", PROGRAM], stderr=stderr, text=True, check=True)


def test_off_a_terminal_each_record_is_one_json_object():
    one, other = map(json.loads, run_with(subprocess.PIPE).stderr.splitlines())

    assert one.pop("timestamp").endswith("Z")
    assert one == {"event": "it_happened", "level": "info", "count": 3, "text": "a\x1b[31mb"}
    assert (other["event"], other["level"]) == ("it happened too", "warning")


def test_on_a_terminal_it_is_for_people_and_no_value_can_colour_the_screen():
    ours, terminal = pty.openpty()
    run_with(terminal)
    os.close(terminal)
    with os.fdopen(ours, "rb", buffering=0) as screen:
        text = screen.read(65536).decode()

    assert "it_happened" in text
    assert "count" in text
    assert not text.startswith("{")
    assert "a\x1b[31mb" not in text
