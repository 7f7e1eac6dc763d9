#!/bin/sh
# An operator and the running gateway, by git alone: a clone, an edit that is pushed and works, and
# what is refused. Speaks TAP. Runs on the host inside.
set -u
url=http://$RESPIN_ADDRESS:9418
token=an-operator-of-the-example
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME="$scratch" LC_ALL=C
export GIT_AUTHOR_NAME=operator GIT_AUTHOR_EMAIL=operator@example.org
export GIT_COMMITTER_NAME=operator GIT_COMMITTER_EMAIL=operator@example.org
count=0

# ok NAME COMMAND...
ok() {
	what=$1
	shift
	count=$((count + 1))
	if "$@" >.out 2>&1; then
		echo "ok $count - $what"
	else
		echo "not ok $count - $what"
		sed 's/^/# /' .out | head -20
	fi
}
fails() { ! "$@"; }
in_nat() { git -C nat "$@"; }
# push STORE [TOKEN]: what the operator's terminal shows is in push.txt.
push() {
	git -C "$1" -c http.extraHeader="Authorization: Bearer ${2-$token}" push origin primary >push.txt 2>&1
	pushed=$?
	cat push.txt
	return $pushed
}
commit() { git -C "$1" add -A && git -C "$1" commit -q -m "$2"; }

ok "the gateway's table can be cloned" git clone -q "$url/nat.git" nat
ok "and is sound" in_nat fsck --strict
mkdir -p nat/nat/forward/tcp
echo "inside $RESPIN_HOST:9091" >nat/nat/forward/tcp/9090
commit nat "forward 9090 to the inside host"
ok "without the token a push is refused" fails push nat no-such-token-as-this-one
ok "with it the table takes the new forward" push nat
ok "and says so on the operator's terminal" grep -q '^remote: .*nat/forward/tcp/9090' push.txt
python3 -m http.server --bind "$RESPIN_HOST" 9091 >server.txt 2>&1 &
server=$!
for _ in $(seq 100); do
	curl -s -o .page "http://$RESPIN_HOST:9091/" && break
	sleep 0.1
done
ok "which works at once, from outside" nsenter --net="$RESPIN_SPACE0" curl -sS -m 10 -o .page \
	"http://$RESPIN_ADDRESS0:9090/"
kill "$server"; sed "s/^/# /" server.txt
ok "the table lives on, and is pulled as a fast forward" in_nat pull -q --ff-only
ok "its history tells of the push" sh -c 'git -C nat log --format=%s | grep -q "Nat.push: Merge pushed changes"'

echo "inside nowhere" >nat/nat/forward/tcp/9092
commit nat "a mistake"
ok "what makes no sense is refused" fails push nat
ok "with the path and the reason" grep -q 'nat/forward/tcp/9092' push.txt
in_nat reset -q --hard origin/primary
echo "inside 8.8.8.8:53" >nat/nat/forward/tcp/9200
commit nat "a forward to somebody else's host"
ok "so is a forward out of the inside network" fails push nat
ok "with the reason" grep -q 'nat/forward/tcp/9200: the target is no host of the inside network' push.txt
in_nat reset -q --hard origin/primary
echo "inside $RESPIN_HOST:80" >nat/nat/forward/udp/68
commit nat "a forward of a port that DHCP needs"
ok "and one of a port of the gateway's own" fails push nat
ok "with that reason" grep -q 'nat/forward/udp/68: the port is our own' push.txt
in_nat reset -q --hard origin/primary
echo "inside $RESPIN_HOST:9999" >nat/nat/tcp-by-hand
commit nat "a file of the operator's own"
ok "so is a path that is none of the table's" fails push nat
in_nat reset -q --hard origin/primary
ok "nobody reads the gateway's own connections" fails git clone -q "$url/tcp.git" tcp
curl -sS -m 10 -o tcp.txt "$url/tcp.git/info/refs?service=git-upload-pack"
ok "because the store is closed" grep -q "closed to reading" tcp.txt
outside() { nsenter --net="$RESPIN_SPACE0" curl -sS -m 3 -o .page "http://$RESPIN_ADDRESS0:9418/"; }
ok "outside, git is not served at all" fails outside
echo "1..$count"
