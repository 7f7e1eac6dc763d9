#!/usr/bin/env python3
"""state_power.py - the power goes while somebody pushes.
  relay LISTEN PORT PID LOG SNAPSHOT BYTES   passes one push at a time on to 127.0.0.1:PORT. BYTES 0:
      at the first sight of the acknowledgement the machine PID is stopped, LOG, QEMU's record of its
      disk's writes, is copied to SNAPSHOT, and it goes on. Else: it is killed as soon as BYTES bytes
      of the push have gone there.
  image LOG BASE OUT SEED [EVENTS]           what the disk that held BASE may hold when the power goes
      after so many events (all): SEED 0: nothing that was not flushed; else some of it.
  count LOG                                  the events in it
SPDX-License-Identifier: ISC"""
import os
import random
import shutil
import signal
import socket
import struct
import sys
import threading

SECTOR = 512
ACKNOWLEDGED = b"ok refs/heads/primary"
FLUSH = 1


def events(path):
    """Writes as (sector, bytes), flushes as None. The record: a superblock, then entries, each in a
    sector of its own in front of its data (Linux, admin-guide/device-mapper/log-writes)."""
    with open(path, "rb") as f:
        magic, _, left = struct.unpack("<QQQ", f.read(SECTOR)[:24])
        if magic != 0x6A736677736872:
            sys.exit(f"{path} is no record of writes")
        out = []
        for _ in range(left):
            sector, n, flags = struct.unpack("<QQQ", f.read(SECTOR)[:24])
            if flags & FLUSH:
                out.append(None)
            if n:
                out.append((sector, f.read(n * SECTOR)))
        return out


def image(log, base, out, seed, upto=None):
    with open(base, "rb") as f:
        disk = bytearray(f.read())
    happened = events(log)[:upto]
    last = max((i for i, e in enumerate(happened) if e is None), default=-1)
    rng = random.Random(seed)
    whole = seed % 2 == 0  # of the writes that were not flushed: sectors are kept or lost, or writes
    for i, event in enumerate(happened):
        if event is None or (i > last and seed == 0):
            continue
        sector, data = event
        kept = rng.random() < 0.5
        for at in range(0, len(data), SECTOR):
            if i < last or (kept if whole else rng.random() < 0.5):
                disk[sector * SECTOR + at:sector * SECTOR + at + SECTOR] = data[at:at + SECTOR]
    with open(out, "wb") as f:
        f.write(disk)


class Machine:
    def __init__(self, pid, log, snapshot, most):
        self.pid, self.log, self.snapshot, self.most = pid, log, snapshot, most
        self.taken = 0
        self.lock = threading.Lock()

    def sent(self, n):
        with self.lock:
            self.taken += n
            if 0 < self.most <= self.taken:
                os.kill(self.pid, signal.SIGKILL)
                print("killed", flush=True)
                os._exit(0)

    def left(self):
        """How many more bytes may go there."""
        return self.most - self.taken if self.most else 65536

    def acknowledged(self):
        os.kill(self.pid, signal.SIGSTOP)
        shutil.copyfile(self.log, self.snapshot)
        os.kill(self.pid, signal.SIGCONT)
        print("acknowledged", flush=True)


def to_machine(client, server, machine):
    try:
        while data := client.recv(max(1, min(65536, machine.left()))):
            server.sendall(data)
            machine.sent(len(data))
        server.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def to_client(client, server, machine):
    seen = b""
    try:
        while data := server.recv(65536):
            seen = (seen + data)[-65536 - len(ACKNOWLEDGED):]
            if ACKNOWLEDGED in seen and not machine.most:
                machine.acknowledged()
                seen = b""
            client.sendall(data)
    except OSError:
        pass
    client.close()
    server.close()


def relay(listen, port, pid, log, snapshot, most):
    machine = Machine(pid, log, snapshot, most)
    listener = socket.create_server(("127.0.0.1", listen))
    print("listening", flush=True)
    while True:
        client = listener.accept()[0]
        server = socket.create_connection(("127.0.0.1", port))
        for work in (to_machine, to_client):
            threading.Thread(target=work, args=(client, server, machine), daemon=True).start()


def main(verb, *args):
    if verb == "relay":
        relay(int(args[0]), int(args[1]), int(args[2]), args[3], args[4], int(args[5]))
    elif verb == "image":
        image(*args[:3], *map(int, args[3:]))
    else:
        print(len(events(args[0])))


main(*sys.argv[1:])
