"""Python that calls native code that calls Python."""
import ctypes
import sys

pq = ctypes.CDLL("libpq.so.5")
pq.PQconnectdb.restype = ctypes.c_void_p
pq.PQexec.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
conn = pq.PQconnectdb(b"host=/nonexistent")
library = ctypes.CDLL(sys.argv[1])


def inner():
    pq.PQexec(conn, b"select 1")


def outer():
    library.call_back(ctypes.CFUNCTYPE(None)(inner))


outer()
