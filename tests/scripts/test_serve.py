"""`tiezheng serve` as a process: asked to end, it ends in order, whenever it is asked."""

import sys
from pathlib import Path

from tests.servers.service import Service

ASKED_TOO_EARLY = """
import os, signal, uvicorn
run = uvicorn.Server.run
def asked_first(self, **given):
    os.kill(os.getpid(), signal.SIGTERM)
    return run(self, **given)
uvicorn.Server.run = asked_first
from scripts.cli import main
main()
"""
"""The service, sent SIGTERM after it has said where it listens and before uvicorn listens for signals."""


def test_a_signal_that_comes_before_the_server_runs_ends_it_all_the_same(tmp_path: Path) -> None:
    service = Service(tmp_path / "data", launcher=(sys.executable, "-c", ASKED_TOO_EARLY))
    service.launch()
    assert service.process is not None
    assert service.process.wait(timeout=180) == 0, service.text()[-2000:]
    assert "listening on" in service.text() or "正在监听" in service.text()
    assert not (tmp_path / "data" / "serve.json").exists()


def test_asked_to_end_while_it_serves_it_ends_with_success(tmp_path: Path) -> None:
    service = Service(tmp_path / "data").start()
    assert service.stop() == 0
