"""Where things are."""
import os
import pathlib
import socket
import threading

REPO = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("APMSHIM_BUILD", REPO / "build"))
SPEC = pathlib.Path(os.environ.get("APM_SPEC_DIR", REPO.parent / "shared" / "apm-spec"))
SHIM = BUILD / "libapmshim.so"
FORWARDER = BUILD / "apmshim-forwarder"
EXAMPLES = REPO / "examples"
PYTHON = "/usr/bin/python3"


_BLOCK, _LOWEST = 100, 10000
_drawing, _held = threading.Lock(), []


def _numbers():
    """Each once, below those that the system gives out itself, and in no other process that draws: whose a
    block of numbers is holds an abstract socket with its name."""
    ranges = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
    end = int(ranges.split()[0])
    blocks = range(_LOWEST, end if end > 2 * _LOWEST else 32768, _BLOCK)
    for block in blocks:
        holder = socket.socket(socket.AF_UNIX)
        try:
            holder.bind(f"\0apmshim-test-ports-{block}")
        except OSError:
            holder.close()
            continue
        _held.append(holder)
        yield from range(block, block + _BLOCK)
    raise OSError("no ports are left")


_ports = _numbers()


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on now, or will until it was passed to somebody."""
    with _drawing:
        for port in _ports:
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    pass
