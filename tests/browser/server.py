"""A Streamlit server for one test module: on a free port of this machine, ended by its own process id."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

START_SECONDS = 300


@contextlib.contextmanager
def serve(app: Path, log: Path) -> Iterator[str]:
    """Runs `app` from its own folder and yields the address "http://127.0.0.1:port".

    Args:     app: the script that `streamlit run` gets.   log: file for what the server says.
    Raises:   RuntimeError: it ended or did not answer within START_SECONDS, with the log's end.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", app.name, "--server.port", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=app.parent, stdout=output, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_healthy(process, address, log)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-3000:]}")
