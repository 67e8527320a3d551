#!/usr/bin/env python3
"""A proxy that holds back what clients send, and nothing of what they get: latency.py PORT TO_PORT MILLISECONDS"""

import asyncio
import sys


async def copy(reader, writer, delay=0.0):
    try:
        while data := await reader.read(1 << 18):
            if delay:
                await asyncio.sleep(delay)
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(port, to_port, delay):
    async def connected(reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", to_port)
        await asyncio.gather(copy(reader, back, delay), copy(there, writer))

    async with await asyncio.start_server(connected, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000))
