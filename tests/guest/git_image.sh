#!/bin/sh
# An image whose table is served by git: cloned, pulled and pushed to over its own TCP.
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

for program in qemu-system-x86_64 curl git python3 cc; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
respin -C "$top/tests/data/git-image" --json build git-image >build.json 2>build.err ||
	{ cat build.err >&2; echo "Bail out! the image does not build"; exit 1; }
image=$(sed -n 's/.*"path": *"\([^"]*\)".*/\1/p' build.json | head -1)
token=image.write.0123456789abcdef
port=$((20000 + $$ % 12000)) # below those that the system gives out

machine=
stop() {
	[ -n "$machine" ] || return 0
	kill -KILL "$machine" 2>/dev/null # it may have ended by itself
	wait "$machine" 2>/dev/null
	machine=
}
trap 'stop; chmod -R u+rwX "$scratch"; rm -rf "$scratch"' EXIT

slirp="user,id=n0,restrict=on,net=10.77.0.0/24,host=10.77.0.1"
qemu-system-x86_64 -M microvm,acpi=off -accel tcg -cpu max -m 128 -nodefaults \
	-global virtio-mmio.force-legacy=false -no-user-config -display none \
	-serial file:console.txt -no-reboot -kernel "$image" \
	-netdev "$slirp,hostfwd=tcp:127.0.0.1:$port-10.77.0.2:80" \
	-append "ip=10.77.0.2/24 gateway=10.77.0.1 token=$token" \
	-device virtio-net-device,netdev=n0 -device isa-debug-exit,iobase=0xf4,iosize=4 \
	>qemu.txt 2>&1 </dev/null &
machine=$!

# says TEXT: waits for it on the console.
says() {
	for _ in $(seq 400); do
		grep -q -F -- "$1" console.txt 2>/dev/null && return 0
		sleep 0.05
	done
	cat qemu.txt console.txt
	return 1
}
ok "the image serves" says "respin: ready 10.77.0.2"
url=http://127.0.0.1:$port/count.git
run curl -s -m 20 "http://127.0.0.1:$port/"
contains "a page says what" "$out" "git clone http://ADDRESS/count.git"

quiet() {
	timeout 60 git "$@"
}
whole() {
	git -C "$1" fsck --full --strict 2>&1
}
sleep 3
run quiet clone -q "$url" clone
exits "its table is cloned from it" 0
is "whole" "$(whole clone)" ""
first=$(git -C clone rev-list --count HEAD)
ok "with its history" [ "$first" -ge 2 ]
contains "that tells what happened" "$(git -C clone log -1 --format='%an: %s')" "counter: counter "
sleep 2
run quiet -C clone pull -q
exits "the clone follows as it lives on" 0
ok "to newer commits" [ "$(git -C clone rev-list --count HEAD)" -gt "$first" ]
is "whole" "$(whole clone)" ""

echo 7000000 >clone/count/999
git -C clone add -A && git -C clone commit -q -m "a large one"
run timeout 60 git -C clone push "http://x:$token@127.0.0.1:$port/count.git" primary
exits "a push is taken" 0
contains "and what won is told" "$err" "remote: count/999: yours won"
ok "on the console, too" says "10.77.0.1 count: push merged"
run quiet clone -q --depth 1 "$url" shallow
exits "a shallow clone" 0
is "has it" "$(cat shallow/count/999)" 7000000
run timeout 60 git -C clone push "$url" primary
ok "without the token there is no push" [ "$status" -ne 0 ]

seq 6 | xargs -P 6 -I N timeout 120 git clone -q "$url" at-once.N
is "clones at the same time are whole" \
	"$(for i in $(seq 6); do [ -d "at-once.$i" ] && whole "at-once.$i" && echo "$i"; done | wc -l)" 6
run timeout 300 python3 "$top/tests/guest/git_abuse.py" "$port" count
exits "nonsense, slow clients and floods: it goes on serving" 0
printf '%s\n' "$out" "$err" | sed 's/^/# /'
run quiet -C clone pull -q --no-rebase
exits "and the clone follows" 0
is "whole" "$(whole clone)" ""
lacks "there was no panic" "$(cat console.txt)" "panic"
ok "the image lives" kill -0 "$machine"

finish
