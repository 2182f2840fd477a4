"""The built object itself: what it needs, exports and promises to the loader."""
import re
import subprocess

import pytest

from support.paths import BUILD, FORWARDER, REPO, SHIM

GLIBC_MAX = (2, 17)


def readelf(*options, path=SHIM):
    done = subprocess.run(["readelf", "-W", *options, path], check=True, capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"})
    return done.stdout


def symbols():
    """(name, defined, version) of the dynamic symbols that others can see or must bring."""
    found = []
    for line in readelf("--dyn-syms").splitlines():
        fields = line.split()
        if len(fields) >= 8 and fields[4] in ("GLOBAL", "WEAK"):
            name, _, version = fields[7].partition("@")
            found.append((name, fields[6] != "UND", version.lstrip("@")))
    return found


def rows():
    """Names in the interposition table, as the preprocessor sees it."""
    source = "\n".join([
        "#define FD_ROW(type, name, params, args) =name=", "#define ROW(type, name, params, args) =name=",
        "#define FCNTL_ROW(name) =name=", "#define END_ROW(name) =name=",
        "#define PQ_ROW(type, missing, name, params, args) =name=",
        "#define SSL_ROW(type, missing, name, params, args) =name=",
        "#define GNUTLS_ROW(type, missing, name, params, args) =name=",
        "#define STREAM_ROW(type, name, params, args) =name=",
        "#define RAW_ROW(type, name, params, args) =name=", "#define MADE_ROW(name, params, args) =name=",
        "#define DPRINT_ROW(name, params, last, call, args) =name=",
        "#define PRINT_ROW(name, params, last, call, args) =name=",
        "#define PQ_LATE_ROW(type, missing, name, params, args)", '#include "interpose.def"'])
    done = subprocess.run(["cc", "-E", "-P", f"-I{REPO}/src/shim", "-"], input=source, check=True,
                          capture_output=True, text=True)
    return set(re.findall(r"=(\w+)=", done.stdout))


def public_api():
    header = (REPO / "include" / "apmshim.h").read_text(encoding="utf-8")
    return set(re.findall(r"\b(apmshim_\w+)\s*\(", header))


def test_needs_libc_alone():
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", readelf("-d")))
    assert "libc.so.6" in needed
    assert all(n == "libc.so.6" or n.startswith("ld-linux") for n in needed), needed


def test_exports_the_table_and_the_api():
    exported = {name for name, defined, _ in symbols() if defined}
    assert len(rows()) > 30
    assert exported == rows() | public_api()


def test_exports_have_no_version():
    """A named version would keep references to another version from being interposed."""
    assert {version for _, defined, version in symbols() if defined} == {""}


def test_old_glibc_suffices():
    versions = {tuple(map(int, v[6:].split("."))) for _, defined, v in symbols()
                if not defined and re.fullmatch(r"GLIBC_[\d.]+", v)}
    assert max(versions) <= GLIBC_MAX


def test_hardened():
    segments, dynamic = readelf("-l"), readelf("-d")
    assert re.search(r"GNU_STACK.* RW +0x", segments), "executable stack"
    assert "GNU_RELRO" in segments
    assert re.search(r"FLAGS.*BIND_NOW|FLAGS_1.*NOW", dynamic)
    assert "TEXTREL" not in dynamic
    assert "NODELETE" in dynamic, "hooks must not be unmapped"


@pytest.mark.parametrize("program", [FORWARDER, BUILD / "apmshim"], ids=lambda path: path.name)
def test_programs_are_hardened(program):
    segments, dynamic = readelf("-l", path=program), readelf("-d", path=program)
    imported = readelf("--dyn-syms", path=program)
    assert "Elf file type is DYN" in segments, "not position-independent"
    assert re.search(r"GNU_STACK.* RW +0x", segments), "executable stack"
    assert "GNU_RELRO" in segments
    assert re.search(r"FLAGS.*BIND_NOW|FLAGS_1.*NOW", dynamic)
    assert "__stack_chk_fail" in imported, "no stack protector"
    assert re.search(r"__(memcpy|vsnprintf|snprintf|fprintf)_chk", imported), "no fortified functions"


def test_no_writable_code():
    assert not re.search(r"LOAD.* RWE ", readelf("-l"))


@pytest.mark.parametrize("name", ["malloc", "calloc", "realloc", "free", "printf", "fprintf", "exit", "abort",
                                  "getenv", "pthread_create", "pthread_mutex_lock", "sigaction", "__assert_fail"])
def test_does_not_use(name):
    """In somebody else's process these would be noticed, or would deadlock."""
    assert name not in {n for n, defined, _ in symbols() if not defined}


def test_soname_is_not_a_system_librarys():
    assert "libapmshim" in (re.search(r"\(SONAME\).*\[(.*)\]", readelf("-d")) or [None, "libapmshim"])[1]
