#!/bin/sh
# The web site image as a whole: pages, errors, addresses, and what a bad neighbour may send it.
# The lab has its own tests; here QEMU's plain networks do.
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

for program in qemu-system-x86_64 curl cc; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
respin -C "$top/examples/static-site" --json build static-site >build.json 2>build.err ||
	{ cat build.err >&2; echo "Bail out! the image does not build"; exit 1; }
image=$(sed -n 's/.*"path": *"\([^"]*\)".*/\1/p' build.json | head -1)
www=$top/examples/static-site/www

machine=
stop() {
	[ -n "$machine" ] || return 0
	kill -KILL "$machine" 2>/dev/null # it may have ended by itself
	wait "$machine" 2>/dev/null
	machine=
}
trap 'stop; rm -rf "$scratch"' EXIT

# boot COMMAND-LINE NETDEV: leaves the machine running, its console in console.txt.
boot() {
	stop
	rm -f console.txt
	qemu-system-x86_64 -M microvm,acpi=off -accel tcg -cpu max -m 64 -nodefaults \
		-global virtio-mmio.force-legacy=false -no-user-config -display none \
		-serial file:console.txt -no-reboot -netdev "$2" -kernel "$image" -append "$1" \
		-device virtio-net-device,netdev=n0 -device isa-debug-exit,iobase=0xf4,iosize=4 \
		>qemu.txt 2>&1 </dev/null &
	machine=$!
}

# says TEXT: waits for it on the console, ten seconds at most.
says() {
	for _ in $(seq 200); do
		grep -q -F -- "$1" console.txt 2>/dev/null && return 0
		sleep 0.05
	done
	cat qemu.txt console.txt
	return 1
}

port=$((20000 + $$ % 12000)) # below those that the system gives out
slirp="user,id=n0,restrict=on,net=10.77.0.0/24,host=10.77.0.1,dhcpstart=10.77.0.9"
boot "ip=10.77.0.2/24 gateway=10.77.0.1 colour=red" \
	"$slirp,hostfwd=tcp:127.0.0.1:$port-10.77.0.2:80"
ok "the image says that it serves" says "respin: ready 10.77.0.2"
ok "and which option it does not know" says "respin: unknown option ignored: colour"

# fetch PATH [OPTION...]: the body in "body", its headers in "headers".
fetch() {
	path=$1
	shift
	run curl -s -m 10 -o body -D headers "$@" "http://127.0.0.1:$port$path"
}
# typed PATH TYPE
typed() {
	fetch "$1"
	contains "$1 is $2" "$(tr -d '\r' <headers)" "Content-Type: $2"
}

fetch /
contains "/ is found" "$(head -1 headers)" " 200 OK"
ok "/ is index.html, byte for byte" cmp body "$www/index.html"
fetch /index.html
ok "so is /index.html" cmp body "$www/index.html"
typed /index.html text/html
typed /style.css text/css
typed /favicon.svg image/svg+xml
fetch /nothing
contains "what is not there is not found" "$(head -1 headers)" " 404 "
ok "with the site's own page" cmp body "$www/404.html"
fetch /../../etc/passwd --path-as-is
contains "nothing lies outside" "$(head -1 headers)" " 404 "
fetch / -X BREW
lacks "an unknown method is no page" "$(cat headers body 2>/dev/null)" " 200 OK"
run curl -s -m 10 -o body -o body2 -w '%{num_connects}\n' -H 'Connection: keep-alive' \
	"http://127.0.0.1:$port/" "http://127.0.0.1:$port/style.css"
is "two pages over one connection" "$out" "1
0"
ok "arrive whole" cmp body2 "$www/style.css"

# fifty at once: more than lwIP's defaults
seq 50 | xargs -P 10 -I N curl -s -m 20 -o page.N "http://127.0.0.1:$port/"
is "many connections at once are all served" \
	"$(for i in $(seq 50); do cmp -s "page.$i" "$www/index.html" && echo whole; done | wc -l)" 50

# Idle: user and system time in ticks of a hundredth, over a second.
ticks() {
	sed 's/.*) //' "/proc/$machine/stat" | cut -d' ' -f12,13 | tr ' ' '+'
}
before=$(($(ticks)))
sleep 1
ok "an image that waits sleeps" [ $(($(ticks) - before)) -lt 20 ]

boot "ip=dhcp" "$slirp"
ok "an address comes by DHCP" says "respin: ready 10.77.0.9"
boot "" "$slirp"
ok "and without options" says "respin: ready 10.77.0.9"
boot "ip=10.77.0.2" "$slirp"
ok "an address without bits is refused" says "refused: ip=10.77.0.2: expected"
boot "ip=10.77.0.2/33" "$slirp"
ok "so are too many bits" says "refused: ip=10.77.0.2/33: expected"
boot "ip=10.77.0.256/24" "$slirp"
ok "and an address that is none" says "refused: ip=10.77.0.256: expected"
boot "ip=10.77.0.2/24 gateway=home" "$slirp"
ok "and a gateway that is none" says "refused: gateway=home: expected"

# The other end of the wire, frame by frame.
cc -D_GNU_SOURCE -Wall -Wextra -o peer "$top/tests/guest/peer.c"
wire="dgram,id=n0,local.type=unix,local.path=image.sock,remote.type=unix,remote.path=peer.sock"
boot "ip=10.77.0.2/24" "$wire"
ok "frames shorter than their headers do no harm" ./peer runts peer.sock image.sock
ok "and no panic" says "respin: ready"
lacks "of any kind" "$(cat console.txt)" "panic"
rm -f peer.sock
./peer isn peer.sock image.sock >isn.1
is "connections begin with numbers" "$(sort -u isn.1 | wc -l)" 8
stop
rm -f peer.sock image.sock
boot "ip=10.77.0.2/24" "$wire"
./peer isn peer.sock image.sock >isn.2
# Steps between neighbours: a counter would give small ones, a clock equal ones.
steps=$(cat isn.1 isn.2 | awk 'NR > 1 { d = $1 - last; if (d < 0) d = -d; if (d < 65536) n++ }
	{ last = $1 } END { print n + 0 }')
ok "which follow from nothing that a stranger sees" [ "$steps" -le 2 ]
is "and are others after the next boot" "$(cat isn.1 isn.2 | sort -u | wc -l)" 16
stop

finish
