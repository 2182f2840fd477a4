"""Secrets that tests plant in what a service is given, and look for in all that is sent or written."""
import contextlib
import json
import pathlib
import re
import urllib.parse

MARK = "S3CRET"
PLANTED = re.compile(rf"{MARK}\w*", re.IGNORECASE)


class Outputs:
    """Every way out at once: the server or a file, the terminal, the log, the recording."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.log, self.print, self.recording = (self.folder / name for name in ("log", "print", "recording"))

    def environment(self, recorded=False):
        found = {"ELASTIC_APM_LOG_LEVEL": "trace", "ELASTIC_APM_LOG_FILE": self.log, "APMSHIM_PRINT": self.print,
                 "APMSHIM_PRINT_WIDTH": "120", "ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION": "0ms"}
        return found | ({"APMSHIM_RECORD": self.recording} if recorded else {})

    def texts(self):
        """{what: text} of what was written, recordings excepted."""
        return {path.name: path.read_bytes().decode("utf-8", "replace")
                for path in (self.log, self.print) if path.exists()}


def texts_of(trace):
    """The events, as the server got them."""
    events = {"metadata": trace.metadata, "transactions": trace.transactions, "spans": trace.spans,
              "errors": trace.errors, "metricsets": trace.metricsets}
    return {kind: json.dumps(found, ensure_ascii=False) for kind, found in events.items()}


def found_in(texts, allowed=()):
    """[(what, secret, around it)] of the secrets that got out, also where they are encoded."""
    found = []
    for name, text in texts.items():
        for form in {text, urllib.parse.unquote(text)}:
            found += [(name, match.group(), form[max(match.start() - 60, 0):match.end() + 20])
                      for match in PLANTED.finditer(form) if match.group() not in allowed]
    return found


@contextlib.contextmanager
def looked_for(folder, recorded=False):
    """Yields the Outputs and a list to put traces into; at the end no secret may be in any of it."""
    outputs, traces = Outputs(folder), []
    yield outputs, traces
    texts = outputs.texts()
    for i, trace in enumerate(traces):
        texts |= {f"{kind} {i}": text for kind, text in texts_of(trace).items()}
    assert not found_in(texts), found_in(texts)[:10]
    assert traces and all(trace.spans for trace in traces)
