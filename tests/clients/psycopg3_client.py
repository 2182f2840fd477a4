"""psycopg 3 with its ctypes implementation, which finds libpq's functions by name: prepared
statements, pipelines, COPY, server-side cursors, notifications."""
import psycopg

assert psycopg.pq.__impl__ == "python"
with psycopg.connect("") as conn:
    conn.execute("/* req=psycopg3 */ create table psycopg3_t (a int, b text)")
    with conn.cursor() as cur:
        cur.executemany("/* req=psycopg3 */ insert into psycopg3_t values (%s, %s)", [(i, "x") for i in range(5)])
    for i in range(8):  # prepared from the sixth time on
        conn.execute("/* req=psycopg3 */ select b from psycopg3_t where a = %s", (i,)).fetchall()
    conn.commit()
    with conn.cursor("server_side") as named:
        named.execute("/* req=psycopg3 */ select a from psycopg3_t order by a")
        assert len(named.fetchall()) == 5
    with conn.cursor() as cur:
        with cur.copy("/* req=psycopg3 */ copy psycopg3_t from stdin") as copy:
            copy.write_row((10, "c"))
        with cur.copy("/* req=psycopg3 */ copy psycopg3_t to stdout") as copy:
            assert len(list(copy.rows())) == 6
    conn.commit()
    with conn.pipeline():
        for i in range(5):
            conn.execute("/* req=psycopg3 */ update psycopg3_t set b = %s where a = %s", ("y", i))
    try:
        conn.execute("/* req=psycopg3 */ select missing from psycopg3_t")
    except psycopg.Error:
        conn.rollback()
    conn.execute("/* req=psycopg3 */ deallocate all", prepare=False)
