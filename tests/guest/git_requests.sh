#!/bin/sh
# The git server of a running image, as a suspicious reader tries it: requests byte for byte, and what
# is gone from its history - is it in no object of a clone, and not to be had by its id?
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

for program in qemu-system-x86_64 git curl python3; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
seeded_image
port=$((20000 + $$ % 12000)) # below those that the system gives out
token=requests.0123456789abcdefghij
truncate -s 64M disk.img
: >console.txt
qemu-system-x86_64 -M microvm,acpi=off -accel tcg -cpu max -m 96 -nodefaults \
	-global virtio-mmio.force-legacy=false -no-user-config -display none \
	-serial file:console.txt -no-reboot -kernel "$image" \
	-append "ip=10.77.0.2/24 git.port=80 arp.read=open arp.write=$token arp.history.seconds=3" \
	-netdev "user,id=n0,restrict=on,net=10.77.0.0/24,host=10.77.0.1,hostfwd=tcp:127.0.0.1:$port-10.77.0.2:80" \
	-device virtio-net-device,netdev=n0 -device isa-debug-exit,iobase=0xf4,iosize=4 \
	-drive if=none,id=d,format=raw,file=disk.img -device virtio-blk-device,drive=d \
	>qemu.txt 2>&1 </dev/null &
machine=$!
trap 'kill -KILL $machine 2>/dev/null; chmod -R u+rwX "$scratch"; rm -rf "$scratch"' EXIT
says() {
	for _ in $(seq 400); do
		grep -q -F -- "$1" console.txt && return 0
		sleep 0.05
	done
	cat qemu.txt console.txt
	return 1
}
ok "the image serves" says "respin: ready"
url=http://127.0.0.1:$port/arp.git
run timeout 120 python3 "$top/tests/guest/git_requests.py" 127.0.0.1 "$port"
exits "requests get the answers that they should" 0
printf '%s\n' "$out" | sed 's/^/# /' | grep -v '^# ok'
contains "all of them" "$out" "1..69"

# ---- forgetting ---------------------------------------------------------------------------------
quiet() {
	timeout 60 git "$@"
}
# has REPOSITORY TEXT: in any object, reachable or not
has() {
	git -C "$1" cat-file --batch-all-objects --batch | grep -c -a -e "$2"
}
mark=02:0b:ad:5e:c2:e7
ok "it is cloned" quiet clone -q "$url" work
mkdir -p work/arp
printf 'mac %s\nstate static\n' $mark >work/arp/10.0.6.6
git -C work add -A && git -C work commit -q -m "a neighbour"
ok "a neighbour is pushed" quiet -C work push -q "http://x:$token@127.0.0.1:$port/arp.git" HEAD:primary
ok "and is there" quiet clone -q "$url" with
ok "..." [ "$(has with $mark)" -gt 0 ]
gone=$(git -C with rev-parse HEAD)
blob=$(git -C with rev-parse HEAD:arp/10.0.6.6)
quiet -C work pull -q --no-rebase "$url" primary
git -C work rm -q arp/10.0.6.6 && git -C work commit -q -m "no neighbour"
ok "it is removed" quiet -C work push -q "http://x:$token@127.0.0.1:$port/arp.git" HEAD:primary
# What was advertised can be fetched for half a minute. Later changes move the boundary on.
sleep 34
for i in 1 2; do
	rm -rf fresh
	quiet clone -q "$url" fresh
	printf 'mac 02:00:00:00:01:%02x\nstate static\n' $i >"fresh/arp/10.0.7.$i"
	git -C fresh add -A && git -C fresh commit -q -m another
	quiet -C fresh push -q "http://x:$token@127.0.0.1:$port/arp.git" HEAD:primary
done
ok "when its time has passed, the rest is cloned" quiet clone -q "$url" after
is "what was removed is in no object of the clone" "$(has after $mark)" 0
is "the clone is whole" "$(git -C after fsck --full --strict 2>&1)" ""
is "what is still there is there" "$(find after/arp -name '10.0.7.*' | wc -l)" 2
# By their ids, neither.
for id in "$gone" "$blob"; do
	git init -q -b none empty
	run quiet -C empty fetch -q "$url" "$id"
	ok "$id is not given" [ "$status" -ne 0 ]
done
kill -KILL $machine
wait $machine 2>/dev/null
run respin -q state clone disk.img arp disk.git
exits "the disk's history is cloned" 0
is "whole" "$(git -C disk.git fsck --full --strict 2>&1 | grep -v -e ^dangling -e ^notice)" ""
echo "# the disk still has it in $(has disk.git $mark) objects, until the next compaction"
lacks "there was no panic" "$(cat console.txt)" panic
finish
