"""A server of protocols that nobody knows. Run as a program: turn_server.py KIND PORT...; `lines` answers
each line, `frames` each four-byte length and what follows, `pushes` goes on speaking once it was asked. A
request in letters is also executed as a statement's comment, if there is a database."""
import os
import socket
import struct
import sys
import threading
import time

import psycopg2

LOCAL = threading.local()


def execute(text):
    if "PGDATABASE" not in os.environ:
        return
    if not hasattr(LOCAL, "connection"):
        LOCAL.connection = psycopg2.connect(dbname=os.environ["PGDATABASE"])
        LOCAL.connection.autocommit = True
    with LOCAL.connection.cursor() as cursor:
        cursor.execute(f"select name from item where id = 7 /* req={text} */")


def lines(connection):
    connection.sendall(b"220 ready\n")
    with connection.makefile("rb") as file:
        for line in file:
            word = line.split()[0].decode()
            if word == "LEAVE":
                return
            if word == "WAIT":
                time.sleep(0.3)
            execute(word)
            connection.sendall(b"250 ")
            connection.sendall(line)


def exactly(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            return None
        data += piece
    return data


def frames(connection):
    while (header := exactly(connection, 4)) is not None:
        body = exactly(connection, struct.unpack("!I", header)[0])
        execute(body[:20].decode())
        connection.sendall(struct.pack("!I", 2 * len(body)) + body * 2)


def pushes(connection):
    connection.recv(100)
    for _ in range(40):
        connection.sendall(b"news\n")
        time.sleep(0.01)
    while connection.recv(100):
        pass


def serve(kind, connection):
    with connection:
        try:
            kind(connection)
        except OSError:
            pass


def accept(kind, listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(kind, connection), daemon=True).start()


def main():
    kind = {"lines": lines, "frames": frames, "pushes": pushes}[sys.argv[1]]
    for port in sys.argv[2:]:
        listener = socket.create_server(("127.0.0.1", int(port)), backlog=128)
        threading.Thread(target=accept, args=(kind, listener)).start()


if __name__ == "__main__":
    main()
