"""Where things are."""
import os
import pathlib
import socket

REPO = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("APMSHIM_BUILD", REPO / "build"))
SPEC = pathlib.Path(os.environ.get("APM_SPEC_DIR", REPO.parent / "shared" / "apm-spec"))
SHIM = BUILD / "libapmshim.so"
FORWARDER = BUILD / "apmshim-forwarder"
EXAMPLES = REPO / "examples"
PYTHON = "/usr/bin/python3"


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
