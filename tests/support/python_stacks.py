"""A program for any CPython since 3.8: issues statements from all kinds of frames, through ctypes and a libpq
that is not connected, and says what stack the interpreter itself sees at each: lines of JSON, a list of
[file, line, function], innermost first."""
import asyncio
import contextlib
import ctypes
import functools
import json
import os
import signal
import sys
import threading

try:
    import greenlet
except ImportError:
    greenlet = None

pq = ctypes.CDLL("libpq.so.5")
pq.PQconnectdb.restype = ctypes.c_void_p
pq.PQexec.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
conn = pq.PQconnectdb(b"host=/nonexistent")
written = []


def frames_of(frame):
    while frame:
        code = frame.f_code
        yield code.co_filename, frame.f_lineno, getattr(code, "co_qualname", code.co_name)
        frame = frame.f_back


def query(name):
    frame = sys._getframe()
    pq.PQexec(conn, b"select '%s'" % name.encode()), written.append([name, list(frames_of(frame))])


class Shop:
    def __init__(self, name):
        self.name = name

    def order(self, depth):
        if depth:
            return self.order(depth - 1)
        return query(self.name)

    def __eq__(self, other):
        query("called by C: ==")
        return True

    def __enter__(self):
        query("enter")

    def __exit__(self, *_):
        query("exit")

    def __del__(self):
        if self.name == "deleted":
            query("del")

    @property
    def total(self):
        return query("property")

    @staticmethod
    def static():
        query("static")

    class Inner:
        @classmethod
        def make(cls):
            query("classmethod of an inner class")


def generator(name):
    query(name)
    yield 1
    yield from inner_generator()


def inner_generator():
    query("yield from")
    yield 2


async def coroutine():
    query("coroutine")
    await inner_coroutine()
    async for _ in asynchronous():
        query("async for")
    async with manager():
        query("async with")


async def inner_coroutine():
    await asyncio.sleep(0)
    query("after a sleep")


async def asynchronous():
    query("async generator")
    yield 1


@contextlib.asynccontextmanager
async def manager():
    query("async context")
    yield


def decorated(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper


@decorated
@decorated
def twice():
    query("decorated")


def tries():
    try:
        raise ValueError
    except ValueError:
        query("except")
    finally:
        query("finally")


def long_call(first, second, third):
    query(first)


def grüße():
    query("not ASCII")


def compare_in_c(a, b):
    query("called back by qsort")
    return 0


def native_callback():
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    numbers = (ctypes.c_int * 2)(2, 1)
    ctypes.CDLL(None).qsort(numbers, 2, 4, kind(compare_in_c))


def from_text(i):
    """Code objects that go away, so that their addresses come again."""
    text = "\n" * (i % 7) + "def made_%d():\n%s    query('made')\nmade_%d()" % (i % 5, "    1\n" * (i % 3), i % 5)
    exec(compile(text, "<text %d>" % (i % 4), "exec"), {"query": query})


def recursion(depth):
    return recursion(depth - 1) if depth else query("deep recursion")


def recursion_through_c(depth):
    return max([depth], key=lambda n: recursion_through_c(n - 1) or 0) if depth else query("deep, through C")


def greenlets():
    """Two that call each other; each has a stack of its own."""
    def first(name):
        query(name)
        second_one.switch("greenlet within another")
        query("greenlet, again")

    def second(name):
        [query(n) for n in [name]]
        first_one.switch()

    first_one, second_one = greenlet.greenlet(first), greenlet.greenlet(second)
    first_one.switch("greenlet")


def main():
    query("function")
    Shop("method").order(3)
    list(generator("generator"))
    [query("comprehension") for _ in "x"]
    {1: query("dict comprehension") for _ in "x"}
    (lambda: query("lambda"))()
    twice()
    tries()
    long_call("several lines",
              2,
              third=3)
    [Shop("")].index(Shop(""))
    sorted([2, 1], key=lambda n: query("sort key") or n)
    functools.reduce(lambda a, b: query("reduce"), [1, 2])
    functools.partial(query, "partial")()
    with Shop(""):
        query("with")
    Shop("").total
    Shop.static()
    Shop.Inner.make()
    Shop("deleted")
    grüße()
    eval("query('eval')")
    exec("for i in 1, 2:\n\n    query('exec')")
    native_callback()
    asyncio.new_event_loop().run_until_complete(coroutine())
    if greenlet:
        greenlets()
    for i in range(60):
        from_text(i)
    recursion(700)
    recursion_through_c(60)
    signal.signal(signal.SIGUSR1, lambda number, frame: query("signal handler"))
    os.kill(os.getpid(), signal.SIGUSR1)
    thread = threading.Thread(target=query, args=["thread"])
    thread.start()
    thread.join()
    for line in written:
        print(json.dumps(line))


main()
