"""Starts a program for each connection, on its standard input and output, as inetd does. Run as a program:
inetd.py PORT COMMAND..."""
import signal
import socket
import subprocess
import sys

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64) as listener:
    while True:
        connection = listener.accept()[0]
        subprocess.Popen(sys.argv[2:], stdin=connection, stdout=connection)  # pylint: disable=consider-using-with
        connection.close()
