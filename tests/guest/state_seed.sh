#!/bin/sh
# Images that pull their state from git servers before they are ready, and push it to one: stock
# servers behind an ordinary web server, each other, and servers that are none.
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

PATH=$PATH:/usr/sbin
[ "$(id -u)" = 0 ] || skip_all "needs root: network namespaces and tap interfaces"
for program in ip ping git lighttpd python3 qemu-system-x86_64; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
[ -c /dev/net/tun ] || skip_all "there is no /dev/net/tun"

seeded_image

# A wire with this machine, 10.77.0.1, and two images.
space=respin-seed-$$
pids=
stop() {
	for pid in $pids; do
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	pids=
}
ip netns add "$space" || skip_all "no network namespaces"
trap 'stop; ip netns pids "$space" | xargs -r kill -KILL; ip netns del "$space"
	chmod -R u+rwX "$scratch"; rm -rf "$scratch"' EXIT
in_space() {
	ip netns exec "$space" "$@"
}
in_space sysctl -qw net.ipv6.conf.all.disable_ipv6=1
in_space ip link set lo up
in_space ip link add wire type bridge
in_space ip address add 10.77.0.1/24 dev wire
in_space ip link set wire up
for tap in 2 3; do
	in_space ip tuntap add "tap$tap" mode tap
	in_space ip link set "tap$tap" master wire up
done

# boot NUMBER WORDS: an image with the address 10.77.0.NUMBER, in the background.
boot() {
	: >"console.$1"
	ip netns exec "$space" qemu-system-x86_64 -M microvm,acpi=off -accel tcg -cpu max -m 96 -nodefaults \
		-global virtio-mmio.force-legacy=false -no-user-config -display none \
		-serial "file:console.$1" -no-reboot -kernel "$image" \
		-append "ip=10.77.0.$1/24 $2" \
		-object "filter-dump,id=dump,netdev=n0,file=wire.$1" \
		-netdev "tap,id=n0,ifname=tap$1,script=no,downscript=no,vnet_hdr=off" \
		-device "virtio-net-device,netdev=n0,mac=52:54:00:00:00:0$1" \
		-device isa-debug-exit,iobase=0xf4,iosize=4 >"qemu.$1" 2>&1 </dev/null &
	machine=$!
	pids="$pids $machine"
}
# halt: ends the last machine.
halt() {
	kill -KILL "$machine"
	wait "$machine" 2>/dev/null
}
# says NUMBER TEXT [SECONDS]
says() {
	for _ in $(seq "$((${3:-20} * 20))"); do
		grep -q -F -- "$2" "console.$1" && return 0
		sleep 0.05
	done
	cat "console.$1"
	return 1
}
told() {
	tr -d '\r' <"console.$1"
}

# listens PORT: waits until somebody does.
listens() {
	for _ in $(seq 200); do
		ip netns exec "$space" ss -Hltn "sport = :$1" | grep -q . && return 0
		sleep 0.05
	done
	return 1
}

# git's own server side, for whoever shows the token; and for everybody, with pushing.
token=seed.0123456789abcdefghij
printf 'x:%s\n' "$token" >users
cat >web.conf <<END
server.document-root = "$scratch"
server.port = 8080
server.bind = "10.77.0.1"
server.modules = ("mod_alias", "mod_cgi", "mod_setenv", "mod_auth", "mod_authn_file")
server.stream-request-body = 0
auth.backend = "plain"
auth.backend.plain.userfile = "$scratch/users"
alias.url = ("/git/" => "$(git --exec-path)/git-http-backend/",
	"/closed/" => "$(git --exec-path)/git-http-backend/")
\$HTTP["url"] =~ "^/closed/" {
	auth.require = ("" => ("method" => "basic", "realm" => "state", "require" => "valid-user"))
}
\$HTTP["url"] =~ "^/(git|closed)/" {
	cgi.assign = ("" => "")
	setenv.add-environment = ("GIT_PROJECT_ROOT" => "$scratch/served", "GIT_HTTP_EXPORT_ALL" => "1",
		"REMOTE_USER" => "tester")
}
END
mkdir -p served/one served/two served/push served/odd
for at in one two push odd; do
	git init -q --bare -b primary "served/$at/arp.git"
done
ip netns exec "$space" lighttpd -D -f web.conf >web.log 2>&1 &
pids="$pids $!"
listens 8080
url=http://10.77.0.1:8080/git

# seed REPOSITORY LAST-BYTE:MAC-BYTE:SECONDS...: neighbours that expire so long from now.
seed() {
	repository=$1
	shift
	rm -rf work && git clone -q "$repository" work 2>/dev/null
	mkdir -p work/arp
	for entry in "$@"; do
		last=${entry%%:*} rest=${entry#*:}
		printf 'mac 02:00:00:00:00:%s\nstate dynamic\nexpires %s.000Z\n' "${rest%:*}" \
			"$(date -u -d "+${rest#*:} seconds" +%Y-%m-%dT%H:%M:%S)" >"work/arp/10.77.0.$last"
	done
	git -C work add -A && git -C work commit -q -m seed && git -C work push -q origin HEAD:primary
}
# what a clone has of one neighbour
mac_of() {
	sed -n 's/^mac //p' "$1/arp/10.77.0.$2"
}
whole() {
	git -C "$1" fsck --full --strict 2>&1 | grep -v -e '^dangling' -e '^notice'
}
clone() {
	rm -rf "$2" && timeout 60 ip netns exec "$space" git clone -q "$1" "$2"
}
seed served/one/arp.git 20:01:3000 21:01:4000 22:01:3500
seed served/two/arp.git 21:02:3000 22:02:3900 23:02:3500
serve="git.port=9418 arp.read=open arp.lifetime=3600"

# Two repositories, in either order.
for order in "one two" "two one"; do
	first=${order% *} second=${order#* }
	boot 2 "$serve state.pull=$url/$first/arp.git,$url/$second/arp.git"
	ok "an image pulls from $first and $second" says 2 "respin: ready 10.77.0.2"
	is "and says what came of it before it is ready" "$(told 2 | grep -e entries -e ready)" \
		"respin: arp: 3 entries from $url/$first/arp.git (0 ours, 3 theirs)
respin: arp: 3 entries from $url/$second/arp.git (1 ours, 2 theirs)
respin: ready 10.77.0.2"
	sleep 1
	ok "its state can be cloned" clone http://10.77.0.2:9418/arp.git "clone.$first"
	is "whole" "$(whole "clone.$first")" ""
	is "the later expiry has won" "$(for i in 20 21 22 23; do mac_of "clone.$first" $i; done)" \
		"02:00:00:00:00:01
02:00:00:00:00:01
02:00:00:00:00:02
02:00:00:00:00:02"
	contains "the history tells of the seeds" "$(git -C "clone.$first" log --format=%s)" \
		"Merge seed repository"
	ok "and leads to both" git -C "clone.$first" cat-file -e "$(git -C "served/$first/arp.git" rev-parse primary)"
	halt
done

# A warm cache: the first packet to a neighbour needs no question.
boot 2 "$serve send=10.77.0.20 state.pull=$url/one/arp.git"
ok "an image with a seed sends" says 2 "guest: sent to 10.77.0.20"
sleep 1
# What the image has sent: questions for 10.77.0.20, and the datagram's destination.
is "to the address of the seed, without a question" "$(python3 - wire.2 <<'END'
import struct, sys
data, at = open(sys.argv[1], "rb").read(), 24
while at + 16 <= len(data):
    n = struct.unpack("<I", data[at + 8 : at + 12])[0]
    frame = data[at + 16 : at + 16 + n]
    at += 16 + n
    if frame[6:12].hex() != "525400000002":
        continue
    if frame[12:14] == b"\x08\x06" and frame[38:42] == bytes([10, 77, 0, 20]):
        print("a question")
    if frame[12:14] == b"\x08\x00" and frame[23] == 17 and frame[36:38] == b"\0\x09":
        print("a datagram for", frame[:6].hex(":"))
END
)" "a datagram for 02:00:00:00:00:01"

# The other image is seeded from this one, which lives.
other=$machine
boot 3 "$serve state.pull=http://10.77.0.2:9418/arp.git"
ok "an image pulls from another" says 3 "respin: ready 10.77.0.3"
contains "and says so" "$(told 3)" "entries from http://10.77.0.2:9418/arp.git ("
sleep 1
ok "what that one has" clone http://10.77.0.3:9418/arp.git from.image
is "is here" "$(mac_of from.image 20)" "02:00:00:00:00:01"
is "whole" "$(whole from.image)" ""
halt
machine=$other
halt

# Tokens, folders, servers that do not answer.
boot 2 "$serve state.pull=http://x:$token@10.77.0.1:8080/closed/one"
ok "a folder has NAME.git for each store" says 2 "respin: ready"
contains "with a token it opens" "$(told 2)" \
	"respin: arp: 3 entries from http://10.77.0.1:8080/closed/one/arp.git (0 ours, 3 theirs)"
lacks "which the console never has" "$(told 2)" "$token"
halt
boot 2 "$serve state.pull=http://x:not.$token@10.77.0.1:8080/closed/one,http://10.77.0.1:8080/closed/two/arp.git,$url/two"
ok "wrong ones are no reason not to boot" says 2 "respin: ready"
is "but are told" "$(told 2 | grep 'arp:')" \
	"respin: arp: nothing from http://10.77.0.1:8080/closed/one/arp.git: the server takes another token: 401 Unauthorized
respin: arp: nothing from http://10.77.0.1:8080/closed/two/arp.git: the server wants a token: 401 Unauthorized
respin: arp: 3 entries from $url/two/arp.git (0 ours, 3 theirs)"
halt
ip netns exec "$space" python3 -c 'import socket
s, silent = socket.create_server(("10.77.0.1", 81)), []
while True: silent.append(s.accept())' &
pids="$pids $!"
listens 81
from=$(date +%s%N)
boot 2 "$serve state.pull=http://10.77.0.1:82/,http://10.77.0.1:81/x,http://10.77.0.99/y,$url/two state.pull.seconds=4"
ok "dead servers are no reason, either" says 2 "respin: ready"
took=$((($(date +%s%N) - from) / 1000000))
ok "they hold up the boot for the time that was allowed ($took ms)" [ "$took" -lt 12000 ]
is "each is told" "$(told 2 | grep 'arp:')" \
	"respin: arp: nothing from http://10.77.0.1:82/arp.git: no connection to 10.77.0.1
respin: arp: nothing from http://10.77.0.1:81/x/arp.git: the answer did not come in time
respin: arp: nothing from http://10.77.0.99/y/arp.git: no connection in time
respin: arp: 3 entries from $url/two/arp.git (0 ours, 3 theirs)"
halt

# nonsense NAME TEXT: what is served as odd/arp.git changes nothing; TEXT is told.
nonsense() {
	boot 2 "$serve state.pull=${3:-$url/odd}"
	ok "$1: the image boots" says 2 "respin: ready"
	contains "and tells why there is no seed" "$(told 2 | grep 'arp: nothing')" "$2"
	sleep 0.5
	ok "and its table is as it was" clone http://10.77.0.2:9418/arp.git odd.clone
	is "... empty but for the server's own entry" \
		"$(find odd.clone/arp -type f 2>/dev/null | grep -v '/10.77.0.1$')" ""
	halt
}
commit_odd() {
	git -C odd add -A && git -C odd commit -q -m odd && git -C odd push -q -f origin HEAD:primary
}
nonsense "an empty repository" "the repository has no commits"
rm -rf odd && git init -q -b primary odd && git -C odd remote add origin "$scratch/served/odd/arp.git"
mkdir odd/arp && echo "I am no entry" >odd/arp/10.77.0.30 && commit_odd
nonsense "a string for a value" "refused: arp/10.77.0.30"
rm -r odd/arp && mkdir odd/nat && echo x >odd/nat/y && commit_odd
nonsense "a repository of another kind" "refused: nat"
rm -r odd/nat && mkdir odd/arp && head -c 3000000 /dev/urandom >odd/arp/10.77.0.30 && commit_odd
nonsense "a huge value" "the pack is wrong: an object is too large"
rm odd/arp/* && for i in $(seq 3000); do echo "$i" >"odd/arp/$i"; done && commit_odd
nonsense "more objects than the table could hold" "the pack is wrong: "
nonsense "a page for people" "404" http://10.77.0.1:8080/
# answers ANSWER...: a server that says the same to everybody
answers() {
	ip netns exec "$space" python3 -c 'import socket, sys
s = socket.create_server(("10.77.0.1", int(sys.argv[1])), reuse_port=True)
while True:
	c = s.accept()[0]
	c.recv(4096)
	c.sendall(sys.argv[2].encode().decode("unicode_escape").encode("latin-1"))
	c.close()' "$1" "$2" &
	pids="$pids $!"
	listens "$1"
}
answers 83 'HTTP/1.1 302 Found\r\nLocation: http://10.77.0.1:8080/git/one/arp.git/\r\n\r\n'
nonsense "a redirect" "the server sends us elsewhere: 302 Found" http://10.77.0.1:83/
answers 84 'SSH-2.0-OpenSSH\r\n'
nonsense "no web server" "this is no web server" http://10.77.0.1:84/
answers 85 'HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n001e# serv'
nonsense "a server that hangs up" "the list of the server's branches is not whole" http://10.77.0.1:85/

# Pushing.
boot 2 "$serve state.push=$url/push state.push.seconds=1 state.pull=$url/one"
ok "an image pushes" says 2 "respin: arp: pushed to $url/push/arp.git"
is "the server has its history" "$(git -C served/push/arp.git log --format=%s primary | grep -c 'Merge seed')" 1
is "whole" "$(whole served/push/arp.git)" ""
pushed_on() {
	for _ in $(seq 200); do
		[ "$(git -C served/push/arp.git rev-parse primary)" != "$before" ] && return 0
		sleep 0.1
	done
	return 1
}
seed served/push/arp.git 40:04:3000
before=$(git -C served/push/arp.git rev-parse primary)
in_space ip address add 10.77.0.50/24 dev wire
in_space ping -q -c 1 -W 5 -I 10.77.0.50 10.77.0.2 >ping.log # a neighbour that it learns
ok "it pushes again when something has changed" pushed_on
ok "its state can be cloned" clone http://10.77.0.2:9418/arp.git pushed.clone
is "what somebody else has pushed there was merged first" "$(mac_of pushed.clone 40)" "02:00:00:00:00:04"
is "whole" "$(whole served/push/arp.git)" ""
ok "nothing of theirs is lost" git -C served/push/arp.git merge-base --is-ancestor "$before" primary
halt
boot 2 "$serve state.push=$url/none/arp.git state.push.seconds=1"
ok "a push that fails is told" says 2 "respin: arp: not pushed to $url/none/arp.git: the server says: 404 Not Found"
sleep 3
is "once" "$(told 2 | grep -c 'not pushed')" 1
halt

# Options that make no sense.
# refuses WORDS TEXT
refuses() {
	boot 2 "$1"
	ok "$1: the image says why" says 2 "respin: refused: $2"
	wait "$machine"
}
refuses "state.pull=ftp://10.77.0.1/x" "state.pull=: URL 1: expected http://"
refuses "state.pull=http://10.77.0.1/x,http://name.example/x" "state.pull=: URL 2: expected http://"
refuses "state.pull=http://10.77.0.1/other.git" "state.pull=: URL 1: there is no store other.git"
refuses "state.push=http://10.77.0.1/x,http://10.77.0.1/y" "state.push=: more than 1 URLs"
refuses "state.pull.seconds=0" "state.pull.seconds=0: expected 1 to 600 seconds"
refuses "state.push.seconds=soon" "state.push.seconds=soon: expected a decimal number"

finish
