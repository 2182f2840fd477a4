"""named_server.py PORT: a service that names its own work through apmshim.h. At its start a batch, then HTTP: each
request names itself and a part of its work, and issues statements inside of that part and behind it."""
import ctypes
import http.server
import sys

import psycopg2

SHIM = ctypes.CDLL(None)
SHIM.apmshim_transaction_begin.restype = SHIM.apmshim_span_begin.restype = ctypes.c_uint64
SHIM.apmshim_transaction_begin.argtypes = SHIM.apmshim_span_begin.argtypes = [ctypes.c_char_p] * 2
SHIM.apmshim_transaction_end.argtypes = [ctypes.c_uint64, ctypes.c_char_p, ctypes.c_int]
SHIM.apmshim_span_end.argtypes = [ctypes.c_uint64, ctypes.c_int]
SUCCESS, FAILURE = 1, 2


def query(text):
    with psycopg2.connect("") as connection, connection.cursor() as cursor:
        cursor.execute(text)


def batch():
    handle = SHIM.apmshim_transaction_begin(b"nightly", b"batch")
    query("SELECT 1 /* req=batch */")
    SHIM.apmshim_transaction_end(handle, b"3 rows", FAILURE)


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        identity = self.headers["X-Request-Id"]
        SHIM.apmshim_transaction_name(b"order placed")
        outer = SHIM.apmshim_span_begin(b"place", b"app")
        inner = SHIM.apmshim_span_begin(b"reserve", None)
        query(f"SELECT 2 /* req={identity} inner */")
        SHIM.apmshim_span_end(inner, SUCCESS)
        SHIM.apmshim_span_end(outer, FAILURE)
        query(f"SELECT 3 /* req={identity} behind */")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


batch()
Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
