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

# Under sanitizers (make check SAN=1) all of our code is, too, in a short form: nothing of a control,
# the ablation or the full tables, which judge fields and not code, and a few kills instead of many.
case $RESPIN_BUILD in
*/san) sanitizers=-fsanitize=address,undefined short=1 ;;
*) sanitizers='' short='' ;;
esac

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
		"$CC" -std=gnu11 -Wall -Wextra -Wshadow -Werror ${sanitizers:+"$sanitizers" \
			-fno-sanitize-recover=undefined} "$@" "$unikernel"/hash/*.c "$unikernel"/table/*.c \
			"$unikernel"/tcp/*.c "$top"/tests/tcp/*.c "$top/tests/tcp/guest/apps.c" "lwip-$name"/*.o \
			-lnettle -lz -o "$name"
}
ok "the journal compiles with lwIP" host plain -fsanitize=address
ok "and with timestamps (RFC 7323)" host stamps -DLWIP_TCP_TIMESTAMPS=1
[ "$failed" = 0 ] || finish

ip netns add "respin-tcp-$$" || skip_all "no network namespaces"
ip netns del "respin-tcp-$$"
clean() {
	for space in $(ip netns list | grep -o "^respin-tcp-$$-[a-z0-9_]*"); do
		ip netns pids "$space" | xargs -r kill -KILL
		ip netns del "$space"
	done
	rm -rf "$scratch"
}
trap clean EXIT

# begin NAME HOST SCENARIO [ARGUMENT...]: in the background, in a namespace and folder of its own.
begin() {
	name=$1 program=$PWD/$2 space=respin-tcp-$$-$1
	shift 2
	mkdir "run-$name"
	ip netns add "$space"
	ip netns exec "$space" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	{
		timeout 300 ip netns exec "$space" python3 -B "$top/tests/tcp/drive.py" "$program" \
			"run-$name" "$@" >"$name.out" 2>&1 && result=0 || result=$?
		echo "$result" >"$name.result"
	} &
}
# drive NAME: waits for it; says what it said, and ends as it did.
drive() {
	until [ -f "$1.result" ]; do sleep 0.1; done
	rm -rf "run-$1"
	cat "$1.out"
	case $(cat "$1.result") in
	0) ;;
	124) echo "$1 does not end" && return 2 ;;
	*) return 1 ;;
	esac
}
# fails COMMAND...: because of what it judged, not for want of time.
fails() {
	"$@" && return 1
	[ $? = 1 ]
}
# told WHAT COMMAND...: as ok, and what the command says is shown.
told() {
	before=$failed
	ok "$@"
	[ "$failed" -gt "$before" ] || sed 's/^/# /' "$scratch/.ok"
}

kills=${short:+5} kills=${kills:-50} stale=${short:+3} stale=${stale:-9}
begin life plain life
begin joined plain joined
begin kills stamps kills "$kills"
begin plain_kills plain kills 10
begin lossy stamps kills "$kills" --loss 20
told "git log tells a connection's life" drive life
ok "counters tell of the steps that are with them" drive joined
told "$kills kills, and each byte is right" drive kills
told "without timestamps, too" drive plain_kills
told "$kills kills with 2 % of all frames lost each way" drive lossy

begin many stamps many 100 3
begin closing plain closing
begin flags plain flags
begin opening plain opening
begin stale stamps stale "$stale"
told "100 connections at once, 3 kills" drive many
ok "every state before CLOSED is resumed and ends well" drive closing
ok "so do the flags that are seldom set" drive flags
ok "what is not open, or not resumable, ends cleanly" drive opening
told "stale journals are found out: a reset, no hang, no wrong byte" drive stale
[ -z "$short" ] || finish

begin without_commit stamps without_commit
begin no_rx_closed plain closing --leave-out rx_closed
begin no_fin_held plain closing --leave-out fin_held
begin bounds stamps bounds
ok "frames that leave before the journal is written do harm" drive without_commit
ok "a state that is resumed needs to know who has let go of it" fails drive no_rx_closed
ok "and that a FIN waits behind refused bytes" fails drive no_fin_held
ok "full tables mean what they should" drive bounds
begin ablation stamps ablation
told "a field is in a value where a connection can't do without" drive ablation
finish
