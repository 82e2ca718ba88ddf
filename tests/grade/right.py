"""Echo servers that are right, and unlike those that a grader is tried on.

Usage: right.py PORT [HOW=NUMBER]...: `backlog` as listen has it, `late`: it
closes so many seconds after its client, `delay`: it answers so many seconds
late, `piece`: it reads so many bytes at once.
"""
import sys
import time

sys.dont_write_bytecode = True  # of what is imported, beside the sources
from hostile.server import serve  # noqa: E402

how = {"backlog": 1024, "late": 0.0, "delay": 0.0, "piece": 65536}
for word in sys.argv[2:]:
    name, number = word.split("=")
    how[name] = type(how[name])(number)


def echo(client):
    """Send back what comes, until it ends."""
    try:
        while data := client.recv(how["piece"]):
            if how["delay"]:
                time.sleep(how["delay"])
            client.sendall(data)
    except OSError:
        pass
    time.sleep(how["late"])
    client.close()


serve(int(sys.argv[1]), echo, how["backlog"])
