"""Answers requests of each protocol that it reads in portions: as many bytes as the case says, then the
others, by a way of reading with empty pieces among the others; the answer is sent so, too.
Usage: portions_server.py PORT"""
import os
import socket
import struct
import sys

SETTINGS = 15  # bytes of the server's, which need not wait for the client
V2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes([192, 0, 2, 7, 127, 0, 0, 1, 0x1f, 0x90, 0, 80])


def http1(path):
    return (f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def proxied(header):
    def both(path):
        request, response = http1(path)
        return header + request, response
    return both


def http2(path):
    def frame(kind, flags, stream, payload):
        return struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) + struct.pack("!I", stream) + payload
    block = b"\x82\x86\x04" + bytes([len(path)]) + path.encode() + b"\x01\x01x"
    return (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 5, 1, block),
            frame(4, 0, 0, struct.pack("!HI", 3, 100)) + frame(4, 1, 0, b"") + frame(1, 5, 1, b"\x88"))


def variables(path):
    return {"REQUEST_METHOD": "GET", "REQUEST_URI": path, "SERVER_PROTOCOL": "HTTP/1.1"}


def fastcgi(path):
    def record(kind, content):
        return struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content
    parameters = b"".join(bytes([len(name), len(value)]) + name.encode() + value.encode()
                          for name, value in variables(path).items())
    return (record(1, b"\0\1\0\0\0\0\0\0") + record(4, parameters) + record(4, b"") + record(5, b""),
            record(6, b"Status: 200 OK\r\n\r\nok") + record(6, b"") + record(3, bytes(8)))


def scgi(path):
    head = b"".join(f"{name}\0{value}\0".encode()
                    for name, value in ({"CONTENT_LENGTH": "0"} | variables(path)).items())
    return str(len(head)).encode() + b":" + head + b",", b"Status: 200 OK\r\n\r\nok"


def uwsgi(path):
    head = b"".join(struct.pack("<H", len(text)) + text.encode()
                    for variable in variables(path).items() for text in variable)
    return b"\0" + struct.pack("<H", len(head)) + b"\0" + head, b"HTTP/1.1 200 OK\r\n\r\nok"


PROTOCOLS = [http1, proxied(b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 80\r\n"), proxied(V2), http2, fastcgi, scgi, uwsgi]


def recv(connection, n):
    return connection.recv(n)


def bytewise(connection, n):
    return b"".join(connection.recv(1) for _ in range(n))


def readv(connection, n):
    pieces = [*(bytearray(0) for _ in range(9)), bytearray(1), bytearray(0), bytearray(n - 1)]
    got = os.readv(connection.fileno(), pieces)
    return b"".join(pieces)[:got]


def recvmsg(connection, n):
    pieces = [*(bytearray(0) for _ in range(9)), bytearray(n)]
    got = connection.recvmsg_into(pieces)[0]
    return pieces[-1][:got]


WAYS = [recv, bytewise, readv, recvmsg]


def cases():
    """protocol, way, cut, and the path, in the order of the connections"""
    for protocol in PROTOCOLS:
        for cut in range(1, 70):
            yield protocol, WAYS[cut % len(WAYS)], cut, f"/{cut:05}-{PROTOCOLS.index(protocol)}"


def main():
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
        for protocol, way, cut, path in cases():
            request, response = protocol(path)
            connection, _ = listener.accept()
            with connection:
                early = SETTINGS if protocol is http2 and cut < SETTINGS else 0
                connection.send(response[:min(cut, early)])
                connection.send(response[cut:early])
                received = way(connection, min(cut, len(request)))
                while len(received) < len(request):
                    received += way(connection, len(request) - len(received))
                assert received == request, (request, received)
                connection.send(response[early:cut])
                os.writev(connection.fileno(), [b"", response[max(cut, early):], b""])
                connection.recv(1)


if __name__ == "__main__":
    main()
