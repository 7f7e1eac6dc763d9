# terminal.py PAIR... -- COMMAND...: runs COMMAND on a terminal of its own, as a shell does: in the
# foreground, with job control. Each PAIR is two arguments: what must be seen next, and what is typed
# then. Prints all that was seen, and at the end "status N" and how the terminal was left.
# SPDX-License-Identifier: ISC
import os
import pty
import select
import signal
import sys
import termios
import time

PATIENCE_S = 60
split = sys.argv.index("--")
words, command = sys.argv[1:split], sys.argv[split + 1 :]
pairs = [(words[i], words[i + 1]) for i in range(0, len(words), 2)]
shell, terminal = pty.fork()
if shell == 0:  # leads the session, as a login shell does
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    before = termios.tcgetattr(0)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execvp(command[0], command)
    _, status = os.waitpid(job, 0)
    left = "as it was" if termios.tcgetattr(0) == before else "changed"
    owner = "the job's" if os.tcgetpgrp(0) == job else "another's"
    print(f"status {os.waitstatus_to_exitcode(status)}, settings {left}, foreground {owner}", flush=True)
    time.sleep(0.2)  # what was written is lost with the last one who has the terminal open
    os._exit(0)

seen, at = b"", 0
deadline = time.monotonic() + PATIENCE_S
while time.monotonic() < deadline:
    if pairs and (found := seen.find(pairs[0][0].encode(), at)) >= 0:
        at = found + len(pairs[0][0])
        os.write(terminal, pairs.pop(0)[1].encode().decode("unicode_escape").encode())
    if not select.select([terminal], [], [], 0.1)[0]:
        continue
    try:
        fresh = os.read(terminal, 65536)
    except OSError:
        break
    if not fresh:
        break
    seen += fresh
else:
    os.kill(shell, signal.SIGKILL)
    print("it did not end in time")
sys.stdout.write(seen.decode(errors="replace").replace("\r\n", "\n"))
if pairs:
    print(f"never seen: {pairs[0][0]}")
