"""asyncpg, which speaks the protocol by itself: prepared statements, executemany, cursors, COPY."""
import asyncio
import os

import asyncpg


async def main():
    conn = await asyncpg.connect(host=os.environ["PGHOST"])
    await conn.execute("/* req=asyncpg */ create table asyncpg_t (a int, b text)")
    await conn.executemany("/* req=asyncpg */ insert into asyncpg_t values ($1, $2)", [(i, "x") for i in range(5)])
    for i in range(3):
        await conn.fetch("/* req=asyncpg */ select b from asyncpg_t where a = $1", i)
    await conn.fetch("/* req=asyncpg */ select repeat('x', 100) from generate_series(1, 5000)")
    async with conn.transaction():
        async for _ in conn.cursor("/* req=asyncpg */ select a from asyncpg_t order by a", prefetch=2):
            pass
    await conn.copy_records_to_table("asyncpg_t", records=[(i, "y" * 40) for i in range(10000)])
    await conn.execute("/* req=asyncpg */ insert into asyncpg_t values (1, $1)", "z" * 100000)
    await conn.fetch("/* req=asyncpg */ select b from asyncpg_t where a = $1", 6)
    await conn.copy_from_query("select a, b from asyncpg_t", output=os.devnull)
    try:
        await conn.fetch("/* req=asyncpg */ select missing from asyncpg_t")
    except asyncpg.PostgresError:
        pass
    await conn.fetchval("/* req=asyncpg */ select count(*) from asyncpg_t")
    await conn.close()


asyncio.run(main())
