"""A server that answers one request on each connection, gives the connection up in one of many ways, and
reads and writes something else by the same descriptor. Run as a program: reusing_server.py PORT."""
import os
import signal
import socket
import sys
import tempfile

REQUEST = b"GET /nonesuch HTTP/1.1\r\nHost: h\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def file(text=REQUEST):
    descriptor, path = tempfile.mkstemp()
    os.unlink(path)
    os.write(descriptor, text)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def pipe():
    reading, writing = os.pipe()
    os.write(writing, REQUEST)
    os.close(writing)
    return reading


def pair():
    mine, other = socket.socketpair()
    other.sendall(REQUEST)
    other.close()
    return mine.detach()


def client(listener=socket.create_server(("127.0.0.1", 0))):
    """A connection that the server itself asked for."""
    mine = socket.create_connection(listener.getsockname())
    other, _ = listener.accept()
    other.sendall(REQUEST)
    other.close()
    return mine.detach()


def close(fd, make):
    os.close(fd)
    return make()


def close_range(fd, make):
    os.closerange(fd, fd + 1)
    return make()


def close_object(fd, make):
    socket.socket(fileno=fd).close()
    return make()


def replace(fd, make):
    other = make()
    os.dup2(other, fd)
    os.close(other)
    return fd


def close_copy_first(fd, make):
    copy = os.dup(fd)
    os.close(fd)
    os.close(copy)
    return make()


def misuse(descriptor):
    """What would be a request and its answer if it were a connection."""
    os.read(descriptor, 1000)
    try:
        os.write(descriptor, ANSWER)
    except OSError:
        pass
    os.close(descriptor)


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    ways = [(leave, make) for leave in (close, close_range, close_object, replace, close_copy_first)
            for make in (file, pipe, pair, client)]
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128) as listener:
        count = 0
        while True:
            fd = listener.accept()[0].detach()
            if os.read(fd, 1000):
                os.write(fd, ANSWER.replace(b"OK\r\n", b"OK\r\nX-Misused: %d\r\n" % count))
            leave, make = ways[count % len(ways)]
            descriptor = leave(fd, make)
            same = descriptor == fd
            misuse(descriptor)
            count += same


if __name__ == "__main__":
    main()
