"""Responses that do not end by themselves. Run as a program: streaming_server.py PORT. /events?N sends N
server-sent events, ten a second, /socket is a WebSocket that echoes frames as they are, anything else is
answered at once."""
import base64
import hashlib
import os
import signal
import socket
import sys
import threading
import time


def events(connection, count):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    for i in range(count):
        event = b"data: event %d\n\n" % i
        connection.sendall(b"%x\r\n%s\r\n" % (len(event), event))
        time.sleep(0.1)
    connection.sendall(b"0\r\n\r\n")


def web_socket(connection, head):
    key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
    while data := connection.recv(65536):
        connection.sendall(data)


def serve(connection):
    with connection:
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                more = connection.recv(65536)
                if not more:
                    return
                data += more
            head, _, data = data.partition(b"\r\n\r\n")
            path, _, query = head.split()[1].partition(b"?")
            if path == b"/events":
                events(connection, int(query))
            elif path == b"/socket":
                return web_socket(connection, head)
            else:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def quietly(connection):
    try:
        serve(connection)
    except OSError:
        pass


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=quietly, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
