"""HTTP/2 in one thread, with statements that carry their request's id. Run as a program:
h2_statements.py PORT; PATH is /N: so many statements. PostgreSQL comes by the environment."""
import select
import socket
import sys

import psycopg2
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived

database = psycopg2.connect("")
database.autocommit = True


def answer(conn, event):
    headers = {name.decode(): value.decode() for name, value in event.headers}
    with database.cursor() as cursor:
        for i in range(int(headers[":path"][1:])):
            cursor.execute(f"select {i} /* req={headers['x-request-id']} */")
    conn.send_headers(event.stream_id, [(":status", "200")])
    conn.send_data(event.stream_id, b"done", end_stream=True)


def serve(listener):
    peers = {}
    while True:
        for ready in select.select([listener, *peers], [], [])[0]:
            if ready is listener:
                connection = listener.accept()[0]
                peers[connection] = H2Connection(H2Configuration(client_side=False))
                peers[connection].initiate_connection()
                continue
            data = ready.recv(65536)
            for event in peers[ready].receive_data(data) if data else []:
                if isinstance(event, RequestReceived):
                    answer(peers[ready], event)
            if data:
                ready.sendall(peers[ready].data_to_send())
            else:
                del peers[ready]
                ready.close()


with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64) as server:
    serve(server)
