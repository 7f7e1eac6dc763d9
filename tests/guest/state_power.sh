#!/bin/sh
# The power goes when a push to an image has just been acknowledged, and in the middle of one. What
# is lost is all that the image did not flush, or any part of it: QEMU records each write and flush
# (blklogwrites), and the disk is made anew from the record as it was in the moment when the
# acknowledgement was first seen on the wire. QEMU killed would lose nothing of the kind, as the
# host's cache stays.
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

for program in qemu-system-x86_64 git python3; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
seeded_image
power="python3 $top/tests/guest/state_power.py"

token=power.0123456789abcdefghij
port=$((20000 + $$ % 12000)) # below those that the system gives out
behind=$((port + 1))
url=http://127.0.0.1:$port/arp.git
push_url=http://x:$token@127.0.0.1:$behind/arp.git
machine=
relay=
stop() {
	for pid in $machine $relay; do
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	machine=
	relay=
}
trap 'stop; chmod -R u+rwX "$scratch"; rm -rf "$scratch"' EXIT

# boot: the image on disk.img, whose contents from before are in base.img.
boot() {
	stop
	cp disk.img base.img
	: >console.txt
	: >log.img
	qemu-system-x86_64 -M microvm,acpi=off -accel tcg -cpu max -m 96 -nodefaults \
		-global virtio-mmio.force-legacy=false -no-user-config -display none \
		-serial file:console.txt -no-reboot -kernel "$image" \
		-append "ip=10.77.0.2/24 git.port=80 arp.read=open arp.write=$token arp.lifetime=3600" \
		-netdev "user,id=n0,restrict=on,net=10.77.0.0/24,host=10.77.0.1,hostfwd=tcp:127.0.0.1:$port-10.77.0.2:80" \
		-device virtio-net-device,netdev=n0 -device isa-debug-exit,iobase=0xf4,iosize=4 \
		-blockdev '{"node-name": "d", "driver": "blklogwrites", "log-sector-size": 512,
			"log-super-update-interval": 1,
			"file": {"driver": "file", "filename": "disk.img"},
			"log": {"driver": "file", "filename": "log.img"}}' \
		-device virtio-blk-device,drive=d >qemu.txt 2>&1 </dev/null &
	machine=$!
	for _ in $(seq 400); do
		grep -q "respin: ready" console.txt && return 0
		sleep 0.05
	done
	cat qemu.txt console.txt
	return 1
}
# watch BYTES: see state_power.py's relay.
watch() {
	rm -f snapshot.img
	: >relay.txt
	$power relay "$behind" "$port" "$machine" log.img snapshot.img "$1" >relay.txt 2>&1 &
	relay=$!
	for _ in $(seq 200); do
		grep -q listening relay.txt && return 0
		sleep 0.05
	done
	cat relay.txt
	return 1
}
# edit ROUND COUNT: a commit with so many entries, 10.1.ROUND.N
edit() {
	mkdir -p work/arp
	for n in $(seq "$2"); do
		printf 'mac 02:00:00:00:%02x:%02x\nstate static\n' "$1" "$n" >"work/arp/10.1.$1.$n"
	done
	git -C work add -A && git -C work commit -q -m "round $1"
}
push() {
	run timeout 60 git -C work push -q "$push_url" HEAD:primary
}
clone() {
	rm -rf "$1"
	timeout 60 git clone -q "$url" "$1"
}
# held DISK ROUND: how many entries of that round are on the disk
held() {
	respin state show "$1" arp "arp/10.1.$2.*" 2>/dev/null | grep -c 'state static'
}
whole() {
	git -C "$1" fsck --full --strict 2>&1 | grep -v -e '^dangling' -e '^notice'
}

truncate -s 64M disk.img
ok "an image with a disk serves" boot
ok "its state is cloned" clone work

# ---- acknowledged is durable --------------------------------------------------------------------
rounds=5
lost=0
pushed=0
cuts=0
for round in $(seq $rounds); do
	[ "$round" = 1 ] || boot >boot.out || break
	watch 0 || break
	edit "$round" 2
	begin=$($power count log.img)
	push
	[ "$status" = 0 ] && grep -q acknowledged relay.txt && pushed=$((pushed + 1))
	stop # the moment that the client has its answer
	for seed in 0 1 2 3 4 5; do
		$power image snapshot.img base.img cut.img "$seed"
		if [ "$(held cut.img "$round")" != 2 ]; then
			lost=$((lost + 1))
			echo "# round $round, seed $seed"
		fi
		cuts=$((cuts + 1))
	done
	# The next boot is on a disk as the power cut left it.
	$power image snapshot.img base.img disk.img $((round % 3 ? round : 0))
done
is "pushes were acknowledged" "$pushed" "$rounds"
is "and no power cut in that moment loses one ($cuts cuts)" "$lost" 0
# The same question can have another answer: the disk as it was before the push.
$power image snapshot.img base.img cut.img 0 "$begin"
is "the last was not there before" "$(held cut.img $rounds)" 0
ok "the machine boots on what is left" boot
ok "and is cloned" clone after
is "whole" "$(whole after)" ""
is "with all that was ever acknowledged" \
	"$(for round in $(seq $rounds); do find after/arp -name "10.1.$round.*" | wc -l; done | xargs)" \
	"2 2 2 2 2"

# ---- in the middle ------------------------------------------------------------------------------
ok "a large push" watch 0
git -C work pull -q --no-rebase "$url" primary
edit 100 60
begin=$($power count log.img)
push
exits "is acknowledged" 0
stop
end=$($power count snapshot.img)
ok "the disk was written to meanwhile" [ "$end" -gt "$begin" ]
nothing=0
all=0
part=0
damaged=0
for at in $(seq "$begin" "$end"); do
	for seed in 0 "$((at * 2 + 1))" "$((at * 2 + 2))"; do
		$power image snapshot.img base.img cut.img "$seed" "$at"
		case $(held cut.img 100) in
		0) nothing=$((nothing + 1)) ;;
		60) all=$((all + 1)) ;;
		*) part=$((part + 1)) ;;
		esac
		rm -rf cut.git
		if ! respin -q state clone cut.img arp cut.git >clone.out 2>&1 || [ -n "$(whole cut.git)" ]; then
			damaged=$((damaged + 1))
			echo "# event $at, seed $seed: $(cat clone.out)"
		fi
	done
done
echo "# events $begin to $end: $nothing disks without the push, $all with it"
is "after a power cut in a push all of it is there or nothing" "$part" 0
is "and the history is whole" "$damaged" 0
ok "nothing was seen" [ "$nothing" -gt 0 ]
ok "and all" [ "$all" -gt 0 ]

# Killed by the host, with more and more of the push on its way.
halves=0
killed=0
bytes=100
for round in 101 102 103 104 105 106; do
	boot >boot.out || break
	git -C work pull -q --no-rebase "$url" primary
	watch $bytes || break
	edit $round 60
	push
	grep -q killed relay.txt && [ "$status" != 0 ] && killed=$((killed + 1))
	stop
	case $(held disk.img $round) in
	0 | 60) ;;
	*) halves=$((halves + 1)) ;;
	esac
	bytes=$((bytes * 2))
done
ok "machines died in the middle of a push ($killed)" [ "$killed" -ge 3 ]
is "none has half of one" "$halves" 0
ok "the next boots" boot
ok "and is pushed to again" watch 0
push
exits "well" 0
ok "and cloned" clone last
is "whole" "$(whole last)" ""
is "with all of it" "$(find last/arp -name "10.1.106.*" | wc -l)" 60
lacks "nothing was ever out of order" "$(cat console.txt)" panic
finish
