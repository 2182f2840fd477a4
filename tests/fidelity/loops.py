"""loops.py PORT CONNINFO: a thread for each connection, in which each request has an event loop and a database
connection of its own (asyncpg), as synchronous services call asynchronous code."""
import asyncio
import http.server
import sys

import asyncpg

from tasks import query_text, server_of


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    async def work(self, identity, queries):
        connection = await asyncpg.connect(**server_of(sys.argv[2]))
        for index in range(queries):
            await connection.fetch(query_text(identity, index))
        await connection.close()

    def do_GET(self):
        asyncio.run(self.work(self.headers["X-Request-Id"], int(self.headers["X-Queries"])))
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
