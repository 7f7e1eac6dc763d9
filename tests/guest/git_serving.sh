#!/bin/sh
# A machine's tables, served to stock git clients: cloned, pulled, pushed to, cut off, refused.
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

for program in git curl python3; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
port=$((20000 + $$ % 12000)) # below those that the system gives out
host=127.0.0.1:$port
url=http://$host
arp_write=arp-write-0123456789abcdef
nat_read=nat-read-0123456789abcdef
nat_write=nat-write-0123456789abcdef
nat_part=nat-part-0123456789abcdef
tcp_read=tcp-read-0123456789abcdef

machine=
start() {
	mkfifo commands
	: >said.txt
	exec 9<>commands
	machine "$port" arp:open:token nat:token:token tcp:token:closed "arp:write:$arp_write" \
		"nat:read:$nat_read" "nat:write:$nat_write" "nat:write:$nat_part:nat/tcp/" \
		"tcp:read:$tcp_read" <&9 >said.txt 2>log.txt &
	machine=$!
	for _ in $(seq 200); do
		curl -s -o page -D headers "$url/" && return 0
		sleep 0.05
	done
	cat log.txt
	return 1
}
stop() {
	[ -n "$machine" ] || return 0
	kill "$machine" 2>/dev/null
	wait "$machine" 2>/dev/null
	machine=
}
trap 'stop; chmod -R u+rwX "$scratch"; rm -rf "$scratch"' EXIT

# tell COMMAND...: has the machine do it, and waits until it is done; what it says is in $said.
tell() {
	told=$(grep -c '^done$' said.txt)
	echo "$*" >&9
	for _ in $(seq 400); do
		[ "$(grep -c '^done$' said.txt)" -gt "$told" ] && break
		sleep 0.02
	done
	said=$(awk -v told="$told" '/^done$/ { n++; next } n == told' said.txt)
}
# entries TABLE: its entries, sorted
entries() {
	tell list "$1"
	printf '%s\n' "$said" | sort
}
# files CLONE TABLE: the same of a clone
files() {
	(cd "$1/$2" && find . -type f | sed 's/^..//' | sort | while read -r f; do echo "$f $(cat "$f")"; done)
}
# whole CLONE: has all its objects, well-formed, and no others than git makes
whole() {
	git -C "$1" fsck --full --strict 2>&1
}
quiet() {
	timeout 30 git "$@"
}
subjects() {
	git -C "$1" log --format=%s
}

ok "a machine serves" start

# ---- what is there ------------------------------------------------------------------------------
contains "the page names the stores" "$(cat page)" "git clone http://ADDRESS/arp.git"
contains "as plain text" "$(cat headers)" "text/plain"
contains "that stays plain text" "$(cat headers)" "X-Content-Type-Options: nosniff"
lacks "and is for no other site's pages" "$(cat headers)" "Access-Control"
# asked PATH [OPTION...]: the status
asked() {
	path=$1
	shift
	curl -s -m 10 -o body -w '%{http_code}' --path-as-is "$@" "$url$path"
}
is "an object is not served by itself" "$(asked /arp.git/objects/info/packs)" 403
contains "and the answer says what is" "$(cat body)" "git clone"
is "nor is the old protocol" "$(asked /arp.git/info/refs)" 403
is "no store, no answer" "$(asked "/etc.git/info/refs?service=git-upload-pack")" 404
is "nothing lies above" "$(asked /../arp.git/HEAD)" 400
is "not by another spelling" "$(asked /%2e%2e/arp.git/HEAD)" 400
is "a method of others is refused" "$(asked /arp.git/info/refs -X DELETE)" 405
is "a name that is not the machine's is refused" "$(asked / -H 'Host: evil.example')" 421

# ---- cloning ------------------------------------------------------------------------------------
tell create arp
run quiet clone "$url/arp.git" empty
exits "an empty table can be cloned" 0
tell put arp 10.0.0.1 02:00:00:00:00:01
tell put arp 10.0.0.2 02:00:00:00:00:02
tell put arp 10.0.0.3 02:00:00:00:00:03
run quiet clone "$url/arp.git" first
exits "a table is cloned" 0
is "the clone is whole" "$(whole first)" ""
is "and has the table's entries" "$(files first arp)" "$(entries arp)"
is "each change is a commit" "$(subjects first)" "entry set: 10.0.0.3 -> 02:00:00:00:00:03
entry set: 10.0.0.2 -> 02:00:00:00:00:02
entry set: 10.0.0.1 -> 02:00:00:00:00:01
initial empty table"
is "by the component" "$(git -C first log -1 --format=%an)" arp
ok "the empty clone follows" quiet -C empty pull -q
is "to the same commit" "$(git -C empty rev-parse HEAD)" "$(git -C first rev-parse HEAD)"

tell put arp 10.0.0.4 02:00:00:00:00:04
tell branch arp expire_1429688374.601896 10.0.0.1
tell put arp 10.0.0.5 02:00:00:00:00:05
run quiet -C first pull
exits "a clone follows as it lives on" 0
is "and is whole" "$(whole first)" ""
is "and has the new entries" "$(files first arp)" "$(entries arp)"
contains "branches are told of" "$(git -C first branch -r)" "origin/expire_1429688374.601896"
ok "a clone that is current stays as it is" quiet -C first pull -q

tell many arp 400
ok "longer histories follow, too" quiet -C first pull -q
is "whole" "$(whole first)" ""
run quiet clone -q "$url/arp.git" second
is "and are cloned" "$(git -C second rev-parse HEAD)" "$(git -C first rev-parse HEAD)"
is "whole" "$(whole second)" ""
is "with all commits" "$(git -C second rev-list --all --count)" "$(git -C first rev-list --all --count)"
ok "in a pack that is small" [ "$(du -sk second/.git/objects/pack | cut -f1)" -lt 300 ]
is "what git makes of the same history has the same names" \
	"$(git -C second fast-export --all | { git init -q again && git -C again fast-import --quiet; git -C again rev-parse refs/remotes/origin/primary; })" \
	"$(git -C second rev-parse origin/primary)"

# ---- shallow clones -----------------------------------------------------------------------------
run quiet clone -q --depth 1 "$url/arp.git" shallow
exits "the newest state alone can be cloned" 0
is "it is one commit" "$(git -C shallow rev-list --count HEAD)" 1
is "whole" "$(whole shallow)" ""
is "with all entries" "$(files shallow arp)" "$(entries arp)"
tell put arp 10.0.0.6 02:00:00:00:00:06
ok "it follows" quiet -C shallow pull -q
is "by what is new" "$(git -C shallow rev-list --count HEAD)" 2
ok "and can be deepened" quiet -C shallow fetch -q --depth 20
is "to the depth that is asked for" "$(git -C shallow rev-list --count origin/primary)" 20
is "whole" "$(whole shallow)" ""
ok "to the end" quiet -C shallow fetch -q --unshallow
is "which is all of it" "$(git -C shallow rev-list origin/primary)" \
	"$(quiet -C first fetch -q && git -C first rev-list origin/primary)"
is "whole" "$(whole shallow)" ""
is "other protocols of git's are answered in this one" \
	"$(for v in 0 1 2; do quiet -c protocol.version=$v ls-remote "$url/arp.git" HEAD; done | sort -u | wc -l)" 1

# ---- pushing ------------------------------------------------------------------------------------
write=http://any:$arp_write@$host/arp.git
# push CLONE URL [OPTION...]
push() {
	clone=$1
	shift
	run timeout 30 git -C "$clone" push "$@"
}
# edit CLONE PATH TEXT: commits a change
edit() {
	mkdir -p "$(dirname "$1/$2")"
	echo "$3" >"$1/$2"
	git -C "$1" add -A && git -C "$1" commit -q -m "edit $2"
}
quiet -C second pull -q
edit second arp/10.0.0.9 02:00:00:00:00:09
push second "$write" primary
exits "a push is taken" 0
contains "the client is told what won" "$err" "remote: arp/10.0.0.9: yours won"
contains "the entry is there" "$(entries arp)" "10.0.0.9 02:00:00:00:00:09"
ok "others get it" quiet -C first pull -q
is "as an entry" "$(cat first/arp/10.0.0.9)" 02:00:00:00:00:09
is "whole" "$(whole first)" ""

# The table goes on, the clone does not know of it: no pull is needed before a push.
tell put arp 10.0.0.2 02:00:00:00:00:99
tell put arp 10.0.0.7 02:00:00:00:00:07
tell remove arp 10.0.0.4
edit second arp/10.0.0.2 02:00:00:00:00:22
edit second arp/10.0.0.5 02:00:00:00:00:55
git -C second rm -q arp/10.0.0.6 && git -C second commit -q -m "remove 6"
push second "$write" primary
exits "a push from behind is merged" 0
contains "where both changed, the rule decides" "$err" "remote: arp/10.0.0.2: ours stays"
contains "where one did, it is taken" "$err" "remote: arp/10.0.0.5: yours won"
is "so is the table" "$(entries arp | grep -v many)" "10.0.0.2 02:00:00:00:00:99
10.0.0.3 02:00:00:00:00:03
10.0.0.5 02:00:00:00:00:55
10.0.0.7 02:00:00:00:00:07
10.0.0.9 02:00:00:00:00:09"
run quiet -C second pull -q --no-rebase
exits "and the clone follows" 0
is "to the same entries" "$(files second arp)" "$(entries arp)"
is "whole" "$(whole second)" ""
push second "$write" primary
exits "what is there already can be pushed" 0

ok "a shallow clone" quiet clone -q --depth 1 "$url/arp.git" pusher
edit pusher arp/10.0.1.1 02:00:00:00:01:01
push pusher "$write" primary
exits "can push, too" 0
contains "its entry is there" "$(entries arp)" "10.0.1.1 02:00:00:00:01:01"

before=$(entries arp)
head=$(quiet ls-remote "$url/arp.git" refs/heads/primary)
# refused WHAT STDERR-PART: after a push that must have changed nothing
refused() {
	ok "$1 is refused" [ "$status" -ne 0 ]
	contains "with the reason" "$err" "$2"
	is "and nothing has changed" "$(entries arp)" "$before"
	is "not even the history" "$(quiet ls-remote "$url/arp.git" refs/heads/primary)" "$head"
}
push pusher "$write" primary:other
refused "another branch" "only refs/heads/primary takes pushes"
push pusher "$write" :primary
refused "a removal" "remote ref does not exist"
push pusher "$url/arp.git" primary </dev/null
refused "a push without a token" "could not read Username"
push pusher "http://x:$nat_write@$host/arp.git" primary
refused "a push with a token for another store" "Authentication failed"
edit pusher arp/10.0.1.2 "$(printf 'two\nlines')"
push pusher "$write" primary
refused "an entry that is none" "arp/10.0.1.2"
git -C pusher reset -q --hard HEAD~
edit pusher outside/file x
push pusher "$write" primary
refused "a file outside" "outside"
git -C pusher reset -q --hard HEAD~
git -C pusher -c core.symlinks=true update-index --add --cacheinfo 120000 \
	"$(echo x | git -C pusher hash-object -w --stdin)" arp/link
git -C pusher commit -q -m link
push pusher "$write" primary
refused "a link" ""
git -C pusher reset -q --hard HEAD~
head -c 70000 /dev/zero | tr '\0' x >pusher/arp/large
git -C pusher add -A && git -C pusher commit -q -m large
push pusher "$write" primary
refused "a file that is too large" "too large"
git -C pusher reset -q --hard HEAD~
for i in $(seq 60); do head -c 30000 /dev/urandom >"pusher/arp/large$i"; done
git -C pusher add -A && git -C pusher commit -q -m large
push pusher "$write" primary
refused "a push that is too large" ""
run timeout 30 git -C pusher -c http.postBuffer=65536 push "$write" primary
refused "in chunks, too" ""
git -C pusher reset -q --hard HEAD~
edit pusher arp/10.0.1.3 02:00:00:00:01:03
run timeout 30 git -C pusher -c http.postBuffer=1000 push "$write" primary
exits "a small push in chunks is taken" 0
contains "and is there" "$(entries arp)" "10.0.1.3 02:00:00:00:01:03"

# per path
tell put nat tcp/40001 one
tell put nat udp/40001 two
run quiet clone -q "http://x:$nat_read@$host/nat.git" nat
exits "a closed store opens to its token" 0
edit nat nat/tcp/40002 three
push nat "http://x:$nat_part@$host/nat.git" primary
exits "an operator edits what is his" 0
edit nat nat/tcp/40003 four
edit nat nat/udp/40002 five
push nat "http://x:$nat_part@$host/nat.git" primary
ok "and not what is not" [ "$status" -ne 0 ]
contains "and is told which" "$err" "nat/udp/40002"
lacks "nothing of it is taken" "$(entries nat)" four
push nat "http://x:$nat_write@$host/nat.git" primary
exits "who may edit all, may edit that" 0

# ---- history that is cut ------------------------------------------------------------------------
tell put arp 10.0.0.66 0b:ad:0b:ad:0b:ad
tell remove arp 10.0.0.66
quiet clone -q "$url/arp.git" old
has_marker() {
	git -C "$1" cat-file --batch-all-objects --batch | grep -c -a -e 10.0.0.66 -e 0b:ad
}
tell put arp 10.0.2.0 02:00:00:00:02:00
ok "a removed entry is in the history" [ "$(has_marker old)" -gt 0 ]
tell age 400
for i in 1 2 3 4 5; do tell put arp "10.0.2.$i" 02:00:00:00:02:01; done
quiet -C old pull -q
tell age 300
tell put arp 10.0.2.6 02:00:00:00:02:06
run quiet clone -q "$url/arp.git" fresh
exits "after its time, the rest can be cloned" 0
is "whole" "$(whole fresh)" ""
ok "its history ends where git says so" [ -s fresh/.git/shallow ]
is "and is short" "$(git -C fresh rev-list --count HEAD)" 7
is "with the names that the commits had" "$(git -C fresh rev-parse HEAD~1)" "$(git -C old rev-parse HEAD)"
is "all entries are there" "$(files fresh arp)" "$(entries arp)"
is "the removed one is in no object" "$(has_marker fresh)" 0
run quiet -C old pull
exits "a clone from before goes on pulling" 0
is "to the newest commit" "$(git -C old rev-parse HEAD)" "$(git -C fresh rev-parse HEAD)"
is "whole" "$(whole old)" ""
ok "with the history that it had" [ "$(git -C old rev-list --count HEAD)" -gt 400 ]
run quiet clone -q --depth 3 "$url/arp.git" three
exits "a clone of less" 0
is "is of less" "$(git -C three rev-list --count HEAD)" 3
ok "and can be deepened" quiet -C three fetch -q --depth 1000
is "as far as there is history" "$(git -C three rev-list --count origin/primary)" 7
is "whole" "$(whole three)" ""

# all of what the clones know
tell age 2000
for i in 1 2 3; do tell put arp "10.0.3.$i" 02:00:00:00:03:01; done
tell age 2000
tell put arp 10.0.3.4 02:00:00:00:03:04
run quiet -C old fetch
ok "a clone whose newest commit is gone can't follow as usual" [ "$status" -ne 0 ]
run quiet -C old fetch --update-shallow
exits "but can with --update-shallow" 0
contains "which says that it is another history" "$err" "forced update"
git -C old reset -q --hard origin/primary
is "whole" "$(whole old)" ""
is "with the entries as they are" "$(files old arp)" "$(entries arp)"
edit fresh arp/10.0.3.9 02:00:00:00:03:09
push fresh "$write" primary
exits "even such a clone can push" 0
contains "its entry is there" "$(entries arp)" "10.0.3.9 02:00:00:00:03:09"

# ---- many and slow ones -------------------------------------------------------------------------
tell many arp 1000
seq 12 | xargs -P 12 -I N timeout 60 git clone -q "$url/arp.git" at-once.N
is "many clones at once are whole" \
	"$(for i in $(seq 12); do [ -d "at-once.$i" ] && whole "at-once.$i" && git -C "at-once.$i" rev-parse HEAD; done | sort | uniq -c | awk '{ print $1 }')" 12
run python3 "$top/tests/guest/git_abuse.py" "$port" arp
exits "nonsense, slow clients and floods: it goes on serving" 0
printf '%s\n' "$out" | sed 's/^/# /'
run quiet clone -q "$url/arp.git" after
exits "and clones" 0
is "whole" "$(whole after)" ""
tell stats
contains "slow ones were left" "$said" "timeouts"
ok "the machine lives" kill -0 "$machine"
is "and was never wrong about memory" "$(grep -i -e error -e runtime log.txt)" ""

finish
