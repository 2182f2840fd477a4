"""The package: what it holds, and that it works from where it puts things."""
import os
import subprocess
import time

import pytest

from support import tracing
from support.paths import BUILD, PYTHON


@pytest.fixture(scope="module", name="package")
def build_package(tmp_path_factory):
    """The unpacked .deb."""
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(["cpack", "-G", "DEB", "-B", folder, "--config", BUILD / "CPackConfig.cmake"], check=True,
                   capture_output=True, env=os.environ | {"LC_ALL": "C"})
    deb, = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", deb, folder / "root"], check=True)
    control = subprocess.run(["dpkg-deb", "-f", deb], check=True, capture_output=True, text=True).stdout
    return folder / "root", control


def test_contents(package):
    root, control = package
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert files == {"usr/bin/apmshim", "usr/libexec/apmshim/apmshim-forwarder",
                     "usr/lib/apmshim/libapmshim.so", "usr/include/apmshim.h"}
    assert "Package: apmshim" in control and "libcurl4" in control and "libdw1" in control


def test_works_installed(package, tmp_path):
    """From where it was unpacked."""
    script = ("import http.server, threading, urllib.request\n"
              "s = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)\n"
              "threading.Thread(target=s.handle_request).start()\n"
              "urllib.request.urlopen('http://127.0.0.1:%d/' % s.server_port).read()\n")
    subprocess.run([package[0] / "usr/bin/apmshim", "run", "-o", "events", PYTHON, "-c", script], check=True,
                   cwd=tmp_path, env=tracing.environment())
    events = tmp_path / "events"
    until = time.monotonic() + 60
    while not (events.exists() and '"transaction"' in events.read_text(encoding="utf-8")):
        assert time.monotonic() < until
        time.sleep(0.1)
