"""Beside other preloads, sanitizers, debuggers and profilers; in crashing, privileged, static and
foreign programs."""
import functools
import glob
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

import pytest

import harness


class Service:
    """The small service, until the end of a with statement."""

    def __init__(self, program, environment, cwd="/"):
        self._errors = tempfile.TemporaryFile("w+")  # a pipe that is full would stop it
        self.process = subprocess.Popen(list(map(str, program)), env=environment, stdout=subprocess.PIPE,
                                        stderr=self._errors, cwd=cwd, text=True)
        self.port = int(self.process.stdout.readline() or 0)

    def get(self, path="/"):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=120) as answer:
            return answer.read()

    def errors(self):
        """What it has written to standard error."""
        self._errors.seek(0)
        return self._errors.read()

    def stop(self):
        assert self.get("/stop") == b"ok\n"
        return self.process.wait(timeout=120)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self._errors.close()


@functools.lru_cache
def service(*flags):
    return harness.compiled("-".join(["service", *flags]).replace("=", "-"), "programs/service.c", flags=flags)


def serves(program, environment, tmp_path):
    """Twenty requests answered, the status it chose; and records were written."""
    counts = tmp_path / "counts"
    with Service(program, environment | {"STAND_IN_COUNTS": str(counts)}) as running:
        assert all(running.get() == b"ok\n" for _ in range(20))
        assert running.stop() == 7
        errors = running.errors()
    deadline = time.monotonic() + 60
    while harness.record_count(counts) < 60 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert harness.record_count(counts) >= 60
    return errors


def library(pattern):
    found = sorted(glob.glob(f"/usr/lib/*/{pattern}") + glob.glob(f"/usr/libexec/{pattern}"))
    return found[0] if found else None


# ---- other preloads ----

# (object, environment it wants)
PRELOADS = {
    "jemalloc": ("libjemalloc.so.2", {}),
    "tcmalloc": ("libtcmalloc_minimal.so.4", {}),
    "eatmydata": ("libeatmydata.so", {}),
    "faketime": ("faketime/libfaketimeMT.so.1", {"FAKETIME": "-3d"}),
    "stdbuf": ("coreutils/libstdbuf.so", {"_STDBUF_O": "L"}),
}


@pytest.mark.parametrize("order", ["before us", "after us"])
@pytest.mark.parametrize("name", PRELOADS)
def test_beside(name, order, tmp_path):
    pattern, extra = PRELOADS[name]
    other = library(pattern)
    if not other:
        pytest.skip(f"{pattern} is not installed")
    places = {"beside": [other]} if order == "before us" else {"after": [other]}
    assert serves([service()], harness.preloaded(harness.BARE | extra, **places), tmp_path) == ""


@pytest.mark.parametrize("order", ["before us", "after us"])
def test_second_copy(order, tmp_path):
    """Two of us: one records, and starts one forwarder."""
    copy = tmp_path / "libapmshim.so"
    shutil.copy(harness.shim(), copy)
    places = {"beside": [copy]} if order == "before us" else {"after": [copy]}
    assert serves([service()], harness.preloaded(harness.BARE, **places), tmp_path) == ""
    alone = tmp_path / "alone"
    alone.mkdir()
    serves([service()], harness.preloaded(), alone)
    assert len((tmp_path / "counts").read_text("ascii").splitlines()) == 1
    assert harness.record_count(tmp_path / "counts") == harness.record_count(alone / "counts")


# ---- sanitizers ----

@pytest.mark.parametrize("sanitizer", ["address", "thread"])
@pytest.mark.parametrize("order", ["runtime first", "ours first"])
def test_sanitized(sanitizer, order, tmp_path):
    runtime = {"address": "libasan.so", "thread": "libtsan.so"}[sanitizer]
    path = subprocess.run(["gcc", f"-print-file-name={runtime}"], capture_output=True, text=True,
                          check=True).stdout.strip()
    places = {"beside": [os.path.realpath(path)]} if order == "runtime first" else {}
    options = {"ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0", "TSAN_OPTIONS": "exitcode=66"}
    errors = serves([service(f"-fsanitize={sanitizer}")], harness.preloaded(harness.BARE | options, **places),
                    tmp_path)
    assert "Sanitizer" not in errors, errors


# ---- exceptions ----

@pytest.mark.parametrize("flags", [(), ("-lunwind",)], ids=["libgcc's unwinder", "libunwind linked"])
def test_exceptions(flags):
    program = harness.compiled("exceptions" + "".join(flags), "programs/exceptions.cpp",
                               flags=["-I/usr/include/postgresql", "-Wl,--no-as-needed", *flags, "-lpq"],
                               compiler="g++")
    found = harness.compare([program], harness.database_environment())
    assert not found, "\n" + found
    output = harness.run([program], harness.preloaded(harness.BARE | harness.database_environment()))["output"]
    assert output.count("caught") == 6


# ---- libraries opened at run time ----

@pytest.mark.parametrize("tags", ["--enable-new-dtags", "--disable-new-dtags"], ids=["RUNPATH", "RPATH"])
def test_own_search_path(tags):
    """The loader looks for a library, and for what that needs, on the path of the object that opens it."""
    folder = harness.compiled(f"own{tags}/libinner.so", "programs/opened.c", flags=["-shared", "-fPIC"]).parent
    harness.compiled(f"own{tags}/libouter.so", "programs/opened.c",
                     flags=["-shared", "-fPIC", "-DNEEDS", f"-L{folder}", "-linner"])
    program = harness.compiled(f"opens{tags}", "programs/opens.c", flags=[f"-Wl,{tags},-rpath,$ORIGIN/own{tags}"])
    command = [program, "now", "libinner.so", "deep", "libinner.so", "now", "$ORIGIN/../nothing.so",
               "deep", folder / "libouter.so", "now", folder / "libouter.so"]
    found = harness.compare(command, harness.BARE)
    assert not found, "\n" + found
    assert "libinner.so: 41" in harness.run(command, harness.preloaded())["output"]


# ---- libc's names for something else ----

def libc_names():
    text = (harness.REPO / "src/shim/interpose.def").read_text(encoding="ascii")
    kinds = "FD_ROW|IN_ROW|ROW|STREAM_ROW|FCNTL_ROW|END_ROW|PRINT_ROW"
    return re.findall(rf"^(?:{kinds})\((?:[^(]*?, )?(\w+)(?:, \(|\)$)", text, re.M)


# What a program of that arrangement needs of libc itself.
OWN_NAMES = {
    "library": ([], []),
    "library, used in a constructor": ([], ["-DCONSTRUCTOR"]),
    "library, beside a connection": (["accept"], ["-DACCEPTS"]),
    "library, by its path": ([], ["own-names-0/libbus.so"]),
    "program": ([], ["-rdynamic", "-DLIBRARY"]),
}


@pytest.mark.parametrize("arrangement", OWN_NAMES)
def test_own_names(arrangement):
    """Functions that are called as one of libc's, but have other types, are called with every argument."""
    left, flags = OWN_NAMES[arrangement]
    names = [name for name in libc_names() if name not in left]
    folder = harness.WORK / f"own-names-{len(left)}"
    listed = "-DNAMES(X)=" + " ".join(f"X({name})" for name in names)
    options = [listed, "-fno-builtin"]
    harness.compiled(f"{folder.name}/libbus.so", "programs/own_names.c",
                     flags=["-shared", "-fPIC", "-DLIBRARY", *options])
    library_flags = [str(harness.WORK / flag) for flag in flags if flag.endswith(".so")] or \
        [f"-L{folder}", f"-Wl,-rpath,{folder}", "-lbus"]
    program = harness.compiled("own-names-" + arrangement.replace(" ", "-"), "programs/own_names.c", flags=[
        "-DPROGRAM", *(flag for flag in flags if flag.startswith("-")), *options, "-Wl,--no-as-needed",
        *library_flags])
    found = harness.compare([program], harness.BARE)
    assert not found, "\n" + found
    result = harness.run([program], harness.preloaded())
    assert result["status"] == "exit 7" and result["output"].count("\n") >= len(names)


def test_functions_we_call():
    """A program may have functions with the names of those of libc that the recorder calls."""
    text = subprocess.run(["nm", "-D", "--undefined-only", harness.SHIM], capture_output=True, text=True,
                          check=True).stdout
    needed = set(re.findall(r" U (\w+)@", text)) - {"environ", "stdin", "stdout", "dl_iterate_phdr"}
    names = sorted(name for name in needed if not name.startswith("_"))
    assert "clone" in names
    source = harness.WORK / "called.c"
    # Only what the program itself does not need.
    source.write_text("".join(f'void own_{name}(void) __asm__("{name}");\nvoid own_{name}(void) {{ __builtin_trap(); }}\n'
                              for name in names if name not in {"memcpy", "memset", "strlen", "strncmp"}),
                      encoding="ascii")
    called = harness.compiled("libcalled.so", source, flags=["-shared", "-fPIC", "-fno-builtin"])
    program = harness.compiled("service-called", "programs/service.c", flags=[
        f"-Wl,-rpath,{called.parent}", "-Wl,--no-as-needed", str(called)])
    with Service([program], harness.with_nothing(harness.BARE)) as running:
        assert running.get() == b"ok\n" and running.stop() == 7
    serves([program], harness.preloaded(), harness.WORK)


def test_call_before_relocation():
    """The loader asks libraries which variant of a function to use before it has come to us."""
    folder = harness.compiled("chooses/libchooses.so", "programs/chooses.c",
                              flags=["-shared", "-fPIC", "-fno-plt", "-DLIBRARY", "-Wl,-z,now"]).parent
    program = harness.compiled("chooses/chooses", "programs/chooses.c",
                               flags=[f"-L{folder}", f"-Wl,-rpath,{folder}", "-lchooses"])
    found = harness.compare([program], harness.BARE)
    assert not found, "\n" + found
    assert "seventen 1\n" in harness.run([program], harness.preloaded())["output"]


# ---- tools attached ----

ATTACHED = {
    "gdb": ["gdb", "-nx", "-batch", "-p", "{pid}", "-ex", "thread apply all backtrace", "-ex", "detach"],
    "strace": ["timeout", "1", "strace", "-f", "-o", "/dev/null", "-p", "{pid}"],
    "perf": ["perf", "record", "-g", "-o", "/dev/null", "-p", "{pid}", "--", "sleep", "0.5"],
}


@pytest.mark.parametrize("tool", ATTACHED)
def test_attached(tool):
    command = ATTACHED[tool]
    if not shutil.which(command[2] if command[0] == "timeout" else command[0]):
        pytest.skip("not installed")
    with Service([service()], harness.preloaded()) as running:
        running.get()
        command = [part.format(pid=running.process.pid) for part in command]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL) as attached:
            answers = []
            while attached.poll() is None:
                answers.append(running.get())
                time.sleep(0.02)
            said = attached.stdout.read().decode(errors="replace")
        assert set(answers) <= {b"ok\n"}
        if "ermission" in said or "not supported" in said:
            pytest.skip(said[-200:])
        assert running.get() == b"ok\n"
        assert running.stop() == 7


def under_valgrind(tool, environment):
    with Service(["valgrind", f"--tool={tool}", service()], environment) as running:
        assert all(running.get() == b"ok\n" for _ in range(3))
        assert running.stop() == 7
        return running.errors()


def test_under_memcheck():
    if not shutil.which("valgrind"):
        pytest.skip("not installed")
    plain, traced = (under_valgrind("memcheck", environment)
                     for environment in (harness.with_nothing(harness.BARE), harness.preloaded()))
    last = [re.findall(r"ERROR SUMMARY: (\d+) errors", text)[-1] for text in (plain, traced)]
    assert last[1] == last[0], traced


def test_under_helgrind():
    """It sees that the descriptor table has no lock (what orders its uses is the kernel, in handing
    out descriptors): every report is about that, none about the service's own memory."""
    if not shutil.which("valgrind"):
        pytest.skip("not installed")
    text = under_valgrind("helgrind", harness.preloaded())
    ours = "|".join(re.escape(path.name) for path in (harness.REPO / "src/shim").glob("*.[ch]"))
    for report in re.split(r"==\d+== -{20,}", text):
        if "data race" in report:
            assert re.search(rf"(?:at|by) 0x\w+: .*(?:libapmshim\.so|\((?:{ours}):\d+\))", report), report


# ---- the end of a process ----

def crash(environment, folder):
    """How it ended, and the core's size if one was written into this folder."""
    def allow_core():
        import resource
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    process = subprocess.Popen([service()], env=environment, cwd=folder, stdout=subprocess.PIPE, text=True,
                               preexec_fn=allow_core)
    port = int(process.stdout.readline())
    with pytest.raises(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/crash", timeout=120)
    status = os.waitpid(process.pid, 0)[1]
    process.returncode = status
    process.stdout.close()
    return status, sum(file.stat().st_blocks * 512 for file in folder.glob("*core*"))


def test_core_dump(tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "traced").mkdir()
    plain, plain_size = crash(harness.with_nothing(harness.BARE), tmp_path / "plain")
    traced, traced_size = crash(harness.preloaded(), tmp_path / "traced")
    assert os.WTERMSIG(traced) == os.WTERMSIG(plain) == signal.SIGSEGV
    assert os.WCOREDUMP(traced) == os.WCOREDUMP(plain)
    if plain_size:
        assert traced_size - plain_size < 512 << 10, "the ring is in the core dump"


def test_ring_is_left_out_of_core_dumps():
    with Service([service()], harness.preloaded()) as running:
        running.get()
        maps = pathlib.Path(f"/proc/{running.process.pid}/smaps").read_text(encoding="ascii")
    ring = re.search(r"apmshim-ring.*\n(?:\w+:.*\n)*?VmFlags:(.*)", maps)
    assert " dd" in ring[1] and " sh" in ring[1]


# ---- programs we are not made for ----

def test_setuid_program_ignores_us():
    program = harness.compiled("where-setuid", "programs/where.c")
    if os.geteuid() != 0:
        pytest.skip("only root can make a setuid copy")
    os.chmod(program, 0o4755)
    harness.WORK.chmod(0o755)
    result = harness.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program],
                         harness.preloaded())
    assert result["output"] == "preloaded 0\n" and result["status"] == "exit 7"


# In a mount namespace of its own, as somebody else: everything is preloaded with us.
PRELOAD_FOR_ALL = """
mount --bind "$1" /etc || exit 77
shift
exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
"""


def preloaded_for_all(program, tmp_path):
    """What it prints and how it ends, and whether it was recorded where its user's environment says."""
    if os.geteuid() != 0:
        pytest.skip("only root can preload for all")
    shutil.copytree("/etc", tmp_path / "etc", symlinks=True)
    installed = pathlib.Path(shutil.copy(harness.shim(), tmp_path))
    shutil.copy(harness.stand_in(), tmp_path / "apmshim-forwarder")  # found without a variable that names it
    (tmp_path / "etc" / "ld.so.preload").write_text(f"{installed}\n", encoding="ascii")
    for folder in (harness.WORK, tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    written = tmp_path / "open" / "written"
    written.parent.mkdir()
    written.parent.chmod(0o777)
    environment = harness.preloaded() | {"STAND_IN_COUNTS": str(written)}
    del environment["LD_PRELOAD"], environment["APMSHIM_FORWARDER"]
    command = ["unshare", "--mount", "sh", "-c", PRELOAD_FOR_ALL, "sh", tmp_path / "etc", program]
    with Service(command, environment) as running:
        if not running.port:
            pytest.skip("nothing may be mounted here")
        maps = pathlib.Path(f"/proc/{running.process.pid}/maps").read_text(encoding="utf-8")
        assert "libapmshim.so" in maps
        assert running.get() == b"ok\n"
        assert running.stop() == 7
    return "apmshim-ring" in maps, written


def test_preloaded_for_all(tmp_path):
    recorded, written = preloaded_for_all(service(), tmp_path)
    assert recorded
    deadline = time.monotonic() + 60
    while not harness.record_count(written) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert harness.record_count(written)


def set_user_id(program):
    program.chmod(0o4755)


def set_group_id(program):
    program.chmod(0o2755)


def file_capabilities(program):
    if subprocess.run(["setcap", "cap_net_bind_service+ep", program], check=False).returncode:
        pytest.skip("the file system has no capabilities")


@pytest.mark.parametrize("give", [set_user_id, set_group_id, file_capabilities])
def test_privileged_program_starts_nothing(give, tmp_path):
    """Its user's environment would have root write where it says."""
    program = pathlib.Path(shutil.copy(service(), harness.WORK / f"service-{give.__name__}"))
    give(program)
    recorded, written = preloaded_for_all(program, tmp_path)
    assert not recorded and not written.exists()


def test_static_program():
    program = harness.compiled("where-static", "programs/where.c", flags=["-static"])
    assert harness.run([program], harness.preloaded()) == \
        {"output": "preloaded 0\n", "status": "exit 7", "errors": ""}


def test_musl_program(tmp_path):
    if not shutil.which("musl-gcc"):
        pytest.skip("musl-tools is not installed")
    program = harness.compiled("where-musl", "programs/where.c", compiler="musl-gcc")
    assert harness.run([program], harness.preloaded()) == \
        {"output": "preloaded 1\n", "status": "exit 7", "errors": ""}
    serves([harness.compiled("service-musl", "programs/service.c", compiler="musl-gcc")], harness.preloaded(),
           tmp_path)


def test_32_bit_program():
    try:
        program = harness.compiled("where-32", "programs/where.c", flags=["-m32"])
    except subprocess.CalledProcessError:
        pytest.skip("gcc-multilib is not installed")
    result = harness.run([program], harness.preloaded())
    assert result["output"] == "preloaded 0\n" and result["status"] == "exit 7"
    # The loader's one line; see docs/safety.md for how to avoid it.
    assert re.fullmatch(r"ERROR: ld.so: object '.*libapmshim.so' from LD_PRELOAD cannot be preloaded "
                        r"\(wrong ELF class: ELFCLASS64\): ignored.\n", result["errors"])


def test_newest_symbol_version():
    """2.17: what runs in every distribution still supported."""
    text = subprocess.run(["objdump", "-T", harness.SHIM], capture_output=True, text=True, check=True).stdout
    versions = {tuple(map(int, v.split("."))) for v in re.findall(r"GLIBC_([\d.]+)", text)}
    assert max(versions) <= (2, 17)
