"""psycopg2: statements with literals, server-side cursors, COPY, executemany, asynchronous mode."""
import io
import select

import psycopg2
import psycopg2.extras

conn = psycopg2.connect("")
cur = conn.cursor()
cur.execute("/* req=psycopg2 */ create table psycopg2_t (a int, b text)")
cur.executemany("/* req=psycopg2 */ insert into psycopg2_t values (%s, %s)", [(i, "x") for i in range(5)])
psycopg2.extras.execute_values(cur, "/* req=psycopg2 */ insert into psycopg2_t values %s", [(6, "y"), (7, "z")])
cur.execute("/* req=psycopg2 */ select a, b from psycopg2_t where b = %s", ("x",))
assert len(cur.fetchall()) == 5
conn.commit()
with conn.cursor("server_side") as named:
    named.itersize = 3
    named.execute("/* req=psycopg2 */ select a from psycopg2_t order by a")
    assert len(list(named)) == 7
conn.rollback()
cur.copy_expert("/* req=psycopg2 */ copy psycopg2_t from stdin", io.StringIO("8\tc\n9\td\n"))
cur.copy_expert("/* req=psycopg2 */ copy psycopg2_t to stdout", io.StringIO())
try:
    cur.execute("/* req=psycopg2 */ select missing from psycopg2_t")
except psycopg2.Error:
    conn.rollback()
conn.close()

waiting = psycopg2.connect("", async_=1)


def wait():
    while (state := waiting.poll()) != psycopg2.extensions.POLL_OK:
        ready = [waiting.fileno()]
        reading = state == psycopg2.extensions.POLL_READ
        select.select(ready if reading else [], [] if reading else ready, [])


wait()
cur = waiting.cursor()
cur.execute("/* req=psycopg2 */ select b, count(*) from psycopg2_t group by b")
wait()
cur.fetchall()
