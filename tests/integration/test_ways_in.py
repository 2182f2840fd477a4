"""HTTP over what else there is to listen on: IPv6, Unix sockets, behind a PROXY protocol header."""
import contextlib
import signal
import socket
import time

import pytest

from support import http_client, services, tracing, truth
from support.http_client import request_bytes
from support.paths import free_port

V2 = b"\r\n\r\n\0\r\nQUIT\n"
FOUR = V2 + b"\x21\x11\0\x0c" + bytes([192, 0, 2, 7, 127, 0, 0, 1, 0x1f, 0x90, 0, 80])
SIX = V2 + b"\x21\x21\0\x24" + socket.inet_pton(socket.AF_INET6, "2001:db8::7") + bytes(16) + b"\0\1\0\2"
LOCAL = V2 + b"\x20\0\0\0"


@contextlib.contextmanager
def nginx():
    port, proxied, six, both = (free_port() for _ in range(4))
    with contextlib.closing(services.Nginx(port)) as server:
        more = f"""server {{
            listen 127.0.0.1:{proxied} proxy_protocol; listen [::1]:{six}; listen [::]:{both} ipv6only=off;
            listen unix:{server.folder}/socket; location / {{ return 200 "$proxy_protocol_addr"; }} }}"""
        text = server.config.read_text(encoding="ascii")
        server.config.write_text(text.rstrip()[:-1] + more + "}\n", encoding="ascii")
        with tracing.traced(server.command, stop_signal=signal.SIGQUIT) as trace:
            http_client.wait_for(port, trace.process)
            while not (server.folder / "pid").exists():  # written once it listens on all of them
                time.sleep(0.01)
            server.trace, server.proxied, server.six, server.both = trace, proxied, six, both
            yield server
        server.logged = truth.access_log(server.folder / "access.log")
    truth.assert_requests(trace, server.logged)


class Raw(http_client.Connection):
    """HTTP on a socket that is connected already."""

    def __init__(self, connection):
        self.socket = connection
        self._file = connection.makefile("rb")


def connect(family, address):
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.settimeout(20)
    connection.connect(address)
    return Raw(connection)


def remote_address(server, identity):
    transaction, = server.trace.by_request_id()[identity]
    return transaction["context"]["request"].get("socket", {}).get("remote_address")


def test_families():
    with nginx() as server:
        for identity, family, address in [("six", socket.AF_INET6, ("::1", server.six)),
                                          ("mapped", socket.AF_INET, ("127.0.0.1", server.both)),
                                          ("unix", socket.AF_UNIX, f"{server.folder}/socket")]:
            with connect(family, address) as connection:
                for _ in range(2):
                    assert connection.request("GET", "/", {"X-Request-Id": identity}).status == 200
                    identity += "-again"
    addresses = [remote_address(server, i) for i in ("six", "six-again", "mapped", "unix", "unix-again")]
    assert addresses == ["::1", "::1", "127.0.0.1", None, None]


@pytest.mark.parametrize("cut", [False, True], ids=["whole", "bytewise"])
def test_proxy_protocol(cut):
    """As the balancer tells, for every request of the connection."""
    headers = {"1-4": (b"PROXY TCP4 192.0.2.9 127.0.0.1 8080 80\r\n", "192.0.2.9"),
               "1-6": (b"PROXY TCP6 2001:db8::9 ::1 8080 80\r\n", "2001:db8::9"),
               "1-unknown": (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
               "2-4": (FOUR, "192.0.2.7"), "2-6": (SIX, "2001:db8::7"), "2-local": (LOCAL, "127.0.0.1")}
    with nginx() as server:
        for identity, (header, _) in headers.items():
            with connect(socket.AF_INET, ("127.0.0.1", server.proxied)) as connection:
                connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                data = header + request_bytes("GET", "/", {"X-Request-Id": identity})
                for piece in ([header, data[len(header):]] if cut else [data]):
                    connection.send(piece)
                assert connection.read_response().status == 200
                assert connection.request("GET", "/", {"X-Request-Id": identity + "-again"}).status == 200
    for identity, (_, address) in headers.items():
        assert remote_address(server, identity) == address
        assert remote_address(server, identity + "-again") == address
