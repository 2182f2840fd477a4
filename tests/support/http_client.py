"""HTTP/1.1 by hand, so that tests can also do what no well-behaved client does."""
import collections
import socket
import ssl
import struct
import threading

LIMIT = 30  # seconds for any one wait

Response = collections.namedtuple("Response", "status headers body")


def any_certificate():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Connection:
    def __init__(self, port, host="127.0.0.1", tls=False, preface=b""):
        self.socket = socket.create_connection((host, port), timeout=LIMIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if preface:
            self.send(preface)
        if tls:
            self.socket = any_certificate().wrap_socket(self.socket)
        self._file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._file.close()
        self.socket.close()

    def reset(self):
        """Vanishes: the peer gets RST instead of an orderly end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_request(self, method, path, headers=None, body=None, chunks=None):
        self.send(request_bytes(method, path, headers, body, chunks))

    def read_response(self, method="GET"):
        """The next one that is not 1xx; use `read_head` for those."""
        while True:
            status, headers = self.read_head()
            if status == 101 or status >= 200:
                return Response(status, headers, self._read_body(method, status, headers))

    def read_head(self):
        line = self._file.readline()
        if not line:
            raise ConnectionResetError("connection ended where a response was due")
        headers = {}
        while (field := self._file.readline().rstrip(b"\r\n")):
            name, _, value = field.partition(b":")
            headers[name.decode().lower()] = value.strip().decode("latin-1")
        return int(line.split()[1]), headers

    def _read_body(self, method, status, headers):
        if method == "HEAD" or status in (101, 204, 304):
            return b""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(self._read_chunks())
        if "content-length" in headers:
            body = self._file.read(int(headers["content-length"]))
            if len(body) != int(headers["content-length"]):
                raise ConnectionResetError("connection ended within a response")
            return body
        return self._file.read()

    def _read_chunks(self):
        while size := int(self._file.readline().split(b";")[0], 16):
            yield self._file.read(size)
            self._file.readline()
        while self._file.readline().strip():
            pass

    def request(self, method, path, headers=None, body=None, chunks=None):
        self.send_request(method, path, headers, body, chunks)
        return self.read_response(method)


def request_bytes(method, path, headers=None, body=None, chunks=None):
    fields = {"Host": "test.invalid"} | (headers or {})
    if chunks is not None:
        fields["Transfer-Encoding"] = "chunked"
        pieces = [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks]
        body = b"".join(pieces) + b"0\r\n\r\n"
    elif body is not None:
        fields["Content-Length"] = str(len(body))
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields.items())
    return head.encode("latin-1") + b"\r\n" + (body or b"")


def get(port, path, headers=None):
    with Connection(port) as connection:
        return connection.request("GET", path, {"Connection": "close"} | (headers or {}))


def wait_for(port, process=None):
    """Until somebody accepts connections there."""
    for _ in range(LIMIT * 20):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process and process.poll() is not None:
                raise RuntimeError(f"the service ended with {process.returncode}") from None
            threading.Event().wait(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


def load(port, requests, concurrency=1, keep_alive=True, tls=False):
    """Sends each (method, path, headers, body) once, in `concurrency` threads; the responses by
    position, None where the connection broke before the response was complete."""
    work = collections.deque(enumerate(requests))
    responses = [None] * len(requests)

    def client():
        connection = None
        while True:
            try:
                index, (method, path, headers, body) = work.popleft()
            except IndexError:
                break
            try:
                connection = connection or Connection(port, tls=tls)
                responses[index] = connection.request(method, path, headers, body)
                broken = not keep_alive or responses[index].headers.get("connection", "").lower() == "close"
            except (OSError, ValueError, IndexError):
                broken = True
            if broken and connection:
                connection.close()
                connection = None
        if connection:
            connection.close()

    threads = [threading.Thread(target=client) for _ in range(concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return responses
