"""systemd as the manager of a user's services, in namespaces that end with it."""
import contextlib
import os
import pathlib
import subprocess
import time
import uuid

SYSTEMD = pathlib.Path("/lib/systemd/systemd")
START_LIMIT = 60  # seconds

# It runs only where /run says that systemd has booted the machine, and not as the first process.
IN_NAMESPACES = """
for group in "$@"; do echo 0 >"$group/cgroup.procs" || exit 1; done
mount -t tmpfs none /run && mkdir -p /run/systemd/system || exit 1
"$SYSTEMD" --user --unit=nothing.target
"""


def _hierarchies():
    """{"systemd" or "unified": where it is mounted}"""
    found = {}
    for line in pathlib.Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        mount, kind = line.split(" - ")
        kind, _, options = kind.split(" ", 2)
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options):
            found["unified" if kind == "cgroup2" else "systemd"] = mount.split()[4]
    return found


def _own_groups():
    """Where this process is in the hierarchies that systemd keeps its units in."""
    hierarchies = _hierarchies()
    for line in pathlib.Path("/proc/self/cgroup").read_text("utf-8").splitlines():
        number, name, path = line.split(":", 2)
        hierarchy = "systemd" if name == "name=systemd" else "unified" if number == "0" else None
        if hierarchy in hierarchies:
            yield pathlib.Path(hierarchies[hierarchy] + path)


@contextlib.contextmanager
def _groups():
    """Ours, below, of one name; removed with all that was made in them. None where none can be made."""
    name = f"apmshim-test-{uuid.uuid4().hex[:8]}"
    groups = [folder / name for folder in _own_groups()]
    try:
        try:
            for group in groups:
                group.mkdir()
            made = groups
        except OSError:
            made = None
        yield made
    finally:
        for group in groups:
            for folder, _, _ in os.walk(group, topdown=False):
                _remove(folder)


def _remove(group):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            os.rmdir(group)
            return
        except OSError:  # its processes are ending
            time.sleep(0.05)


class Manager:
    def __init__(self, folder):
        self.first_pid = None
        self.run, self.units = folder / "run", folder / "config/systemd/user"
        self.environment = os.environ | {"XDG_RUNTIME_DIR": str(self.run), "HOME": str(folder),
                                         "XDG_CONFIG_HOME": str(folder / "config"), "SYSTEMD": str(SYSTEMD)}
        self.environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
        self.run.mkdir(mode=0o700)
        self.units.mkdir(parents=True)
        (self.units / "nothing.target").write_text("[Unit]\nDefaultDependencies=no\n", encoding="ascii")

    def systemctl(self, *words):
        """It listens to nobody in another namespace."""
        command = ["nsenter", "-t", str(self.first_pid), "--mount", "--pid", "systemctl", "--user", *words]
        done = subprocess.run(command, env=self.environment, check=False, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def main_pid(self, unit):
        """0: none. As its namespace has it."""
        return int(self.systemctl("show", "-P", "MainPID", unit))


def _wait_for(made, process):
    until = time.monotonic() + START_LIMIT
    while not (made.run / "systemd/private").exists():
        if process.poll() is not None or time.monotonic() > until:
            return False
        time.sleep(0.02)
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii")
    made.first_pid = int(children or 0)
    return bool(children)


@contextlib.contextmanager
def manager(folder):
    """None where there is no systemd, or none may be started."""
    if not SYSTEMD.exists() or os.geteuid() != 0:
        yield None
        return
    made = Manager(folder)
    with _groups() as groups, open(folder / "log", "wb") as log:
        if not groups:
            yield None
            return
        command = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child",
                   "sh", "-c", IN_NAMESPACES, "sh", *groups]
        with subprocess.Popen(command, env=made.environment, stdin=subprocess.DEVNULL, stdout=log,
                              stderr=log) as process:
            try:
                yield made if _wait_for(made, process) else None
            finally:
                process.kill()
