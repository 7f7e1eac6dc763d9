"""A Linux neighbour of an image, in the lab's namespace: the kernel's own ARP, iputils' arping, and
frames made by hand. Prints TAP. The image forgets neighbours after four seconds (arp.lifetime=4)."""

import os
import random
import socket
import struct
import subprocess
import time

DEVICE = "respin0"
IMAGE, HOST = os.environ["RESPIN_ADDRESS"], os.environ["RESPIN_HOST"]
EVERYBODY, NOBODY = b"\xff" * 6, b"\0" * 6
STRANGER = bytes.fromhex("02666666666b")
REQUEST, REPLY = 1, 2
count = 0


def ok(name, passed, why=""):
    global count
    count += 1
    print(f"{'ok' if passed else 'not ok'} {count} - {name}{'' if passed else ': ' + str(why)}")


def run(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def page(seconds=3, *options):
    """Does the image serve its page within that time?"""
    words = ["curl", "-s", "-o", "/dev/null", "-m", str(seconds), *options, f"http://{IMAGE}/"]
    return run(*words).returncode == 0


def mac_of_link():
    return bytes.fromhex(run("ip", "-br", "link", "show", DEVICE).stdout.split()[2].replace(":", ""))


def mac_of_image():
    words = run("ip", "neigh", "show", IMAGE, "dev", DEVICE).stdout.split()
    return bytes.fromhex(words[words.index("lladdr") + 1].replace(":", "")) if "lladdr" in words else None


class Wire:
    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
        self.socket.bind((DEVICE, 0x0806))

    def send(self, opcode, sender_ip, target_ip, sender=STRANGER, to=EVERYBODY, target=NOBODY):
        self.socket.send(
            to + sender + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, opcode)
            + sender + socket.inet_aton(sender_ip) + target + socket.inet_aton(target_ip))

    def drain(self):
        self.socket.setblocking(False)
        try:
            while self.socket.recv(2048):
                pass
        except BlockingIOError:
            pass

    def heard(self, seconds, wanted=lambda *_: True):
        """What the image said in that time: (to, opcode, sender's, target's address)."""
        frames, end = [], time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                f = self.socket.recv(2048)
            except TimeoutError:
                break
            if f[6:12] == image:
                said = (f[:6], f[21], socket.inet_ntoa(f[28:32]), socket.inet_ntoa(f[38:42]))
                if wanted(*said):
                    frames.append(said)
        return frames


def linux_finds_the_image():
    global image
    run("ip", "neigh", "flush", "dev", DEVICE)
    answer = run("ping", "-c", "1", "-W", "3", IMAGE)
    image = mac_of_image()
    ok("Linux finds the image", image and answer.returncode == 0, answer.stdout)
    answer = run("arping", "-c", "3", "-w", "6", "-I", DEVICE, IMAGE)
    ok("arping is answered, to all and to it alone", "Received 3 response" in answer.stdout, answer.stdout)
    answer = run("arping", "-D", "-c", "2", "-w", "3", "-I", DEVICE, IMAGE)
    ok("a probe for its address is answered", answer.returncode == 1, answer.stdout)


def the_image_finds_linux(wire):
    run("ip", "neigh", "replace", IMAGE, "lladdr", image.hex(":"), "dev", DEVICE, "nud", "permanent")
    time.sleep(6)
    wire.drain()
    ok("a page after the image forgot us", page())
    asked = wire.heard(0.5, lambda to, opcode, *_: opcode == REQUEST)
    ok("it asked everybody, once", asked == [(EVERYBODY, REQUEST, IMAGE, HOST)], asked)
    wire.drain()
    served = [page() for _ in range(80) if not time.sleep(0.1)]
    ok("eighty pages in eight seconds", all(served), served)
    asked = wire.heard(0.5, lambda to, opcode, *_: opcode == REQUEST)
    ok("it asked us alone meanwhile", asked and all(a[0] == mac_of_link() for a in asked), asked)


def ports_are_used_again():
    """The image closes first, and waits: what Linux opens then may have the same ports by chance."""
    served = [page(3, "--local-port", "23456") for _ in range(5) if not time.sleep(0.5)]
    ok("a connection with the ports of the last one", all(served), served)


def linux_moves():
    run("ip", "link", "set", DEVICE, "address", "02:00:00:00:00:77")
    answer = run("arping", "-U", "-c", "1", "-w", "1", "-I", DEVICE, HOST)
    begin = time.monotonic()
    while not (served := page(1)) and time.monotonic() - begin < 5:
        pass
    ok("another hardware address, announced, is found", served, answer.stdout)


def strangers(wire):
    wire.drain()
    wire.send(REPLY, HOST, IMAGE, to=image, target=image)
    ok("a stranger's answer does not divert a page", page(1))
    wire.drain()
    wire.send(REQUEST, IMAGE, IMAGE)
    said = wire.heard(0.5, lambda _, opcode, sender, target: sender == target == IMAGE)
    ok("a claim of the image's address is answered by its own", len(said) == 1, said)
    for sender in EVERYBODY, NOBODY, bytes.fromhex("01005e000001"), image:
        wire.send(REQUEST, HOST, IMAGE, sender=sender)
    said = wire.heard(0.5, lambda _, opcode, *__: opcode == REPLY)
    ok("impossible stations get no answer", not said, said)


def flood(wire):
    """Random frames, as fast as they go, and what a good neighbour sees meanwhile."""
    generator = random.Random(1)
    for n in range(20000):
        address = socket.inet_ntoa(struct.pack("!I", generator.randrange(1 << 32)))
        near = f"10.77.0.{generator.randrange(1, 255)}"
        wire.send(generator.randrange(4), generator.choice((address, near, HOST, IMAGE)),
                  generator.choice((IMAGE, HOST, address)), sender=generator.randbytes(6),
                  to=generator.choice((EVERYBODY, image)))
        if n % 4000 == 0:
            ok("a page in a flood", page(5))
    ok("a page after the flood", page(5))
    answer = run("arping", "-c", "2", "-w", "4", "-I", DEVICE, IMAGE)
    ok("and an answer", answer.returncode == 0, answer.stdout)


def main():
    linux_finds_the_image()
    if image:
        wire = Wire()
        the_image_finds_linux(wire)
        ports_are_used_again()
        linux_moves()
        strangers(wire)
        flood(wire)
    print(f"1..{count}")


main()
