"""Preloaded for a whole machine by /etc/ld.so.preload: whoever starts a program that has others' rights must not
choose what is written with them."""
import os
import shutil
import signal
import subprocess

import pytest

import fault_harness as harness
from support import http_client, tracing
from support.paths import SHIM, free_port

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for a mount namespace")

# In a mount namespace of its own, where /etc is a copy: $1 is the copy, the rest the command.
PRELOADING = 'mount --make-rprivate / && mount --bind "$1" /etc && shift && exec "$@"'
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]


@pytest.fixture(name="machine")
def machine_with_preload(tmp_path):
    """A command's beginning that runs it where all programs are preloaded."""
    os.chmod(tmp_path, 0o755)
    for parent in tmp_path.parents[:2]:
        os.chmod(parent, 0o755)
    copy = tmp_path / "etc"
    shutil.copytree("/etc", copy, symlinks=True)
    (copy / "ld.so.preload").write_text(f"{SHIM}\n", encoding="ascii")
    return ["unshare", "--mount", "sh", "-c", PRELOADING, "sh", str(copy)]


def install(folder, rights):
    program = folder / "server"
    shutil.copy(harness.server(), program)
    if rights == "setuid":
        program.chmod(0o4755)
    else:
        program.chmod(0o755)
        if rights == "capability":
            subprocess.run(["setcap", "cap_net_raw+ep", program], check=True)
    return program


@pytest.mark.parametrize("rights", ["none", "setuid", "capability"])
def test_others_rights(machine, tmp_path, rights):
    files = [tmp_path / name for name in ("output", "recording", "log")]
    folder = tmp_path / "open"  # to everybody: what stops a program with rights of its own is that it has none
    folder.mkdir()
    folder.chmod(0o777)
    files = [folder / file.name for file in files]
    environment = tracing.environment(APMSHIM_OUTPUT=files[0], APMSHIM_RECORD=files[1], ELASTIC_APM_LOG_FILE=files[2])
    port = free_port()
    command = [*machine, *NOBODY, install(tmp_path, rights), str(port), "plain"]
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:
        try:
            http_client.wait_for(port, process)
            assert http_client.get(port, "/x").status == 200
        finally:
            process.send_signal(signal.SIGTERM)
    if rights == "none":
        assert all(harness.eventually(file.exists) for file in files), "the preload does nothing"
    else:
        assert not any(file.exists() for file in files)
