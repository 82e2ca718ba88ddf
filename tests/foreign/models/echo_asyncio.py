"""Coroutines on Python's asyncio.

Idea      Each client is a function that reads as if it were alone; where it
          says await, the loop goes on with the others.
Costs     an interpreter, and objects for each step: some ten times the CPU
          of the same idea in C.
Take it   when what the server does for a client takes longer than that.
See also  coroutine/server.c, ../echo_selectors.py

Usage: echo_asyncio.py PORT [HOST]. It ends on SIGTERM.
"""
import asyncio
import socket
import sys

CHUNK_BYTES = 16384
BACKLOG = 4096
ACCEPTS = 16  # in a turn


async def echo(reader, writer):
    """One client, from its first byte to its end."""
    try:
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()  # who does not read is not read from
    except OSError:
        pass  # reset by the client
    finally:
        writer.close()


async def main():
    """Listen, say where, serve until a signal ends it."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    host = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
    listener = socket.create_server((host, port))
    # asyncio takes one number for both; and so often it says, and tries again,
    # that there are no descriptors left.
    server = await asyncio.start_server(echo, sock=listener, backlog=ACCEPTS)
    listener.listen(BACKLOG)
    print(f"listening on {host}:{listener.getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(main())
