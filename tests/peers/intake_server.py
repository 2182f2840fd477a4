"""The program of intake/ as a server to send to, and the documents that it would have stored."""
import json
import os
import signal
import subprocess

# Variables that name what run.sh made: the program, and the folder of Elastic's agent for Python.
PROGRAM, AGENT = "APMSHIM_PEERS_INTAKE", "APMSHIM_PEERS_AGENT"
HEAD_MAX = 300  # characters of a refused event that are shown


def _lines(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def _kind(document):
    if "error" in document:
        return "error"
    if "name" in document.get("span", {}):
        return "span"
    return "transaction" if "sampled" in document.get("transaction", {}) else "metric"


def fields(document, prefix=""):
    """{"a.b.c": value}; lists count as values."""
    found = {}
    for name, value in document.items():
        inner = isinstance(value, dict)
        found |= fields(value, f"{prefix}{name}.") if inner else {prefix + name: value}
    return found


class Server:
    """Takes the place of support.apm_server's: there is nothing that a test has to read of it."""
    uploads, lines = [], []

    def __init__(self, folder):
        self._documents, self._refused = folder / "documents.ndjson", folder / "refused.ndjson"
        command = [os.environ[PROGRAM], "-documents", self._documents, "-refused", self._refused]
        self._process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE)
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def close(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()

    def refused(self):
        return [(line["reason"], line.get("event", "")[:HEAD_MAX]) for line in _lines(self._refused)]

    def documents(self, kind):
        """Of "transaction", "span", "error" or "metric"."""
        return [line for line in _lines(self._documents) if _kind(line) == kind]
