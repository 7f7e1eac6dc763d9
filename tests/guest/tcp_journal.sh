#!/bin/sh
# The TCP journal under lwIP as a process: a machine that is killed at any time, and a peer - this
# machine's own TCP, in a network namespace - that must not notice.
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root: network namespaces and tap interfaces"
for program in ip python3 git "${CC:=cc}"; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
[ -c /dev/net/tun ] || skip_all "there is no /dev/net/tun"
run respin -C "$top" fetch lwip
[ "$status" = 0 ] || skip_all "lwIP's source can't be had: $err"
lwip=$(find "$top/.respin/sources" -maxdepth 1 -name 'lwip-2*' | head -1)/src
unikernel=$top/src/unikernel

# host NAME FLAG...: lwIP and the journal as a program.
host() {
	name=$1
	shift
	mkdir -p "lwip-$name"
	set -- "$@" -D_GNU_SOURCE -DLWIP_ARP=1 -g -O1 -I "$top/tests/tcp" -I "$top/tests/tcp/guest" \
		-I "$top/recipes/lwip/config" -I "$unikernel/lwip" -I "$unikernel/tcp" -I "$unikernel/table" \
		-I "$unikernel/hash" -isystem "$lwip/include"
	(cd "lwip-$name" && "$CC" -c -w -fno-strict-aliasing "$@" "$lwip"/core/*.c "$lwip"/core/ipv4/*.c \
		"$lwip"/netif/ethernet.c) &&
		"$CC" -std=gnu11 -Wall -Wextra -Wshadow -Werror "$@" "$unikernel"/hash/*.c \
			"$unikernel"/table/*.c "$unikernel"/tcp/*.c "$top"/tests/tcp/*.c "$top/tests/tcp/guest/apps.c" "lwip-$name"/*.o \
			-lnettle -lz -o "$name"
}
ok "the journal compiles with lwIP" host plain -fsanitize=address
ok "and with timestamps (RFC 7323)" host stamps -DLWIP_TCP_TIMESTAMPS=1
[ "$failed" = 0 ] || finish

space=respin-tcp-$$
ip netns add "$space" || skip_all "no network namespaces"
trap 'ip netns pids "$space" | xargs -r kill -KILL; ip netns del "$space"; rm -rf "$scratch"' EXIT
ip netns exec "$space" sysctl -qw net.ipv6.conf.all.disable_ipv6=1

# drive HOST SCENARIO [ARGUMENT...]: in a folder of its own, the taps of the last one removed.
drive() {
	program=$PWD/$1
	shift
	for tap in $(ip netns exec "$space" ls /sys/class/net); do
		case $tap in tap*) ip -n "$space" link del "$tap" ;; esac
	done
	rm -rf run
	mkdir run
	timeout 600 ip netns exec "$space" python3 "$top/tests/tcp/drive.py" "$program" run "$@"
}
fails() {
	! "$@"
}
# told WHAT COMMAND...: as ok, and what the command says is shown.
told() {
	ok "$@"
	sed 's/^/# /' "$scratch/.ok"
}

ok "git log tells a connection's life" drive plain life
told "50 kills, and each byte is right" drive stamps kills 50
told "without timestamps, too" drive plain kills 10
told "50 kills with 2 % of all frames lost each way" drive stamps kills 50 --loss 20
ok "frames that leave before the journal is written do harm" drive stamps without_commit
ok "every state before CLOSED is resumed and ends well" drive plain closing
ok "which needs to know who has let go of it" fails drive plain closing --leave-out rx_closed
ok "and that a FIN waits behind refused bytes" fails drive plain closing --leave-out fin_held
ok "what is not open, or not resumable, ends cleanly" drive plain opening
ok "so do the flags that are seldom set" drive plain flags
ok "full tables mean what they should" drive stamps bounds
told "stale journals are found out: a reset, no hang, no wrong byte" drive stamps stale 9
told "a field is in a value where a connection can't do without" drive stamps ablation
finish
