"""For gdb: runs the program and writes the frames outside of each PQexec as a line of JSON."""
import json

import gdb

gdb.execute("set pagination off")
gdb.execute("set debuginfod enabled off")
gdb.execute("set breakpoint pending on")
gdb.execute("set disable-randomization on")
gdb.execute("handle SIGUSR1 nostop noprint pass")
gdb.execute("break PQexec")
gdb.execute("run")


def described(frame):
    place = frame.find_sal()
    known = place.symtab and place.line
    return [frame.name() or "", place.symtab.fullname() if known else "", place.line if known else 0]


def frames():
    frame = gdb.newest_frame().older()
    while frame:
        yield ["<signal handler called>", "", 0] if frame.type() == gdb.SIGTRAMP_FRAME else described(frame)
        frame = frame.older()


while gdb.selected_inferior().pid:
    print("@@" + json.dumps(list(frames())))
    gdb.execute("continue")
