"""HTTP over asyncpg: three statements a request, with its id planted in them. Argument: the port."""
import asyncio
import os
import re
import signal
import sys

import asyncpg


async def main():
    pool = await asyncpg.create_pool(host=os.environ["PGHOST"], min_size=1, max_size=16)

    async def serve(reader, writer):
        while head := await reader.readuntil(b"\r\n\r\n"):
            identity = re.search(rb"(?i)x-request-id: (\S+)", head).group(1).decode()
            async with pool.acquire() as conn:
                for i in range(3):
                    await conn.fetchval(f"/* req={identity} */ select $1::int + {i}", i)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ndone\n")

    async def serve_quietly(reader, writer):
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    await asyncio.start_server(serve_quietly, "127.0.0.1", int(sys.argv[1]))
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    await end.wait()


asyncio.run(main())
