"""An echo server on Python's selectors: the seed's idea in the language it
was written in, to be measured beside the five.

    make compare SERVER="python=python3 tests/foreign/echo_selectors.py {port}"

Usage: echo_selectors.py PORT [HOST]. It ends on SIGTERM. Output that a client
does not take is kept, at most one chunk, and the client is not read from
until it is gone, as the five do it. Without a free descriptor nobody is
accepted until a client has left.
"""
import errno
import selectors
import socket
import sys

CHUNK_BYTES = 16384
BACKLOG = 4096

selector = selectors.DefaultSelector()
waiting = []  # the listener, while there are no descriptors


def accept(listener, _events):
    """Take one client."""
    try:
        client, _address = listener.accept()
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            selector.unregister(listener)
            waiting.append(listener)
        return
    client.setblocking(False)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    selector.register(client, selectors.EVENT_READ, (echo, bytearray()))


def echo(client, pending):
    """Send what is left over, or else read and send."""
    try:
        if not pending:
            pending += client.recv(CHUNK_BYTES)
            if not pending:
                close(client)
                return
        del pending[:client.send(pending)]
    except BlockingIOError:
        pass
    except OSError:
        close(client)
        return
    wanted = selectors.EVENT_WRITE if pending else selectors.EVENT_READ
    if selector.get_key(client).events != wanted:
        selector.modify(client, wanted, (echo, pending))


def close(client):
    """Forget a client."""
    selector.unregister(client)
    client.close()
    if waiting:
        selector.register(waiting.pop(), selectors.EVENT_READ, (accept, None))


def main():
    """Listen, say where, serve until a signal ends it."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    host = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
    listener = socket.create_server((host, port), backlog=BACKLOG)
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ, (accept, None))
    print(f"listening on {host}:{listener.getsockname()[1]}", flush=True)
    while True:
        for key, _events in selector.select():
            call, argument = key.data
            call(key.fileobj, argument)


main()
