"""A server of raw sockets that does what HTTP allows and frameworks hide. Run as a program:
raw_server.py PORT LOG; each line of LOG is a request that was read: its path and the status sent."""
import os
import signal
import socket
import sys
import threading
import time

LOG_LOCK = threading.Lock()


class Gone(Exception):
    """The peer, or all that it had to say."""


class Peer:
    """A connection; `mode` chooses the calls that move the bytes."""

    def __init__(self, connection, log):
        self.socket = connection
        self.log = log
        self.mode = "send"
        self.data = b""

    # ---- input ----

    def more(self):
        fd = self.socket.fileno()
        if self.mode == "read":
            data = os.read(fd, 65536)
        elif self.mode == "readv":
            first, second = bytearray(7), bytearray(65536)
            count = os.readv(fd, [first, second])
            data = bytes(first + second)[:count] if count > 7 else bytes(first[:count])
        elif self.mode == "recvmsg":
            data = self.socket.recvmsg(65536)[0]
        elif self.mode == "recvfrom":
            data = self.socket.recvfrom(65536)[0]
        elif self.mode == "peek":
            self.socket.recv(65536, socket.MSG_PEEK)
            data = self.socket.recv(65536)
        else:
            data = self.socket.recv(65536)
        if not data:
            raise Gone
        self.data += data

    def until(self, mark):
        while mark not in self.data:
            self.more()
        found, _, self.data = self.data.partition(mark)
        return found

    def exactly(self, count):
        while len(self.data) < count:
            self.more()
        found, self.data = self.data[:count], self.data[count:]
        return found

    def read_body(self, headers):
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.until(b"\r\n"), 16):
                body += self.exactly(size)
                self.exactly(2)
            self.until(b"\r\n")
            return body
        return self.exactly(int(headers.get("content-length", 0)))

    # ---- output ----

    def send(self, data):
        fd = self.socket.fileno()
        if self.mode == "bytewise":
            for i in range(len(data)):
                self.socket.send(data[i:i + 1])
        elif self.mode == "read":
            self.fully(lambda rest: os.write(fd, rest), data)
        elif self.mode == "readv":
            self.fully(lambda rest: os.writev(fd, [rest[:3], rest[3:]]), data)
        elif self.mode == "recvmsg":
            self.fully(lambda rest: self.socket.sendmsg([rest[:5], rest[5:]]), data)
        elif self.mode == "sendfile":
            self.send_file(fd, data)
        else:
            self.socket.sendall(data)

    @staticmethod
    def fully(write, data):
        while data:
            data = data[write(data):]

    @staticmethod
    def send_file(fd, data):
        """The head as it is, the body from a file."""
        head, mark, data = data.partition(b"\r\n\r\n")
        os.write(fd, head + mark)
        file = os.memfd_create("body")
        os.write(file, data)
        sent = 0
        while sent < len(data):
            sent += os.sendfile(fd, file, sent, len(data) - sent)
        os.close(file)

    def reply(self, status, body=b"", headers=()):
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers)
        self.send(f"HTTP/1.1 {status} Whatever\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def note(self, path, status):
        with LOG_LOCK:
            self.log.write(f"{path} {status}\n")
            self.log.flush()


# ---- what each path does: returns the status to note, None if nothing is to be noted ----

def plain(peer, method, headers, query):
    size = int(query) if query.isdigit() else 2
    peer.read_body(headers)
    if method == "HEAD":
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    else:
        peer.reply(200, b"x" * size)
    return 200


def chunked(peer, method, headers, query):
    body = peer.read_body(headers) or b"nothing"
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for i in range(0, len(body), 1000):
        piece = body[i:i + 1000]
        peer.send(b"%X;ext=1\r\n%s\r\n" % (len(piece), piece))
    peer.send(b"0\r\nX-Trailer: 1\r\n\r\n")
    return 200


def status(peer, method, headers, query):
    code = int(query)
    peer.read_body(headers)
    if code in (204, 304):
        peer.send(b"HTTP/1.1 %d Whatever\r\nETag: \"1\"\r\n\r\n" % code)
    else:
        peer.reply(code, b"status\n")
    return code


def expect(peer, method, headers, query):
    peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    return plain(peer, method, headers, query)


def hints(peer, method, headers, query):
    peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")
    return plain(peer, method, headers, query)


def upgrade(peer, method, headers, query):
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
    peer.note("/upgrade", 101)
    if peer.data:
        peer.send(peer.data)
    while True:
        peer.data = b""
        peer.more()
        peer.send(peer.data)


def early(peer, method, headers, query):
    """Answers before it reads the body."""
    peer.reply(413, b"too much\n")
    peer.read_body(headers)
    return 413


def until_close(peer, method, headers, query):
    peer.read_body(headers)
    peer.send(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b"y" * 5000)
    peer.note("/until-close", 200)
    raise Gone


def silent(peer, method, headers, query):
    """Ends the connection instead of answering."""
    peer.note("/silent", 0)
    raise Gone


def half(peer, method, headers, query):
    """Promises more than it sends."""
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    peer.note("/half", 200)
    raise Gone


def wait(peer, method, headers, query):
    """Answers only when the peer has gone."""
    try:
        peer.more()
    except (Gone, OSError):
        peer.note("/wait", 0)
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    raise Gone


PATHS = {"/plain": plain, "/chunked": chunked, "/status": status, "/expect": expect, "/hints": hints,
         "/upgrade": upgrade, "/early": early, "/until-close": until_close, "/silent": silent, "/half": half,
         "/wait": wait}


BUSY = set()  # threads between a request and the line in the log


def answer(peer, head):
    """Whether the connection goes on."""
    head = head.decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    headers = {n.strip().lower(): v.strip() for n, _, v in (f.partition(":") for f in head[1:])}
    peer.mode = headers.get("x-mode", peer.mode)
    path, _, query = target.partition("?")
    code = PATHS.get(path, plain)(peer, method, headers, query)
    peer.note(path, code)
    return headers.get("connection", "").lower() != "close"


def serve(connection, log):
    with connection:
        peer = Peer(connection, log)
        go_on = True
        try:
            while go_on:
                head = peer.until(b"\r\n\r\n")
                BUSY.add(threading.get_ident())
                go_on = answer(peer, head)
                BUSY.discard(threading.get_ident())
        except (Gone, OSError, ValueError):
            pass
        BUSY.discard(threading.get_ident())


def end(*_):
    """What was answered is in the log; a request that never ends is not waited for."""
    until = time.monotonic() + 1
    while BUSY and time.monotonic() < until:
        time.sleep(0.01)
    os._exit(0)


def main():
    signal.signal(signal.SIGTERM, end)
    with open(sys.argv[2], "a", encoding="utf-8") as log, \
            socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, log), daemon=True).start()


if __name__ == "__main__":
    main()
