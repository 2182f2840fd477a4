"""Answers as no server should. Run as a program: odd_server.py PORT. The path's last part is the name of the answer;
requests are heads alone, and a connection is kept unless the answer has no other end."""
import socket
import sys
import threading

EMPTY = b"Content-Length: 0\r\n\r\n"
BODY = b"Content-Length: 5\r\n\r\nhello"
ZEROS = b"0" * 30

# The bytes, and the status that is to be read in them; None: there is none.
ANSWERS = {
    "plain": (b"HTTP/1.1 200 OK\r\n" + EMPTY, 200),
    "shoutcast": (b"ICY 200 OK\r\n" + EMPTY, 200),
    "version-2": (b"HTTP/2.0 200\r\n" + EMPTY, 200),
    "version-2-only": (b"HTTP/2 404\r\n" + EMPTY, 404),
    "no-version": (b"HTTP 503 Busy\r\n" + EMPTY, 503),
    "two-blanks": (b"HTTP/1.1  201 Made\r\n" + EMPTY, 201),
    "tab": (b"HTTP/1.1\t500\tNo\r\n" + EMPTY, 500),
    "no-reason": (b"HTTP/1.1 404\r\n" + EMPTY, 404),
    "bare-newlines": (b"HTTP/1.1 404 No\nContent-Length: 0\n\n", 404),
    "zeros": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + ZEROS + b"3\r\nabc\r\n" + ZEROS +
              b"\r\n\r\n", 200),
    "body-of-204": (b"HTTP/1.1 204 No\r\n" + BODY, 204),
    "body-of-304": (b"HTTP/1.1 304 No\r\n" + BODY, 304),
    "three-digits-not": (b"HTTP/1.1 20 OK\r\n\r\n", None),
    "four-digits": (b"HTTP/1.1 2000 OK\r\n\r\n", None),
    "words": (b"I have no idea\r\n", None),
    "markup": (b"<html>200</html>\n", None),
    "binary": (b"\x00\x01\x02\x03", None),
}


def serve(connection):
    data = b""
    with connection:
        while piece := connection.recv(65536):
            data += piece
            while b"\r\n\r\n" in data:
                head, data = data.split(b"\r\n\r\n", 1)
                name = head.split()[1].rpartition(b"/")[2].decode()
                answer, status = ANSWERS[name]
                connection.sendall(answer)
                if status is None:
                    return


def main():
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
        while True:
            threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()


if __name__ == "__main__":
    main()
