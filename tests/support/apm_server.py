"""A stand-in for APM Server 9: answers as the real one does, and keeps what it was sent.

A test may have it misbehave: `fail_next`, `delay`, `token`, `config`.
"""
import collections
import contextlib
import http.server
import json
import socket
import struct
import threading
import time
import zlib

from . import intake_schema

ERRORS_LISTED = 5
READ_TIMEOUT = 30  # seconds, of a whole request
BUILD_INFO = {"build_date": "2026-01-01T00:00:00Z", "build_sha": "0" * 40, "publish_ready": True}
DROP = "drop"  # instead of a status: the connection is reset without an answer


class Upload:
    """One request to the intake."""

    def __init__(self, headers):
        self.headers = headers
        self.lines = []
        self.accepted = 0
        self.errors = []
        self.wire_bytes = 0
        self.status = None  # still being read
        self.by_balancer = False
        self.began = time.monotonic()
        self.ended = None


class BadStream(Exception):
    """The whole stream is refused."""


class _Decoder:
    """Splits a body, compressed or not, into lines as it comes."""

    def __init__(self, encoding):
        self._encoding = (encoding or "").lower()
        self._inflate = None
        self._rest = b""
        self._began = False

    def _begin(self, data):
        self._began = True
        sniffed = data[:2] == b"\x1f\x8b" or data[:1] == b"\x78"
        if self._encoding in ("gzip", "deflate") or (not self._encoding and sniffed):
            self._inflate = zlib.decompressobj(47)  # gzip or zlib, by its header
        elif self._encoding not in ("", "identity"):
            raise BadStream(f"unsupported Content-Encoding {self._encoding}")

    def feed(self, data):
        if data and not self._began:
            self._begin(data)
        if self._inflate:
            try:
                data = self._inflate.decompress(data)
            except zlib.error as error:
                raise BadStream(f"failed to decompress: {error}") from error
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines

    def finish(self):
        if self._inflate and not self._inflate.eof:
            raise BadStream("unexpected EOF")
        return [self._rest]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "fake-apm-server"
    timeout = READ_TIMEOUT

    def log_message(self, format, *args):
        pass

    def handle(self):
        with contextlib.suppress(OSError):
            super().handle()

    @property
    def apm(self):
        return self.server.apm

    def _answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        if status >= 400:
            self.send_header("Connection", "Close")
        self.end_headers()
        self.wfile.write(body)

    def _answer_json(self, status, document, headers=()):
        self._answer(status, json.dumps(document).encode(), [("Content-Type", "application/json"), *headers])

    def _authorised(self):
        return not self.apm.token or self.headers.get("Authorization") in (
            f"Bearer {self.apm.token}", f"ApiKey {self.apm.token}")

    def _unauthorised(self):
        self._answer_json(401, {"accepted": 0, "errors": [{"message": "authentication failed"}]})

    def _body(self):
        """Pieces of the body as they come."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return
        left = int(self.headers.get("Content-Length", 0))
        while left:
            piece = self.rfile.read1(min(left, 65536))
            if not piece:
                raise ConnectionResetError("body ended early")
            left -= len(piece)
            yield piece

    # ---- endpoints ----

    def do_GET(self):
        self._route(b"")

    def do_POST(self):
        path = self.path.partition("?")[0]
        if path == "/intake/v2/events":
            self._intake()
        else:
            self._route(b"".join(self._body()))

    def do_HEAD(self):
        self._answer(405)

    def _route(self, body):
        path = self.path.partition("?")[0]
        self.apm.note(self.command, self.path, dict(self.headers), body)
        if path == "/" and self.command == "GET":
            self._build_info()
        elif path == "/config/v1/agents":
            self._config()
        elif path == "/intake/v2/events":
            self._answer_json(400, {"accepted": 0, "errors": [{"message": "only POST requests are supported"}]})
        else:
            self._answer_json(404, {"error": "404 page not found"})

    def _build_info(self):
        if self.apm.version and self._authorised():
            self._answer_json(200, BUILD_INFO | {"version": self.apm.version})
        else:
            self._answer(200)

    def _config(self):
        if not self._authorised():
            return self._unauthorised()
        config, etag = self.apm.config, '"-"'
        if config:
            etag = f'"{zlib.crc32(json.dumps(config, sort_keys=True).encode()):08x}"'
        headers = [("Etag", etag), ("Cache-Control", f"max-age={self.apm.config_max_age}, must-revalidate")]
        if self.headers.get("If-None-Match") == etag:
            return self._answer(304, headers=headers)
        return self._answer_json(200, config, headers)

    def _intake(self):
        upload = Upload(dict(self.headers))
        self.apm.begin(upload)
        try:
            status = self._receive(upload)
        except (OSError, ValueError) as error:  # the peer went away
            upload.errors.append(str(error))
            upload.status, upload.ended = 0, time.monotonic()
            self.close_connection = True
            return
        if status == DROP:
            # A reset, not an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
        upload.status, upload.ended = status, time.monotonic()
        if status != DROP:
            self._verdict(upload)
        if status not in (202, DROP) and not upload.wire_bytes:
            self._linger()

    def _linger(self):
        """Go's servers close only a little after an early answer: bytes that still arrive would reset the
        connection, and with it the answer that the peer has not yet read."""
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(0.5)
        while self.connection.recv(65536):
            pass

    def _verdict(self, upload):
        if upload.status == 202 and "verbose" not in self.path:
            return self._answer(202)
        if upload.by_balancer:
            return self._answer(upload.status, b"<html>no server of its own words</html>", self.apm.balancer_headers)
        document = {"accepted": upload.accepted, "errors": upload.errors[:ERRORS_LISTED]}
        return self._answer_json(upload.status, document)

    def _receive(self, upload):
        failure = self.apm.next_failure()
        if failure is not None and failure[1] in ("at once", "balancer"):
            upload.by_balancer = failure[1] == "balancer"
            return failure[0]
        if self.apm.delay:
            time.sleep(self.apm.delay)
        if not self._authorised():
            upload.errors.append({"message": "authentication failed"})
            return 401
        content_type = self.headers.get("Content-Type", "")
        if content_type and "application/x-ndjson" not in content_type:
            upload.errors.append({"message": f"invalid content type: {content_type!r}"})
            return 400
        try:
            self._decode(upload)
        except BadStream as error:
            upload.errors.append({"message": str(error)})
            return 400
        return failure[0] if failure is not None else 400 if upload.errors else 202

    def _decode(self, upload):
        decoder = _Decoder(self.headers.get("Content-Encoding"))
        for piece in self._body():
            upload.wire_bytes += len(piece)
            for line in decoder.feed(piece):
                self._take(upload, line)
        for line in decoder.finish() if upload.wire_bytes else ():
            self._take(upload, line)

    @staticmethod
    def _take(upload, line):
        if not line.strip():
            return
        upload.lines.append(line)
        error = intake_schema.line_error(line)
        if len(upload.lines) == 1:
            if error or not line.lstrip().startswith(b'{"metadata"'):
                raise BadStream(error or "first line is not metadata")
        elif error:
            upload.errors.append({"message": error, "document": line[:1000].decode(errors="replace")})
        else:
            upload.accepted += 1


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


class ApmServer:
    """Listens on a loopback address from construction to close()."""

    def __init__(self, port=0, host="127.0.0.1"):
        self.token = None        # then wanted as secret token or API key
        self.version = "9.5.2"   # None: it does not say
        self.config = {}         # central configuration
        self.config_max_age = 30
        self.balancer_headers = ()
        self.delay = 0           # seconds before an upload is read
        self.uploads = []
        self.requests = []       # everything else: (method, path, headers, body)
        self._failures = collections.deque()
        self._lock = threading.Lock()
        self._server = _Server((host, port), _Handler)
        self._server.apm = self
        self.port = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fail_next(self, status, times=1, when="at end"):
        """The next uploads end with this status (or DROP), before (`at once`) or after the body is read, or
        before by somebody in between (`balancer`)."""
        with self._lock:
            self._failures.extend([(status, when)] * times)

    def next_failure(self):
        with self._lock:
            return self._failures.popleft() if self._failures else None

    def begin(self, upload):
        with self._lock:
            self.uploads.append(upload)

    def note(self, *request):
        with self._lock:
            self.requests.append(request)

    @property
    def lines(self):
        """Of uploads that succeeded, without their metadata; in order of arrival."""
        return [line for upload in self.uploads if upload.status == 202 for line in upload.lines[1:]]
