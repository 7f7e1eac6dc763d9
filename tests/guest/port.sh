#!/bin/sh
# The port of lwIP: several interfaces, and what hooks into its main loop.
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

for program in qemu-system-x86_64 python3; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
# The example's sources and objects are used again: no fetch, no compilation of lwIP.
site=$top/examples/static-site
respin -C "$site" build static-site >build.out 2>&1 ||
	{ cat build.out >&2; echo "Bail out! the example's image does not build"; exit 1; }
cp -R "$site/.respin" .respin
mkdir -p recipes/port-guest recipes/port guest
cp "$top/tests/guest/port.c" guest/
echo "{\"recipes\": [\"recipes\", \"$top/recipes\"]}" >respin.json
cat >recipes/port-guest/recipe.json <<-'EOF'
	{ "name": "port-guest", "version": "1", "license": "ISC", "needs": ["lwip-port"],
	  "source": [{ "path": "../../guest" }], "build": { "objects": { "sources": ["*.c"] } } }
EOF
cat >recipes/port/recipe.json <<-'EOF'
	{ "name": "port", "version": "1", "license": "ISC", "needs": ["port-guest"], "image": {} }
EOF
respin --json build port >build.json 2>build.err ||
	{ cat build.err >&2; echo "Bail out! the image does not build"; exit 1; }
image=$(sed -n 's/.*"path": *"\([^"]*\)".*/\1/p' build.json | head -1)

machine=
stop() {
	[ -n "$machine" ] || return 0
	kill -KILL "$machine" 2>/dev/null # it may have ended by itself
	wait "$machine" 2>/dev/null
	machine=
}
trap 'stop; rm -rf "$scratch"' EXIT

# boot COMMAND-LINE [N]: a machine with N network devices, two if not told.
boot() {
	words=$1
	devices=${2-2}
	stop
	rm -f ./*.sock console.txt
	set --
	for i in $(seq 0 $((devices - 1))); do
		set -- "$@" -device "virtio-net-device,netdev=n$i,mac=52:54:00:00:00:0$i" -netdev \
			"dgram,id=n$i,local.type=unix,local.path=image$i.sock,remote.type=unix,remote.path=peer$i.sock"
	done
	qemu-system-x86_64 -M microvm,acpi=off -accel tcg -cpu max -m 64 -nodefaults \
		-global virtio-mmio.force-legacy=false -no-user-config -display none \
		-serial file:console.txt -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 \
		-kernel "$image" -append "$words" "$@" >qemu.txt 2>&1 </dev/null &
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

boot "ip=10.77.0.2/24 gateway=10.77.0.1 ip1=10.78.0.1/24 colour=red"
run timeout 60 python3 "$top/tests/guest/port.py" peer0.sock image0.sock peer1.sock image1.sock
is "each interface has its device, and frames wait for the commit" "$out" \
	"en0 is 52:54:00:00:00:00
en1 is 52:54:00:00:00:01
en0 answers late
en1 answers late
it forwards nothing
the largest frame comes back
a larger frame does not
en1 lives"
ok "work goes on until there is none" says "guest: worked"
ok "timers end sleeps" says "guest: 20 ticks"
ok "a packet is taken before lwIP sees it" says "guest: took 52 bytes from en1"
is "the second interface is announced, then the first" \
	"$(grep -o 'respin: [ar].*' console.txt | tr -d '\r')" "respin: address of en1: 10.78.0.1
respin: ready 10.77.0.2"
is "options that are read late are known" "$(grep -c 'unknown option' console.txt)" 1
# An image that has the secret of the one before it goes on above its numbers, by 250 for each ms.
isn() {
	boot "ip=10.77.0.2/24 time=$1"
	says "guest: isn" >&2
	tr -d '\r' <console.txt | sed -n 's/^guest: isn //p'
	stop
}
step=$((($(isn 1764115300) - $(isn 1764115200)) & 0xffffffff))
ok "sequence numbers move on with the time of the day" [ "$step" -ge $((95 * 250000)) ]
ok "and no faster" [ "$step" -le $((105 * 250000)) ]
boot "ip=10.77.0.2/24 fill=1"
ok "however many frames wait" says "guest: the queue is full"
boot "ip=10.77.0.2/24" 4
ok "four devices are four interfaces" says "guest: 4 interfaces"
ok "those without an address are there" says "respin: ready 10.77.0.2"
boot "ip=10.77.0.2/24 ip2=10.79.0.1" 4
ok "a wrong address is told with its option" says "refused: ip2=10.79.0.1: expected"
boot "ip=10.77.0.2/24 look=2"
ok "no interface without a device" says "panic: there is no interface en2"
boot "ip=10.77.0.2/24 works=8"
ok "nine functions are too many" says "panic: more than 8 functions"
stop
finish
