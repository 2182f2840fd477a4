"""A process that neither listens nor speaks to a database: nothing is started, nothing is opened, and
what loading us costs is measured."""
import re
import socket
import subprocess
import time

import pytest

import harness

TREE = """
i=0
while [ $i -lt 100 ]; do
    (for j in 1 2 3 4 5 6 7 8 9 10; do /bin/true; done) &
    wait
    i=$((i + 1))
done
"""


def files_and_starts(command, environment, folder):
    """What strace sees opened and started, by all processes together."""
    prefix = folder / "calls"
    settings = [word for name, value in environment.items() for word in ("-E", f"{name}={value}")]
    subprocess.run(["strace", "-ff", "-qq", "-o", prefix, *settings, "-e",
                    "trace=open,openat,memfd_create,socket,execve,clone,clone3,fork,vfork,connect,bind,prctl,"
                    "rt_sigaction,sigaltstack,setitimer,timer_create", *command],
                   check=True, env={"PATH": harness.BARE["PATH"]}, stdout=subprocess.DEVNULL, cwd=folder)
    lines = []
    for file in sorted(folder.glob("calls.*")):
        lines += file.read_text(encoding="utf-8", errors="replace").splitlines()
        file.unlink()
    lines = [re.sub(r"0x[0-9a-f]+|\b\d{3,}\b", "N", line) for line in lines
             if not re.match(r"[-+]{3} |prctl\(PR_GET_SECCOMP\)", line)  # the one question that is asked
             and "ERESTARTNOINTR" not in line]  # a signal came first: it is done again
    return [line.replace("libnothing", "libapmshim") for line in lines]


def tools(folder):
    (folder / "Makefile").write_text("all: $(addprefix t,$(shell seq 200))\nt%:\n\t@test -n $@\n",
                                     encoding="ascii")
    return {
        "shell": ["sh", "-c", "date >/dev/null; ls / | grep usr | sort | head -1; exit 0"],
        "make": ["make", "-s", "-f", str(folder / "Makefile")],
        "python": [harness.PYTHON, "-c", "import subprocess; subprocess.run(['/bin/true'])"],
        "perl": ["perl", "-e", "print `date`"],
    }


@pytest.mark.parametrize("tool", ["shell", "make", "python", "perl"])
def test_nothing_opened_or_started(tool, tmp_path):
    command = tools(tmp_path)[tool]
    plain = files_and_starts(command, harness.with_nothing(harness.BARE), tmp_path)
    traced = files_and_starts(command, harness.preloaded(), tmp_path)
    assert sorted(plain) == sorted(traced)
    assert any("libapmshim.so" in line for line in traced)


def test_listener_that_leaked():
    """A program that a server starts may inherit its listening socket, and has nothing to do with it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        mapped = subprocess.run(["sh", "-c", "cat /proc/self/maps; cat /proc/$$/maps"], env=harness.preloaded(),
                                pass_fds=[listener.fileno()], capture_output=True, text=True, check=True).stdout
    assert "libapmshim.so" in mapped and "apmshim-ring" not in mapped


def test_listener_from_before_exec():
    """A program that executes itself anew serves what it listened on before."""
    script = f"""
import os, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
os.set_inheritable(listener.fileno(), True)
os.execve("/bin/cat", ["cat", "/proc/self/maps"], {harness.preloaded()!r})
"""
    mapped = subprocess.run([harness.PYTHON, "-c", script], env=harness.BARE, capture_output=True, text=True,
                            check=True).stdout
    assert "apmshim-ring" in mapped


def test_library_needs_libc_alone():
    text = subprocess.run(["readelf", "-d", "--wide", harness.SHIM], capture_output=True, text=True,
                          check=True).stdout
    assert re.findall(r"\(NEEDED\).*\[(.*)\]", text) == ["libc.so.6"]


def test_thousand_processes(capsys):
    def seconds(environment):
        begin = time.monotonic()
        subprocess.run(["sh", "-c", TREE], env=environment, check=True)
        return time.monotonic() - begin

    rounds = [(seconds(harness.with_nothing(harness.BARE)), seconds(harness.preloaded())) for _ in range(2)]
    plain, traced = map(min, zip(*rounds))
    with capsys.disabled():
        print(f"\n1,000 processes: {plain:.2f} s with an empty object preloaded, {traced:.2f} s with ours: "
              f"{(traced - plain) * 1e3:+.0f} µs each")
