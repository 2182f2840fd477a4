"""Every snippet in every context: plain and preloaded, nothing differs. A snippet is one file
snippets/FUNCTION[-ASPECT].c; a context is one file context_NAME.c, or a line in CONTEXTS."""
import functools
import re

import pytest

import harness
from harness import HERE, REPO

# Contexts that are a setting rather than a place in the program: (context file, environment).
SETTINGS = {"bound_now": ("in_main", {"LD_BIND_NOW": "1"})}
CONTEXTS = SETTINGS | {path.stem.removeprefix("context_"): (path.stem.removeprefix("context_"), {})
                       for path in sorted(HERE.glob("context_*.c"))}
SNIPPETS = sorted(path.stem for path in (HERE / "snippets").glob("*.c"))

STDIO = "|".join(["fclose", "fdopen", "fflush", "fgets", "__fgets_chk", "fread", "__fread_chk", "fgetc", "getc",
                  "_IO_getc", "getchar", "__uflow", "getline", "getdelim", "__getdelim", "vfprintf",
                  "__vfprintf_chk", "fprintf", "__fprintf_chk", "printf", "__printf_chk", "fputs", "puts",
                  "fputc", "putc", "_IO_putc", "putchar", "fwrite", "__overflow", "*_unlocked", "fopen", "fopen64",
                  "*wprintf", "*wprintf_chk", "fputws"])

# (snippet, context): why this pair is not run.
LEFT_OUT = {
    ("*-cancelled", "in_vforked_child"): "threads of a vforked child are no program's business",
    ("PQ*", "in_vforked_child"): "libpq allocates",
    ("lo_*", "in_vforked_child"): "libpq allocates",
    ("PQ*", "on_small_stack"): "libpq alone needs more than 8 KB",
    (STDIO, "in_vforked_child"): "stdio allocates",
    ("*dprintf*", "during_cancellation"): "glibc ends a program whose thread was cancelled in it, with us or without",
    ("aio_write*", "in_vforked_child"): "libc starts a thread",
    ("SSL_*|gnutls_*", "in_vforked_child"): "they allocate",
    ("SSL_*|gnutls_*", "on_small*"): "a handshake needs more",
    ("lo_*", "on_small_stack"): "libpq alone needs more than 8 KB",
    ("dlsym-libpq", "on_small_stack"): "the loader alone needs more than 8 KB",
    ("dlsym-libpq", "during_cancellation"): "a thread cancelled in dlopen keeps the loader's lock, with us or without",
    ("dlsym-libpq", "in_deepbind_plugin"): "it asks the loader past us, and finds our functions",
    ("dlclose*", "in_vforked_child"): "the loader allocates",
    ("dlsym*", "in_vforked_child"): "the loader allocates",
}


def uses_libpq(snippet):
    return snippet.startswith(("PQ", "lo_"))


LIBPQ = ["-I/usr/include/postgresql", "-lpq"]
LIBRARIES = {"PQ": LIBPQ, "lo_": LIBPQ, "SSL_": ["-lssl", "-lcrypto"], "gnutls_": ["-lgnutls"]}


def left_out(snippet, context):
    return any(re.fullmatch(s.replace("*", ".*"), snippet) and re.fullmatch(c.replace("*", ".*"), context)
               for s, c in LEFT_OUT)


def rows():
    text = (REPO / "src/shim/interpose.def").read_text(encoding="ascii")
    names = re.findall(r"^(?:RAW_ROW|MADE_ROW|DPRINT_ROW|FD_ROW|IN_ROW|ROW|STREAM_ROW|PRINT_ROW|FCNTL_ROW|END_ROW|PQ_ROW|PQ_LATE_ROW|SSL_ROW|GNUTLS_ROW)\((?:[^(]*?, )?(\w+)(?:, \(|\)$|, SYSCALL)", text, re.M)
    assert len(names) == len(re.findall(r"^[A-Z_]*ROW\(", text, re.M))
    return names


@pytest.mark.parametrize("name", rows())
def test_row_has_a_snippet(name):
    files = [path for path in (HERE / "snippets").glob("*.c")
             if path.stem == name or path.stem.startswith(f"{name}-")]
    assert files, f"write tests/transparency/snippets/{name}.c"
    assert any(re.search(rf"\b{name}\(", path.read_text(encoding="ascii")) for path in files)


@functools.lru_cache
def objects():
    """What all the programs share, compiled once."""
    sources = ["runner.c", "snippet.c", *sorted(path.name for path in HERE.glob("context_*.c"))]
    return [harness.compiled(f"objects/{name}.o", name, flags=["-c"]) for name in sources]


@functools.lru_cache
def helpers():
    """The same for plug-ins."""
    return harness.compiled("objects/helpers.o", "snippet.c", flags=["-c", "-fPIC"])


@functools.lru_cache(maxsize=None)
def programs(snippet):
    source = f"snippets/{snippet}.c"
    library = next((flags for prefix, flags in LIBRARIES.items() if snippet.startswith(prefix)), [])
    program = harness.compiled(f"programs/{snippet}", source, flags=[*map(str, objects()), *library])
    plugin = harness.compiled(f"programs/{snippet}.so", source,
                              flags=["-shared", "-fPIC", str(helpers()), *library])
    return program, plugin


def outcome(snippet, context):
    program, plugin = programs(snippet)
    name, environment = CONTEXTS[context]
    database = uses_libpq(snippet)
    if database:
        environment = environment | harness.database_environment()
    tls = snippet.startswith(("SSL_", "gnutls_"))
    if tls:
        environment = environment | {"TLS_CERTIFICATE": str(harness.certificate())}
    return harness.compare([program, name, plugin], environment, traced=True, pieces=not database, ciphered=tls)


PAIRS = [(snippet, context) for snippet in SNIPPETS for context in CONTEXTS if not left_out(snippet, context)]


@pytest.fixture(scope="module")
def outcomes(request):
    """All that were selected, two at a time and more: each takes a fraction of a second, most of it waiting."""
    selected = [item.callspec.params for item in request.session.items
                if getattr(item, "originalname", "") == "test_nothing_differs"]
    objects()
    helpers()
    for first in (harness.stand_in, harness.shim, harness.nothing, harness.certificate):
        first()
    if any(uses_libpq(params["snippet"]) for params in selected):
        harness.postgresql()
    with harness.pool() as pool:
        list(pool.map(programs, {params["snippet"] for params in selected}))
        yield {(p["snippet"], p["context"]): pool.submit(outcome, p["snippet"], p["context"])
               for p in selected}


@pytest.mark.parametrize("snippet,context", PAIRS, ids=["-".join(pair) for pair in PAIRS])
def test_nothing_differs(outcomes, snippet, context):
    found = outcomes[snippet, context].result()
    assert not found, "\n" + found


@pytest.mark.parametrize("snippet", ["recv", "accept"])
def test_something_was_recorded(snippet, tmp_path):
    """Else all of the above would be equal for the wrong reason."""
    program, plugin = programs(snippet)
    counts = tmp_path / "counts"
    harness.run([program, "in_main", plugin], harness.preloaded(counts=counts))
    for _ in range(1200):
        if harness.record_count(counts):
            return
        harness.time.sleep(0.05)
    pytest.fail("the preloaded program wrote no record")
