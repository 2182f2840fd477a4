"""Python's own HTTPS servers. Run as a program: https_server.py threads|asyncio PORT CERTIFICATE LOG; each
line of LOG is a request: its id, method, path and status."""
import asyncio
import http.server
import ssl
import sys
import urllib.request


def status_of(path):
    return 404 if path == "/missing" else 200


class Log:
    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8", buffering=1)

    def note(self, identity, method, path):
        self.file.write(f"{identity or '-'} {method} {path} {status_of(path)}\n")


def threads(port, context, log):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if self.path == "/self":  # both ends of a connection in one process
                trust = ssl._create_unverified_context()  # pylint: disable=protected-access
                inner = urllib.request.Request(f"https://127.0.0.1:{port}/", headers={"X-Request-Id": "inner"})
                urllib.request.urlopen(inner, context=trust).close()
            body = self.path.encode() * (20000 if self.path == "/large" else 1)
            log.note(self.headers.get("X-Request-Id"), "GET", self.path)
            self.send_response(status_of(self.path))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        def finish_request(self, request, client_address):  # the handshake in the connection's thread
            super().finish_request(context.wrap_socket(request, server_side=True), client_address)

        def handle_error(self, *_):
            pass

    Server(("127.0.0.1", port), Handler).serve_forever()


def with_asyncio(port, context, log):
    async def handle(reader, writer):
        try:
            while line := await reader.readline():
                method, path, _ = line.decode().split()
                headers = {}
                while (field := (await reader.readline()).strip()):
                    name, _, value = field.decode().partition(":")
                    headers[name.lower()] = value.strip()
                await asyncio.sleep(0.002)  # others get their turn
                body = path.encode() * (20000 if path == "/large" else 1)
                log.note(headers.get("x-request-id"), method, path)
                writer.write(f"HTTP/1.1 {status_of(path)} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def serve():
        server = await asyncio.start_server(handle, "127.0.0.1", port, ssl=context)
        await server.serve_forever()

    asyncio.run(serve())


def main():
    kind, port, certificate, log = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    {"threads": threads, "asyncio": with_asyncio}[kind](int(port), context, Log(log))


if __name__ == "__main__":
    main()
