"""ablation.py - what of a connection's value does a later image need?

SPDX-License-Identifier: ISC"""
import socket
import threading

from peer import ECHO, STREAM, Host, Talk, echo_comes, full_echo, high_isn, must

# What a resumed connection can't do without: one of it left out, and it dies, hangs or lies.
NEEDED = {"state", "resumable", "snd_una", "snd_nxt", "snd_end", "snd_scale", "snd_wnd_max",
          "snd_wl1,snd_wl2", "wnd_scale", "rcv_nxt", "rcv_wnd", "rcv_ann_edge",
          "refused", "ts_limit", "app", "out", "in"}
# What it keeps, though this peer would bear another value, or tells it anew.
KEPT = {"snd_wnd", "rcv_ann_wnd", "rcv_scale", "mss", "ts_recent", "srtt", "rttvar",
        "keep_idle", "ttl", "tos", "prio", "sack", "timestamp"}
# What is not read at a restore: for people, for merging, or found out anew.
TOLD = {"opened", "acked", "received", "resumed", "cwnd", "ssthresh", "rto", "nrtx"}
# The flags have words of their own, or are needed when a connection closes (see closing()).
ELSEWHERE = {"flags"}


# How often a field that must do harm may do none, and how often its test may not come about.
ATTEMPTS = 4
WORKERS = 6


class ShortWindow(Talk):
    """A talk whose peer's window is far below 64 KiB, and scaled: Linux widens no buffer that was
    set, and has chosen the scale before."""

    def __init__(self, host, port):
        super().__init__(host, port, 0.01)
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)


def high_talk(host, port):
    while True:
        t = ShortWindow(host, port)
        if high_isn(t.s):
            t.start()
            return t
        t.s.close()


def fate(t):
    """What becomes of a connection."""
    sent, received = t.sent, t.received
    goes_on = t.goes_on(15)
    if t.wrong:
        return "wrong bytes"
    return t.error or ("well" if goes_on else
                       f"hangs after {t.sent - sent} bytes out, {t.received - received} in")


def fates(host, talks, echo, sent):
    """What becomes of all of them, each watched at the same time: names and fates of those that are
    not well."""
    jobs = {"stream": lambda: fate(talks[0]), "echo": lambda: fate(talks[1]),
            "full echo": lambda: echo_comes(echo, sent)}
    found = {}

    def watch(name):
        found[name] = jobs[name]()
    watchers = [threading.Thread(target=watch, args=(name,)) for name in jobs]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    if host.process.poll() is not None:
        found["host"] = "wrong bytes came to the server"
    return ", ".join(f"{name}: {f}" for name, f in sorted(found.items()) if f != "well") or "well"


def without(program, folder, field):
    """What happens where FIELD is left out."""
    host = Host(program, folder)
    # One day: the clock's beginning is old. 35 days: it has passed 2^31 ms.
    host.start("--uptime", "3000000000" if field == "nothing" else "100000000")
    talks = [high_talk(host, STREAM), high_talk(host, ECHO)]
    echo = None
    try:
        names = ",".join(NEEDED | KEPT | TOLD | ELSEWHERE).split(",")
        unknown = set(host.connection(talks[0].s)) - set(names)
        must(not unknown, "no word on", *unknown)
        must(all(t.goes_on() for t in talks), "nothing flows")
        echo, sent = full_echo(host)
        host.restart("--leave-out", field)
        return fates(host, talks, echo, sent)
    finally:
        for t in talks:
            t.end = True
            t.s.close()
        if echo:
            echo.close()
        host.process.kill()
        host.process.wait()


def is_as_it_should(field, result):
    return (result == "well") != (field in NEEDED)


def judge(program, folder, field):
    """The results of FIELD, the last one counts. Harm may need luck, such as bytes under way that
    it meets; but where there must be none, the first time that there is some is one too many."""
    results = []
    for _ in range(ATTEMPTS):
        try:
            results.append(without(program, folder, field))
            if field not in NEEDED or is_as_it_should(field, results[-1]):
                break
        except Exception as e:  # the next attempt may come about
            results.append(f"? {type(e).__name__} {e}")
    return results


def ablation(program, folder, *only):
    """Each field left out: what a later image needs is what it can't go on without."""
    results, fields = {}, list(only) or ["nothing", *sorted(NEEDED | KEPT | TOLD)]
    waiting = list(fields)

    def work():
        while waiting:
            field = waiting.pop()
            results[field] = judge(program, folder, field)
    workers = [threading.Thread(target=work) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for field in sorted(results):
        print(f"{field}: {' | '.join(results[field])}")
    bad = [f"{f}: {' | '.join(results[f])};" for f in fields
           if results[f][-1][0] == "?" or not is_as_it_should(f, results[f][-1])]
    must(not bad, "not as it should be:", *bad)
