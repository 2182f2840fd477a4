"""Speaks PostgreSQL's protocol in portions: the first packets cut at every byte, over pieces, calls and messages, with
empty ones among them; what comes back is read byte by byte. Prints how many sessions there were, of one statement
each. Usage: portions_client.py PORT USER DATABASE"""
import ctypes
import os
import socket
import struct
import sys

PORT, USER, DATABASE = int(sys.argv[1]), sys.argv[2].encode(), sys.argv[3].encode()
SSL_REQUEST = struct.pack("!II", 8, 80877103)
libc = ctypes.CDLL(None, use_errno=True)


class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("len", ctypes.c_size_t)]


class Message(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("name_len", ctypes.c_uint), ("pieces", ctypes.POINTER(Piece)),
                ("count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_len", ctypes.c_size_t),
                ("flags", ctypes.c_int), ("unused", ctypes.c_int), ("sent", ctypes.c_uint)]


def send(connection, parts):
    for part in parts:
        connection.sendall(part, socket.MSG_MORE)


def write(connection, parts):
    for part in parts:
        os.write(connection.fileno(), part)


def writev(connection, parts):
    os.writev(connection.fileno(), [b"", b"", *[piece for part in parts for piece in (part, b"")]])


def writev_each(connection, parts):
    for part in parts:
        os.writev(connection.fileno(), [b"", part, b""])


def sendmsg(connection, parts):
    connection.sendmsg([b""] * 9 + list(parts))


def sendmmsg(connection, parts):
    pieces = [[b"", part] for part in (b"", *parts)]
    messages = (Message * len(pieces))()
    for message, some in zip(messages, pieces):
        message.pieces, message.count = (Piece * 2)(*[(piece, len(piece)) for piece in some]), 2
    assert libc.sendmmsg(connection.fileno(), messages, len(messages), 0) == len(messages)


WAYS = [send, write, writev, writev_each, sendmsg, sendmmsg]


def message(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


def session(way, cut, requests=()):
    """cut: how the packets are made parts of."""
    with socket.create_connection(("127.0.0.1", PORT)) as server:
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            way(server, cut(request))
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # sends what MSG_MORE holds
            assert server.recv(1) == b"N"
        body = b"\0\3\0\0user\0" + USER + b"\0database\0" + DATABASE + b"\0\0"
        for packet in (message(b"", body), message(b"Q", b"select 4711 + 1\0")):
            way(server, cut(packet))
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            data = b""
            while not data.endswith(b"Z\0\0\0\5I"):
                data += server.recv(1)
        way(server, [message(b"X", b"")])


def cancel(way, cut):
    with socket.create_connection(("127.0.0.1", PORT)) as server:
        way(server, cut(struct.pack("!IIII", 16, 80877102, 4711, 4711)))
        server.shutdown(socket.SHUT_WR)
        assert not server.recv(1)


def every_byte(packet):
    return [packet[i:i + 1] for i in range(len(packet))]


count = 0
startup = len(message(b"", b"\0\3\0\0user\0" + USER + b"\0database\0" + DATABASE + b"\0\0"))
for some_way in WAYS:
    for at in range(startup if some_way in (send, writev) else 12):
        session(some_way, lambda packet, at=at: [packet[:at], packet[at:]])
        count += 1
    for asked in [(), (SSL_REQUEST,)]:
        session(some_way, every_byte, asked)
        count += 1
    for at in range(1, 8):
        session(some_way, lambda packet, at=at: [packet[:at], packet[at:]], (SSL_REQUEST,))
        count += 1
    cancel(some_way, every_byte)
print(count)
