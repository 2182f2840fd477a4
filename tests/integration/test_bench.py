"""The benchmark measures what it says. How much it finds is not for a test to judge."""
import subprocess

from support import tracing
from support.paths import BUILD, PYTHON, REPO


def test_nginx():
    command = [PYTHON, REPO / "tests" / "bench" / "bench.py", "--pairs=1", "--seconds=1", "nginx"]
    done = subprocess.run(command, env=tracing.environment(APMSHIM_BUILD=BUILD), check=True,
                          stdout=subprocess.PIPE, text=True)
    head, _, plain, shim = (line.strip("| ").split(" | ") for line in done.stdout.splitlines())
    assert (plain[1], shim[1]) == ("plain", "shim")
    row = {name: value.split(" [")[0] for name, value in zip(head, shim)}
    assert int(row["requests/s"].replace(",", "")) > 0
    assert float(row["CPU µs/request"].replace(",", "")) > 0 and float(row["forwarder µs/request"]) > 0
    if row["records lost"] == "0":
        # wrk drops what is under way when its time is over: 16 each time, three times or more
        assert 0 <= int(row["transactions − answered"]) <= 96
