"""drive.py - what a peer of lwIP sees while its machine is killed and started again.

The peer is this machine's TCP, in a network namespace of its own; lwIP is tests/tcp/host.c.
    drive.py HOST FOLDER SCENARIO [ARGUMENT...]
SCENARIO is the name of a function below, or ablation: kills 1000, many 100 50 (connections, kills).
Ends with 0 where all is as it must be, else says what was not. SPDX-License-Identifier: ISC"""
import os
import random
import re
import socket
import struct
import subprocess
import sys
import time

from ablation import ablation
from peer import (ECHO, LONG, ONE, PLAIN, SEND_BUFFER, SENDER, SENDER_BYTES, SINK, STREAM, TWO,
                  Failed, Host, Machine, Talk, echo_comes, full_echo, must, piece, sh, talk,
                  wait_for)


def die_often(host, talks, count, shortest, longest):
    """Kills HOST so often, after it has run so many seconds; no talk may notice."""
    for _ in range(count):
        time.sleep(random.uniform(shortest, longest))
        host.restart()
        for t in talks:
            t.is_well()
    flow = [t.flow() for t in talks]
    must(wait_for(lambda: all(f() for f in flow), 60), "a connection stands still")
    for t in talks:
        t.is_well()
    must(not host.says("reset"), host.text())


def tell(what, talks):
    """What the talks have seen. The pauses are those of bytes that came to the peer."""
    pauses = sorted(t.pause for t in talks)
    print(f"{what}: {sum(t.sent for t in talks) / 1e6:.0f} MB sent, "
          f"{sum(t.received for t in talks) / 1e6:.0f} MB received, {sum(t.wrong for t in talks)} "
          f"wrong pieces, longest pause {pauses[-1]:.2f} s, median connection's "
          f"{pauses[len(pauses) // 2]:.2f} s")


def kills(program, folder, count, *options):
    """Is each byte the right one in both directions, whenever the machine dies?"""
    host = Host(program, folder, *options)
    host.start()
    talks = [talk(host, port) for port in (STREAM, STREAM, ECHO, SINK)]
    die_often(host, talks, int(count), 0.05, 0.7)
    must(f"ready: {len(talks)} resumed, 0 lost" in host.text(), host.text())
    must(host.connection(talks[0].s)["resumed"] == count, "not resumed each time")
    tell(f"{count} kills", talks)
    host.kill()


def many(program, folder, connections, count):
    """The same with many connections at once, each of them slow."""
    host = Host(program, folder, "--chunks", "16384")
    host.start()
    talks = [Talk(host, (STREAM, ECHO, SINK)[i % 3], 0.2) for i in range(int(connections))]
    for t in talks:
        t.start()
    die_often(host, talks, int(count), 0.3, 1.5)
    must(host.says(f"ready: {len(talks)} resumed, 0 lost") == int(count), host.text())
    tell(f"{connections} connections, {count} kills", talks)
    host.kill()


def reboots(image, folder, count):
    """The same for an image: QEMU is killed, and started again with its disk."""
    host = Machine(image, folder)
    host.start()
    talks = [talk(host, port) for port in (STREAM, ECHO, SINK)]
    for _ in range(int(count)):
        time.sleep(random.uniform(0.2, 1.5))
        host.restart()
        for t in talks:
            t.is_well()
    for t in talks[:2]:
        must(t.goes_on(60), "a connection stands still:", host.text())
        t.is_well()
    must(host.says(f"guest: {len(talks)} resumed, 0 lost") == int(count), host.text())
    must(not host.says("reset") and not host.says("panic"), host.text())
    for t in talks:
        t.silent = True
    time.sleep(0.5)
    for t in talks:
        t.s.shutdown(socket.SHUT_WR)
    must(wait_for(lambda: all(t.end for t in talks), 60), "they do not end")
    tell(f"{count} reboots", talks)
    host.kill()


def without_commit(program, folder):
    """The control: frames that leave before the journal is written do harm, and it is noticed."""
    host = Host(program, folder, "--no-commit")
    host.start()
    harm = 0
    for _ in range(10):
        talks = [talk(host, STREAM) for _ in range(4)]
        time.sleep(0.3)
        host.restart()
        time.sleep(1.0)
        harm += sum(bool(t.error) or not t.goes_on(4) for t in talks)
        must(not any(t.wrong for t in talks), "wrong bytes")
        for t in talks:
            t.end = True
            t.s.close()
        if harm:
            break
    must(harm, "nothing happened in ten kills")
    host.kill()


def wait_state(host, s, state):
    must(wait_for(lambda: host.state(s) == state), "no", state, "but", host.connection(s))


def try_held(host, s):
    """Fills the echo server's send buffer, then data and FIN in one segment: it refuses them. The
    bytes sent; None where it took too long (see fill_echo())."""
    room, sent = SEND_BUFFER, 0
    while room >= 1400:
        s.sendall(LONG[sent:sent + room - 700])
        sent += room - 700
        if not wait_for(lambda: int(host.connection(s)["received"]) == sent, 4):
            return None
        fields = host.connection(s)
        room = SEND_BUFFER - int(fields["snd_end"]) + int(fields["snd_una"])
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    s.sendall(LONG[sent:sent + 1400])
    s.shutdown(socket.SHUT_WR)
    return sent + 1400 if wait_for(lambda: host.state(s) == "CLOSE_WAIT", 4) else None


def closing(program, folder, *options):
    """Each state between ESTABLISHED and CLOSED comes back, and the connection ends well."""
    host = Host(program, folder)
    host.start()

    def connect(port, small=True):
        s = socket.socket()
        if small:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(20)
        s.connect((host.address, port))
        return s

    def read_all(s, stream):
        got = b""
        while part := s.recv(60000):
            got += part
        must(got == (stream * 5)[:len(got)], "wrong bytes")
        return len(got)

    def send_all(s, n):
        s.sendall(LONG[:n])
        s.shutdown(socket.SHUT_WR)

    senders = [connect(SENDER), connect(SENDER)]
    senders[1].shutdown(socket.SHUT_WR)
    last_ack = connect(ECHO)
    send_all(last_ack, 100000)
    for _ in range(20):
        held = connect(ECHO)
        held_bytes = try_held(host, held)
        if held_bytes:
            break
        held.close()
    must(held_bytes, "it refuses nothing")
    fin_wait_2 = connect(SENDER, small=False)
    must(read_all(fin_wait_2, TWO) == SENDER_BYTES, "too few bytes")
    time_wait = connect(SENDER, small=False)
    must(read_all(time_wait, TWO) == SENDER_BYTES, "too few bytes")
    states = ((senders[0], "FIN_WAIT_1"), (senders[1], "CLOSING"), (last_ack, "LAST_ACK"),
              (held, "CLOSE_WAIT"), (fin_wait_2, "FIN_WAIT_2"), (time_wait, "TIME_WAIT"))
    host.path(time_wait)
    time_wait.shutdown(socket.SHUT_WR)
    for s, state in states:
        wait_state(host, s, state)
    must("fin_held" in host.connection(held)["flags"], "the FIN is not held:",
         host.connection(held)["flags"])
    for _ in range(3):
        host.restart(*options)
    for s, state in states:
        wait_state(host, s, state)
    must("ready: 6 resumed, 0 lost" in host.text(), host.text())
    must(read_all(senders[0], TWO) == SENDER_BYTES, "FIN_WAIT_1: too few bytes")
    wait_state(host, senders[0], "FIN_WAIT_2")
    must(read_all(senders[1], TWO) == SENDER_BYTES, "CLOSING: too few bytes")
    wait_state(host, senders[1], "TIME_WAIT")
    must(read_all(last_ack, ONE) == 100000, "LAST_ACK: too few bytes")
    wait_state(host, last_ack, "none")
    must(read_all(held, ONE) == held_bytes, "CLOSE_WAIT: too few bytes")
    wait_state(host, held, "none")
    fin_wait_2.shutdown(socket.SHUT_WR)
    wait_state(host, fin_wait_2, "TIME_WAIT")
    host.kill()


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def send_syn(host, source, port):
    """From an address that nobody has: nothing will answer."""
    mac = open(f"/sys/class/net/{host.tap}/address", encoding="utf-8").read().strip()
    ends = socket.inet_aton(source) + socket.inet_aton(host.address)
    tcp = struct.pack("!HHIIBBHHH", port, STREAM, 1, 0, 5 << 4, 2, 1000, 0, 0)
    tcp = tcp[:16] + struct.pack("!H", checksum(ends + struct.pack("!HH", 6, 20) + tcp)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + ends
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((host.tap, 0))
    wire.send(bytes.fromhex("525400000002" + mac.replace(":", "") + "0800") + ip + tcp)


def opening(program, folder):
    """What is not open yet is dropped; what nobody can resume is reset at once."""
    host = Host(program, folder)
    host.start()
    stranger = host.peer[:-1] + "9"
    send_syn(host, stranger, 7777)
    path = f"{host.address}:{STREAM}-{stranger}:7777"
    must(wait_for(lambda: host.connections().get(path, {}).get("state") == "SYN_RCVD"),
         "no SYN_RCVD")
    plain = talk(host, PLAIN)
    must(plain.goes_on(), "no echo")
    must(host.connection(plain.s)["resumable"] == "no: no application", "it says nothing of it")
    host.restart()
    must(wait_for(lambda: path not in host.connections(), 2), "SYN_RCVD is still there")
    must(wait_for(lambda: plain.error, 2), "no reset")
    must("reset by peer" in plain.error, plain.error)
    must(host.says("can't be resumed") == 1, host.text())
    again = talk(host, STREAM)
    must(again.goes_on(), "no new connection")
    again.is_well()
    host.kill()


def bounds(program, folder):
    """Where the tables are full: what that means for a connection is defined, and can be seen."""
    host = Host(program, folder, "--entries", "512")
    host.start()
    echoes = [full_echo(host) for _ in range(5)]  # of 0.6 MB each, for 1.5 MB of payload

    def resumable():
        return [host.connection(s)["resumable"] for s, _ in echoes]
    must(wait_for(lambda: "no: no room for its bytes" in resumable(), 40), "there is room for all")
    must(resumable().count("yes") == 2, resumable())
    poor = resumable().index("no: no room for its bytes")
    must(echo_comes(*echoes[poor]) == "well", "it does not live on")
    must(wait_for(lambda: resumable()[poor] == "yes"), "for ever without room")
    echoes.pop(poor)
    expected = resumable()
    host.restart()
    for (s, sent), can in zip(echoes, expected):
        end = echo_comes(s, sent)
        must((end == "well") == (can == "yes"), "resumable:", can, "but it ends so:", end)
        must(end == "well" or "reset" in end, end)
    host.kill()
    few = Host(program, folder, "--entries", "8")  # five of them are listeners
    few.start()
    talks = [talk(few, SINK if i else ECHO) for i in range(5)]
    must(all(wait_for(lambda t=t: t.sent > 1000000) for t in talks), "not all of them work")
    recorded = [few.path(t.s) in few.connections() for t in talks]
    must(sum(recorded) == 3, recorded)
    few.restart()
    for t, known in zip(talks, recorded):
        sent = t.sent
        must(wait_for(lambda t=t, sent=sent: t.error or t.sent > sent + 1000000), "it hangs")
        must(known != bool(t.error), "recorded:", known, t.error)
    few.kill()


def flags(program, folder):
    """Flags that are seldom set come back, too."""
    host = Host(program, folder)
    host.start()
    t = talk(host, ECHO)
    must(t.goes_on(), "nothing flows")
    host.restart("--flag", "88")
    must(t.goes_on(), "nothing flows")
    words = host.connection(t.s)["flags"].split()
    must("no_delay" in words and "keepalive" in words, *words)
    t.silent = True
    must(wait_for(lambda: t.sent == t.received), "not all comes back")
    host.restart("--flag", "6")  # closed by the application, when there was no memory for a FIN
    must(wait_for(lambda: t.end and not t.error), "no FIN:", t.error)
    host.kill()


def grow_old(host, t, way):
    """Talks on after a copy of the journal was made, which then takes its place."""
    old = host.journal + ".old"
    if way == "a little":
        t.silent = True
        time.sleep(0.3)
    sh(f"cp {host.journal} {old}")
    if way == "a little":  # within the window that the old journal offers
        t.sent += t.s.send(piece(ONE, t.sent, 1000))
    else:
        sent = t.sent
        must(wait_for(lambda: t.sent > sent + 1000000), "nothing flows")
        t.silent = way == "much"
    time.sleep(0.3)
    host.kill()
    os.replace(old, host.journal)


def stale(program, folder, count):
    """A journal from before what the peer was told: a reset, no hang, no wrong byte."""
    host = Host(program, folder, "--stale-ms", "5000")
    host.start()
    slowest = {}
    for i in range(int(count)):
        # A peer that is silent then is found out by nothing but our question.
        way = ("busy", "a little", "much")[i % 3]
        t = talk(host, (STREAM, SINK, ECHO)[(i + i // 3) % 3])
        must(wait_for(lambda: t.sent > 200000), "nothing flows")
        host.path(t.s)
        grow_old(host, t, way)
        host.start()
        began = time.monotonic()
        must(wait_for(lambda: t.error or t.end, 20), "the connection hangs:", way)
        slowest[way] = max(slowest.get(way, 0), time.monotonic() - began)
        must(t.error and "reset by peer" in t.error, "an end instead of a reset:", t.error)
        must(not t.wrong, "wrong bytes")
        must(wait_for(lambda: host.path(t.s) not in host.connections(), 2), "not forgotten")
    must(host.says("knows more") == int(count), host.text())
    must(slowest.get("much", 0) < 4, "not found out before the journal's patience ends:", slowest)
    print(f"{count} stale journals, the slowest resets after",
          ", ".join(f"{s:.1f} s ({way})" for way, s in slowest.items()))
    host.kill()


def git(repository, *words):
    return subprocess.run(["git", "-C", repository, *words], check=True, capture_output=True,
                          text=True).stdout


def steps_in(repository, commit):
    """Connections whose state the commit changes."""
    changes = git(repository, "show", "--format=", "-U0", commit)
    return len(re.findall(r"^\+state |^deleted file", changes, re.M))


def joined(program, folder):
    """A commit of counters has the steps that it tells of."""
    repository = os.path.join(folder, "tcp.git")
    sh(f"git init -q --bare -b primary {repository}")
    host = Host(program, folder, "--git", repository)
    host.start()
    time.sleep(1.5)
    stranger = host.peer[:-1] + "9"
    for port in range(7000, 7014):
        send_syn(host, stranger, port)
    time.sleep(1.5)
    talks = [talk(host, ECHO) for _ in range(20)]
    must(all(t.goes_on() for t in talks), "nothing flows")
    time.sleep(2.5)
    told = 0
    for line in git(repository, "log", "--format=%H %s", "primary").splitlines():
        words = line.split()
        if words[1] != "counters,":
            continue
        told += int(words[2])
        must(steps_in(repository, words[0]) == int(words[2]), line, "has",
             steps_in(repository, words[0]))
    must(told >= 1, "no steps were joined")
    host.kill()


def life(program, folder):
    """git log tells a connection's life, from its first segment to its end."""
    repository = os.path.join(folder, "tcp.git")
    sh(f"git init -q --bare -b primary {repository}")
    host = Host(program, folder, "--git", repository)
    host.start()
    passive, active = talk(host, ECHO), talk(host, STREAM)
    paths = [host.path(t.s) for t in (passive, active)]
    must(passive.goes_on() and active.goes_on(), "nothing flows")
    time.sleep(3)
    must(passive.goes_on() and active.goes_on(), "nothing flows")
    before = git(repository, "rev-list", "--count", "primary")
    passive.silent = True
    must(wait_for(lambda: passive.received == passive.sent), "not all comes back")
    passive.s.shutdown(socket.SHUT_WR)
    must(wait_for(lambda: passive.end and paths[0] not in host.connections()), "it does not end")
    must(wait_for(lambda: f"{paths[0]}: LAST_ACK -> CLOSED" in git(repository, "log", "--format=%s",
                                                                   "primary")), "no end in git")
    log = git(repository, "log", "--reverse", "--format=%an: %s", "primary")
    steps = [line for line in log.splitlines() if paths[0] in line]
    must([s.split(": ", 2)[2] for s in steps] == [
        "LISTEN -> SYN_RCVD", "SYN_RCVD -> ESTABLISHED", "ESTABLISHED -> CLOSE_WAIT",
        "CLOSE_WAIT -> LAST_ACK", "LAST_ACK -> CLOSED"], "other steps:", *steps)
    must(all(line.startswith("tcp: ") for line in log.splitlines()), "not by tcp")
    counters = log.splitlines().count("tcp: counters")
    must(2 <= counters <= 20, counters, "commits of counters in some five seconds")
    must(int(before) < 40, before, "commits")
    changes = git(repository, "log", "-p", "--format=", "primary", "--", "tcp/" + paths[0])
    for line in ("+state SYN_RCVD", "-state SYN_RCVD", "+state ESTABLISHED", "+state LAST_ACK",
                 "-state LAST_ACK", "deleted file mode 100644"):
        must(line in changes, "not in git log -p:", line)
    must(re.search(r"^-rcv_nxt \d+\n(.*\n)*?\+rcv_nxt \d+", changes, re.M), "counters stand still")
    files = git(repository, "ls-tree", "-r", "--name-only", "primary").split()
    must("tcp/" + paths[1] in files and "tcp/0.0.0.0:80-0.0.0.0:0" in files, "files:", *files)
    must(not any("out" in f or "payload" in f for f in files), "payload is in the history")
    text = git(repository, "show", "primary:tcp/" + paths[1])
    must(re.match(r"state ESTABLISHED\nflags [a-z_ ]+\nresumable yes\n", text), text)
    git(repository, "fsck", "--strict")
    host.kill()



def main():
    program, folder, scenario, *arguments = sys.argv[1:]
    random.seed(os.environ.get("SEED"))
    try:
        globals()[scenario](program, folder, *arguments)
    except Failed as e:
        print(f"{scenario}: {e}")
        sys.exit(1)


main()
