"""Stacks against others' view of the same calls: the interpreter's own for Python, gdb's for native code."""
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.request

import pytest

from support import told_stacks, tracing
from support.paths import PYTHON, free_port

PYTHON_PROGRAM = told_stacks.SUPPORT / "python_stacks.py"
NATIVE_FRAMES = 45  # recorded of a deeper stack, at least

# Further interpreters, where they are installed: paths, separated by colons.
PYTHONS = [PYTHON, *filter(None, os.environ.get("APMSHIM_PYTHONS", "").split(":"))]


def traced(command, tmp_path, **env):
    with open(tmp_path / "out", "w", encoding="utf-8") as out:
        trace = tracing.run(command, to_file=True, env=told_stacks.OPTIONS | env, stdout=out, cwd=tmp_path)
    return trace, (tmp_path / "out").read_text(encoding="utf-8")


@pytest.mark.parametrize("python", PYTHONS)
def test_python(python, tmp_path):
    trace, output = traced([python, *told_stacks.arguments(told_stacks.PYTHON)], tmp_path, PYTHONIOENCODING="utf-8")
    told_stacks.assert_as_told(trace.statements(), output)
    assert not any("_PyEval" in f["function"] for s in trace.spans for f in s["stacktrace"])


def test_php(tmp_path):
    trace, output = traced(["/usr/bin/php", *told_stacks.arguments(told_stacks.PHP)], tmp_path)
    told_stacks.assert_as_told(trace.statements(), output)
    assert not any("execute_ex" in f["function"] for s in trace.spans for f in s["stacktrace"])


# ---- native code ----

SUPPORT = told_stacks.SUPPORT
LIBPQ = ["-I/usr/include/postgresql", "-lpq", "-pthread", "-ldl"]


def built(folder, source, *flags, compiler="g++"):
    program = folder / pathlib.Path(source).stem
    subprocess.run([compiler, "-O2", "-fomit-frame-pointer", "-w", "-o", program, SUPPORT / source, *flags, *LIBPQ],
                   check=True)
    return program


def plugin(folder, *flags):
    return built(folder, "native_plugin.c", "-shared", "-fPIC", *flags, compiler="gcc")


def stacks_of_gdb(command, tmp_path):
    run = subprocess.run(["gdb", "-nx", "-batch", "-x", SUPPORT / "gdb_stacks.py", "--args", *command],
                         env=tracing.environment(), cwd=tmp_path, capture_output=True, text=True, check=False,
                         timeout=100)
    found = [json.loads(line[2:]) for line in run.stdout.splitlines() if line.startswith("@@")]
    assert found, run.stdout + run.stderr
    return found


def plain_name(function):
    """Without parameters and template arguments, which gdb does not show in the same way."""
    function = function.replace("(anonymous namespace)", "{anonymous}")
    function = re.sub(r"<(?!signal).*>", "", re.sub(r"\(.*", "", function))
    return function.split(" ")[-1] if "<signal" not in function else function


def own_frames(frames):
    """Those of the tests' own sources, and signal handlers'."""
    return [[plain_name(function), path, line] for function, path, line in frames
            if path.startswith(str(SUPPORT)) or "<signal" in function]


def seen_frames(span):
    return [[f["function"], f.get("abs_path", ""), f["lineno"]] if "lineno" in f else [f["function"], "", 0]
            for f in span["stacktrace"]]


def assert_as_gdb(trace, told):
    spans = trace.statements()
    assert len(spans) == len(told)
    for span, frames in zip(spans, told):
        expected, seen = own_frames(frames), own_frames(seen_frames(span))
        name = span["context"]["db"]["statement"]
        assert seen and (seen == expected or len(seen) >= NATIVE_FRAMES and seen == expected[:len(seen)]), name


def test_native(tmp_path):
    """-O2 without frame pointers: inlined calls, C++, signal handlers, callbacks, an unloaded plug-in."""
    command = [built(tmp_path, "native_stacks.cpp", "-g"), plugin(tmp_path, "-g")]
    trace, _ = traced(command, tmp_path)
    assert_as_gdb(trace, stacks_of_gdb(command, tmp_path))


def test_native_separate_debug_file(tmp_path):
    program = built(tmp_path, "native_stacks.cpp", "-g")
    for command in (["objcopy", "--only-keep-debug", program, f"{program}.debug"], ["strip", program],
                    ["objcopy", f"--add-gnu-debuglink={program}.debug", program]):
        subprocess.run(command, check=True, cwd=tmp_path)
    trace, _ = traced([program], tmp_path)
    assert_as_gdb(trace, stacks_of_gdb([program], tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write there")
def test_native_debug_file_by_build_id(tmp_path):
    program = built(tmp_path, "native_stacks.cpp", "-g", "-Wl,--build-id=sha1")
    notes = subprocess.run(["readelf", "-n", program], check=True, capture_output=True, text=True).stdout
    number = re.search(r"Build ID: ([0-9a-f]+)", notes).group(1)
    debug_file = pathlib.Path("/usr/lib/debug/.build-id") / number[:2] / f"{number[2:]}.debug"
    missing = [folder for folder in debug_file.parents if not folder.exists()]
    debug_file.parent.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(["objcopy", "--only-keep-debug", program, debug_file], check=True)
        subprocess.run(["strip", program], check=True)
        trace, _ = traced([program], tmp_path)
        assert_as_gdb(trace, stacks_of_gdb([program], tmp_path))
    finally:
        debug_file.unlink()
        for folder in missing:
            folder.rmdir()


def test_native_vdso(tmp_path):
    """The function that the signal interrupted, and who called it."""
    trace, _ = traced([built(tmp_path, "vdso_stack.c", "-g", compiler="gcc")], tmp_path)
    span, = trace.statements()
    functions = [f["function"] for f in span["stacktrace"]]
    interrupted = functions.index("<signal handler called>") + 1
    assert "time" in functions[interrupted], functions  # clock_gettime, or time
    assert span["stacktrace"][interrupted]["module"] == "[vdso]" and "main" in functions[interrupted:]


def test_native_stripped(tmp_path):
    """Module and offset, the same in every run, and the offset is that of the function."""
    program = built(tmp_path, "native_stacks.cpp", "-g")
    stripped = tmp_path / "stripped"
    subprocess.run(["strip", "-o", stripped, program], check=True)
    runs = [[f["function"] for s in traced([stripped], tmp_path)[0].statements() for f in s["stacktrace"]]
            for _ in range(2)]
    assert runs[0] == runs[1]
    offset = re.fullmatch(r"stripped\+0x([0-9a-f]+)", runs[0][0]).group(1)
    place = subprocess.run(["addr2line", "-f", "-i", "-e", program, hex(int(offset, 16) - 1)], check=True,
                           capture_output=True, text=True)
    assert place.stdout.splitlines()[-2] == "static_function"


@pytest.mark.parametrize("garbage", ["0", "1", "0x4141414141414141", "0xfffffffffffffff8", "0x7fffffffe000"])
def test_native_corrupt_stack(garbage, tmp_path):
    trace, _ = traced([built(tmp_path, "corrupt_stack.c", "-g", compiler="gcc"), garbage], tmp_path)
    span, = trace.statements()
    assert trace.process.returncode == 7 and span["stacktrace"][0]["function"] == "overwrite"


# ---- both ----

def own_functions(span):
    return [f["function"] for f in span["stacktrace"] if not f["library_frame"]]


def test_native_code_between(tmp_path):
    """A library of the service's own that Python calls and that calls Python."""
    library = built(tmp_path, "call_back.c", "-g", "-shared", "-fPIC", compiler="gcc")
    trace, _ = traced([PYTHON, SUPPORT / "call_back.py", library], tmp_path)
    span, = trace.statements()
    assert own_functions(span) == ["inner", "call_back", "outer", "<module>"]


def test_embedded_interpreter(tmp_path):
    """The program around the interpreter is shown, and what the interpreter does is not."""
    config = subprocess.run(["/usr/bin/python3-config", "--cflags", "--ldflags", "--embed"], check=True,
                            capture_output=True, text=True).stdout.split()
    program = built(tmp_path, "embed_python.c", "-g", *config, compiler="gcc")
    trace, _ = traced([program], tmp_path)
    span, = trace.statements()
    assert own_functions(span) == ["query", "<module>", "run_script", "main"]


def test_debug_interpreter(tmp_path):
    """Its objects are laid out in another way: native frames alone, and nothing goes wrong."""
    if not os.path.exists("/usr/bin/python3-dbg"):
        pytest.skip("python3-dbg is not installed")
    trace, output = traced(["/usr/bin/python3-dbg", PYTHON_PROGRAM], tmp_path)
    assert len(trace.statements()) == len(output.splitlines()) > 50
    assert not any(told_stacks.interpreter_frames(span) for span in trace.spans)
    assert any("_PyEval" in f["function"] for f in trace.spans[0]["stacktrace"])


def test_subinterpreter(tmp_path):
    """Its frames are not those that the thread has in the main interpreter: none are shown."""
    code = tmp_path / "inside.py"
    code.write_text("import _xxsubinterpreters as s, sys\n"
                    "exec(open(sys.argv[1]).read().split('def generator')[0]); query('outside')\n"
                    "s.run_string(s.create(), 'import sys; sys.argv = [\"\", %r]\\n' % sys.argv[1] + "
                    "open(sys.argv[1]).read().split('def generator')[0] + \"\\nquery('inside')\\n\")\n",
                    encoding="utf-8")
    trace, _ = traced([PYTHON, code, PYTHON_PROGRAM], tmp_path)
    outside, inside = trace.statements()
    assert len(told_stacks.interpreter_frames(outside)) == 2 and not told_stacks.interpreter_frames(inside)


def test_source_lines(tmp_path):
    """With the option: the line and those around it, of the service's own frames alone."""
    trace, _ = traced([PYTHON, PYTHON_PROGRAM], tmp_path, APMSHIM_SOURCE_LINES="4")
    text = PYTHON_PROGRAM.read_text(encoding="utf-8").splitlines()
    frame = next(f for f in trace.statements()[0]["stacktrace"] if f["function"] == "main")
    line = frame["lineno"]
    assert frame["context_line"] == text[line - 1] == "    query(\"function\")"
    assert frame["pre_context"] == text[line - 2:line - 1] and frame["post_context"] == text[line:line + 2]
    assert not any("context_line" in f for s in trace.spans for f in s["stacktrace"] if f["library_frame"])


@pytest.fixture(name="debuginfod")
def debuginfod_server(tmp_path):
    """Serves what is in tmp_path/served; its URL."""
    port = free_port()
    (tmp_path / "served").mkdir()
    command = ["debuginfod", "-p", str(port), "-d", ":memory:", "-F", "-t", "1", tmp_path / "served"]
    with open(tmp_path / "debuginfod.log", "wb") as log, \
            subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path) as server:
        yield f"http://127.0.0.1:{port}"
        server.terminate()


def wait_for_answer(url):
    until = time.monotonic() + 60
    while True:
        try:
            return urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            assert time.monotonic() < until, url
            time.sleep(0.2)


@pytest.mark.parametrize("asked", ["true", "false"])
def test_debuginfod(tmp_path, debuginfod, asked):
    """Debug information of a server, only if it is to be asked."""
    program, stripped = built(tmp_path, "native_stacks.cpp", "-g"), tmp_path / "stripped"
    subprocess.run(["objcopy", "--only-keep-debug", program, tmp_path / "served" / "native.debug"], check=True)
    subprocess.run(["strip", "-o", stripped, program], check=True)
    build_id = re.search(r"Build ID: (\w+)", subprocess.run(
        ["readelf", "-n", program], check=True, capture_output=True, text=True).stdout).group(1)
    wait_for_answer(f"{debuginfod}/buildid/{build_id}/debuginfo")
    trace, _ = traced([stripped], tmp_path, APMSHIM_DEBUGINFOD=asked, DEBUGINFOD_URLS=debuginfod,
                      DEBUGINFOD_CACHE_PATH=tmp_path / "cache")
    files = {f.get("abs_path", "") for s in trace.statements() for f in s["stacktrace"]}
    assert (str(told_stacks.SUPPORT / "native_stacks.cpp") in files) == (asked == "true")
