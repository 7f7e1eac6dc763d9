#!/bin/sh
# A gateway that serves its state, flooded from outside: SYNs from addresses that are nobody's, 500
# clients of a byte a second, nonsense, packs of nonsense, connections; one after the other, then all
# at once. Meanwhile it forwards, answers pings and, as far as it can, is cloned; a moment after,
# it is cloned for sure.
# RESPIN_FLOOD_SECONDS=60: how long each flood lasts; 2 without it.
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

PATH=$PATH:/usr/sbin
[ "$(id -u)" = 0 ] || skip_all "needs root: network namespaces and tap interfaces"
for program in ip ping git python3 qemu-system-x86_64; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
[ -c /dev/net/tun ] || skip_all "there is no /dev/net/tun"
: "${RESPIN_FLOOD_SECONDS:=2}"
flood() {
	space=$1
	shift
	ip netns exec "$space" python3 "$top/tests/guest/git_flood.py" "$@"
}

respin -C "$top/examples/nat-gateway" --json build nat-gateway >build.json 2>build.err ||
	{ cat build.err >&2; echo "Bail out! the example's image does not build"; exit 1; }
image=$(sed -n 's/.*"path": *"\([^"]*\)".*/\1/p' build.json | head -1)

outside=respin-out-$$
inside=respin-in-$$
pids=
stop() {
	for pid in $pids; do
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	pids=
}
ip netns add "$outside" || skip_all "no network namespaces"
remove() {
	ip netns pids "$1" | xargs -r kill -KILL
	ip netns del "$1"
}
trap 'stop; remove "$outside"; remove "$inside"
	chmod -R u+rwX "$scratch"; rm -rf "$scratch"' EXIT
ip netns add "$inside"
out() {
	ip netns exec "$outside" "$@"
}
inner() {
	ip netns exec "$inside" "$@"
}
for space in "$outside" "$inside"; do
	ip netns exec "$space" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	ip -n "$space" link set lo up
done
# The machine's inside wire leads to the other namespace.
for tap in 0 1; do
	out ip tuntap add "tap$tap" mode tap
done
out ip link add inner type bridge
out ip link add veth type veth peer name eth0 netns "$inside"
out ip link set veth master inner up
out ip link set tap1 master inner up
out ip link set inner up
inner ip address add 192.168.1.2/24 dev eth0
inner ip link set eth0 up
inner ip route add default via 192.168.1.1
out ip address add 203.0.113.1/24 dev tap0
out ip link set tap0 up
sources=
for i in $(seq 64 127); do
	out ip address add "203.0.113.$i/24" dev tap0
	sources="$sources 203.0.113.$i"
done

token=flood.0123456789abcdefghij
mac=52:54:00:00:00:02
ip netns exec "$outside" qemu-system-x86_64 -M microvm,acpi=off -accel tcg -cpu max -m 160 -nodefaults \
	-global virtio-mmio.force-legacy=false -no-user-config -display none \
	-serial file:console.txt -no-reboot -kernel "$image" \
	-append "ip=203.0.113.2/24 gateway=203.0.113.1 ip1=192.168.1.1/24 git.port=9418 nat.open=tcp:9418 nat.read=open nat.write=$token arp.read=open tcp.read=open" \
	-netdev tap,id=n0,ifname=tap0,script=no,downscript=no,vnet_hdr=off \
	-device virtio-net-device,netdev=n0,mac=$mac \
	-netdev tap,id=n1,ifname=tap1,script=no,downscript=no,vnet_hdr=off \
	-device virtio-net-device,netdev=n1,mac=52:54:00:00:00:03 \
	-device isa-debug-exit,iobase=0xf4,iosize=4 >qemu.txt 2>&1 </dev/null &
machine=$!
pids=$machine
says() {
	for _ in $(seq 400); do
		grep -q -F -- "$1" console.txt 2>/dev/null && return 0
		sleep 0.05
	done
	cat qemu.txt console.txt
	return 1
}
ok "the image serves" says "respin: ready 203.0.113.2"
flood "$outside" echo 203.0.113.1 7 &
pids="$pids $!"
resident() {
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$machine/status"
}
echo "# resident before: $(resident) KiB"

now() {
	echo $(($(date +%s%N) / 1000000))
}
# clone_in NAME SECONDS DIR: of the store, from the honest host outside
clone_in() {
	rm -rf "$3"
	timeout "$2" ip netns exec "$outside" git clone -q \
		"http://203.0.113.2:9418/$1.git" "$3" 2>>clone.err
}
honest() {
	tries=0 served=0
	while [ "$(now)" -lt "$1" ]; do
		tries=$((tries + 1))
		clone_in arp 10 meanwhile && served=$((served + 1))
		sleep 0.2
	done
}
clone_soon() {
	soon=$(($(now) + $1 * 1000))
	while [ "$(now)" -lt "$soon" ]; do
		clone_in arp "$1" after && return 0
		sleep 0.1
	done
	return 1
}
# under NAME LEAST: while what runs in $attackers does; so many clones must succeed meanwhile.
under() {
	what=$1
	flood "$inside" stream "$RESPIN_FLOOD_SECONDS" 203.0.113.1 7 >stream.txt &
	stream=$!
	out ping -q -i 0.2 -W 1 -w "$RESPIN_FLOOD_SECONDS" 203.0.113.2 >ping.txt 2>&1 &
	ping=$!
	honest $(($(now) + RESPIN_FLOOD_SECONDS * 1000 - 300))
	wait $stream $ping
	for pid in $attackers; do
		wait "$pid"
	done
	attackers=
	ok "$what: $served of $tries clones meanwhile" [ "$served" -ge "$2" ]
	from=$(now)
	ok "a moment later it is cloned" clone_soon 10
	took=$(($(now) - from))
	read -r gap got sent <stream.txt
	received=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' ping.txt)
	echo "# $(tr '\n' ';' <attack.txt) cloned $took ms after; forwarding stood still for $gap ms" \
		"at most, $got of $sent; $received pings; $(wc -l <console.txt) lines on the console;" \
		"resident $(resident) KiB"
	is "whole" "$(git -C after fsck --full --strict 2>&1)" ""
	ok "forwarding went on" [ "$gap" -lt 1500 ]
	ok "pings were answered" [ "${received:-0}" -gt 0 ]
	: >attack.txt
}
# busiest CLONE: the most commits in one second
busiest() {
	git -C "$1" log --format=%ct | sort | uniq -c | sort -rn | awk 'NR == 1 { print $1 }'
}
# begin VERB ARGUMENT...
begin() {
	verb=$1
	shift
	flood "$outside" "$verb" "$RESPIN_FLOOD_SECONDS" "$@" >>attack.txt 2>&1 &
	attackers="$attackers $!"
	pids="$pids $!"
}
attackers=
: >attack.txt
syn() { begin syn tap0 $mac 203.0.113.2 9418 "${RATE:-5000}"; }
# shellcheck disable=SC2086 # words
slow() { begin slow 203.0.113.2 9418 500 $sources; }
# shellcheck disable=SC2086 # words
nonsense() { begin nonsense 203.0.113.2 9418 $sources; }
# shellcheck disable=SC2086 # words
packs() { begin packs 203.0.113.2 9418 nat "$token" $sources; }
# shellcheck disable=SC2086 # words
connect() { begin connect 203.0.113.2 9418 $sources; }

ok "it is cloned" clone_in arp 10 before
before=$(resident)
begun=$(now)
under "no flood" 1
syn
under "SYNs" 1
ok "the connections' history is cloned" clone_in tcp 20 tcp.clone
busiest=$(busiest tcp.clone)
half=$(grep -l -i -r 'state syn' tcp.clone/tcp | wc -l)
echo "# $busiest commits in the busiest second, $half connections half open"
ok "SYNs make few commits" [ "${busiest:-0}" -lt 200 ]
ok "and few connections" [ "$half" -le 16 ]
slow
under "slow clients" 1
nonsense
under "nonsense" 1
packs
under "packs of nonsense" 1
connect
under "connections" 0
syn
slow
nonsense
packs
connect
under "all at once" 0
seconds=$((($(now) - begun) / 1000))
ok "the console is not flooded" [ "$(wc -l <console.txt)" -le $((12 * seconds + 20)) ]
ok "the machine takes no more memory" [ $(($(resident) - before)) -lt 16384 ]
lacks "there was no panic" "$(cat console.txt)" panic
ok "the machine lives" kill -0 "$machine"
for store in arp nat tcp; do
	ok "$store is cloned" clone_in $store 20 $store.last
	is "whole" "$(git -C $store.last fsck --full --strict 2>&1)" ""
done
busiest=$(busiest tcp.last)
echo "# $busiest commits in the busiest second"
# 250 steps in a second of the clock, which is not one of the calendar
ok "connections make few commits" [ "${busiest:-0}" -le 520 ]
finish
