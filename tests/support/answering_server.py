"""Answers every request with the same bytes. Run as a program: answering_server.py PORT ANSWER_FILE. Reads heads
only, and what follows them as the next ones."""
import socket
import sys
import threading


def serve(connection, answer):
    data = b""
    with connection:
        while piece := connection.recv(65536):
            data += piece
            while b"\n\r\n" in data or b"\n\n" in data:
                data = data.split(b"\n\r\n" if b"\n\r\n" in data else b"\n\n", 1)[1]
                connection.sendall(answer)


def main():
    port, path = int(sys.argv[1]), sys.argv[2]
    with open(path, "rb") as file:
        answer = file.read()
    with socket.create_server(("127.0.0.1", port)) as server:
        while True:
            threading.Thread(target=serve, args=(server.accept()[0], answer), daemon=True).start()


if __name__ == "__main__":
    main()
