"""Stock git clones a gateway's table before anything happened, and pulls after its first mapping. Runs
on the host inside. Prints TAP."""

import os
import socket
import subprocess
import tempfile

GATEWAY, HOST, SERVER = (os.environ["RESPIN_" + name] for name in ("ADDRESS", "HOST", "HOST0"))
count = 0


def ok(name, passed, why=""):
    global count
    count += 1
    print(f"{'ok' if passed else 'not ok'} {count} - {name}{'' if passed else ': ' + str(why)}")


def git(*words):
    settings = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null", LC_ALL="C")
    return subprocess.run(["git", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=settings, timeout=30)


with tempfile.TemporaryDirectory() as scratch:
    clone = os.path.join(scratch, "nat")
    got = git("clone", "-q", f"http://{GATEWAY}:9418/nat.git", clone)
    ok("a table that is empty is cloned", got.returncode == 0 and not got.stdout, got)
    subjects = git("-C", clone, "log", "--format=%s").stdout
    ok("its first commit says so", subjects == "Nat.create: Initial empty table\n", subjects)
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", (SERVER, 5300))
    got = git("-C", clone, "pull", "-q", "--ff-only")
    ok("the clone follows", got.returncode == 0, got)
    subject = git("-C", clone, "log", "-1", "--format=%s").stdout
    ok("to the first mapping", subject.startswith(f"mapping added: udp {HOST}:"), subject)
    files = git("-C", clone, "ls-files").stdout.split()
    ok("which is a file", len(files) == 1 and files[0].startswith("nat/udp/"), files)
print(f"1..{count}")
