"""Echo servers that mean harm, to the grader and whoever it runs beside.

Usage: server.py HOW PORT, where HOW is a function below. Each serves clients
in threads, and right but for what its own comment says.
"""
import os
import random
import signal
import socket
import sys
import threading
import time


def echo(client, spoil=lambda data: data):
    """Send back what comes; spoil() may change it, or raise OSError."""
    try:
        while data := client.recv(65536):
            client.sendall(spoil(data))
    except OSError:
        pass
    client.close()


def serve(port, handle=echo, backlog=1024):
    """Serve whoever comes, for ever. right.py does so, too."""
    listener = socket.create_server(("127.0.0.1", port), backlog=backlog)
    while True:
        try:
            client, _address = listener.accept()
        except OSError:  # no descriptors: some will come back
            time.sleep(.1)
            continue
        threading.Thread(target=handle, args=(client,), daemon=True).start()


def endless(port):
    """It prints without end, on both streams, and tells when they grow
    beyond all bounds by ending."""
    def flood(stream):
        while True:
            os.write(stream, b"x" * 65536)
            if os.fstat(stream).st_size > 64 << 20:
                os.close(os.open(os.environ["GROWN"], os.O_CREAT))
                os._exit(0)
    for stream in (1, 2):
        threading.Thread(target=flood, args=(stream,), daemon=True).start()
    serve(port)


def children(port):
    """Each client leaves a process behind, which has a session of its own and
    ignores SIGTERM."""
    def handle(client):
        if os.fork() == 0:
            client.close()
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            while True:
                time.sleep(1000)
        echo(client)
    serve(port, handle)


def stays(port):
    """No signal but SIGKILL ends it."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    serve(port)


def heir(port):
    """It writes into all that it was given beside its three streams."""
    for fd in range(3, 100):
        try:
            os.write(fd, b"garbage" * 100)
        except OSError:
            pass
    serve(port)


def parricide(port):
    """At the first client it kills its parent, from a session of its own."""
    parent = os.getppid()

    def handle(client):
        try:
            os.kill(parent, signal.SIGKILL)
        except OSError:
            pass
        echo(client)
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        serve(port, handle)
    signal.pause()


def warden(port):
    """It stops its parent, which then can stop nobody."""
    os.kill(os.getppid(), signal.SIGSTOP)
    serve(port)


def crowd(port):
    """Of its many processes the last one listens, and forgets to close."""
    kept = []

    def handle(client):
        kept.append(client.dup())
        echo(client)
    for _ in range(100):
        if os.fork() == 0:
            signal.pause()
    if os.fork() == 0:
        serve(port, handle)
    signal.pause()


def mute(port):
    """It listens, and never accepts anybody."""
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        time.sleep(1000)
        listener.fileno()


def moody(port):
    """It closes a connection at one piece in five."""
    def spoil(data):
        if random.random() < .2:
            raise OSError
        return data
    serve(port, lambda client: echo(client, spoil))


def loud(port):
    """It writes to the terminal of whoever has started it."""
    try:
        with open("/dev/tty", "w", encoding="ascii") as terminal:
            terminal.write("\033[31mfull marks\n")
    except OSError:
        pass
    serve(port, lambda client: echo(client, lambda data: data.upper()))


def leaves(_port):
    """It has nothing to do, and has done it well."""
    sys.exit(0)


def liar(_port):
    """It says that it is ready, and listens nowhere."""
    print("listening on 127.0.0.1:9", flush=True)
    time.sleep(1000)


def borrower(_port):
    """It says that it listens where another server does, a right one."""
    print("listening on", os.environ["RIGHT"], flush=True)
    time.sleep(1000)


def more(port):
    """Behind the right bytes it sends others, a little later."""
    def handle(client):
        def spoil(data):
            threading.Timer(.05, late).start()
            return data

        def late():
            try:
                client.sendall(b"and more")
            except OSError:
                pass
        echo(client, spoil)
    serve(port, handle)


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]))
