#!/bin/sh
# The examples that keep state, as their READMEs have them: every check passes, and git can read what
# is left. static-site is in try.sh and workflow.sh.
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

project

# example NAME: all of its checks, each a test here.
example() {
	cd "$scratch/project/examples/$1" || exit 1
	run respin --json check "$1"
	exits "$1: every check passes" 0
	is "$1: none fails" "$(printf '%s' "$out" | python3 -c '
import json, sys
for c in json.load(sys.stdin)["checks"]:
	if c["result"] != "pass":
		print(c["name"], c["why"])')" ""
}
sound() {
	for repository in "$@"; do
		git -C "$repository" fsck --strict || return 1
	done
}

example nat-gateway
run respin state show last nat nat/udp/30/7777
contains "the run's state has a mapping" "$out" "inside 192.168.1.2:7777"
run respin state show .respin/runs/*/disk.img nat nat/udp/30/7777
exits "the disk's can be read, too" 0
contains "and has the same" "$out" "inside 192.168.1.2:7777"
lacks "but not what no image serves" "$(respin state log .respin/runs/*/disk.img)" "payload"
run respin state clone last nat clone
exits "it can be cloned" 0
ok "and the clone is sound" sound clone
ok "as is all that was kept" sound .respin/runs/*/state/*.git

example arp-nodes
ok "all ten histories are sound" sound .respin/runs/*/state/*.git .respin/runs/*/state/*/*.git
is "of ten nodes" "$(find .respin/runs/*/state -name arp.git | wc -l)" 10
run respin state log --machine 10 last arp
contains "each begins with an empty cache" "$out" "Arp.create: Initial empty cache"
contains "and has neighbours" "$out" "entry added: 192.168.252."
run respin state show last arp 'arp/192.168.252.*'
contains "an entry is a file" "$out" "mac 52:54:00:12:34:"
finish
