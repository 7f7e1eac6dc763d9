#!/bin/sh
# A machine that pulls its state from git servers and pushes it there: stock ones, and its like.
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

PATH=$PATH:/usr/sbin
for program in git lighttpd; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
port=$((20000 + $$ % 12000)) # below those that the system gives out
token=other.0123456789abcdefgh
url=http://127.0.0.1:$port/git
other=http://127.0.0.1:$((port + 1))

pids=
stop() {
	for pid in $pids; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
}
trap 'stop; chmod -R u+rwX "$scratch"; rm -rf "$scratch"' EXIT

# git's own server side, behind an ordinary web server.
cat >web.conf <<END
server.document-root = "$scratch"
server.port = $port
server.bind = "127.0.0.1"
server.modules = ("mod_alias", "mod_cgi", "mod_setenv")
alias.url = ("/git/" => "$(git --exec-path)/git-http-backend/")
\$HTTP["url"] =~ "^/git/" {
	cgi.assign = ("" => "")
	setenv.add-environment = ("GIT_PROJECT_ROOT" => "$scratch", "GIT_HTTP_EXPORT_ALL" => "1",
		"REMOTE_USER" => "tester")
}
END
lighttpd -D -f web.conf >web.log 2>&1 &
pids=$!
git init -q --bare -b primary stock.git
git -C stock.git config receive.shallowUpdate true
for _ in $(seq 100); do
	git ls-remote "$url/stock.git" >/dev/null 2>&1 && break
	sleep 0.05
done

mkfifo commands.1 commands.2
: >said.1
: >said.2
exec 8<>commands.1 9<>commands.2
machine "$((port + 2))" arp:open:closed <&8 >said.1 2>log.1 &
pids="$pids $!"
machine "$((port + 1))" arp:open:token "arp:write:$token" <&9 >said.2 2>log.2 &
pids="$pids $!"

# tell MACHINE COMMAND...: what it says is in $said
tell() {
	to=$1
	shift
	told=$(grep -c '^done$' "said.$to")
	case $to in
	1) echo "$*" >&8 ;;
	2) echo "$*" >&9 ;;
	esac
	for _ in $(seq 400); do
		[ "$(grep -c '^done$' "said.$to")" -gt "$told" ] && break
		sleep 0.02
	done
	said=$(awk -v told="$told" '/^done$/ { n++; next } n == told' "said.$to")
}
entries() {
	tell "$1" list arp
	printf '%s\n' "$said" | sort
}
whole() {
	git -C "$1" fsck --full --strict 2>&1 | grep -v -e '^dangling' -e '^notice'
}

tell 1 push arp "$url/stock.git"
contains "an empty table is not pushed" "$said" "failed: the table has no history yet"
tell 1 pull arp "$url/stock.git"
contains "an empty repository gives nothing" "$said" "failed: the repository has no commits"
for i in 1 2 3 4 5; do tell 1 put arp "10.0.0.$i" "one-$i"; done
tell 1 many arp 300
tell 1 push arp "$url/stock.git"
is "a table is pushed to a stock server" "$said" ""
is "whole" "$(whole stock.git)" ""
is "with its history" "$(git -C stock.git rev-list --count primary)" 305
git clone -q stock.git work
is "and its entries" "$(cd work/arp && find . -type f | sed 's/^..//' | sort |
	while read -r f; do echo "$f $(cat "$f")"; done)" "$(entries 1)"
tell 1 put arp 10.0.0.6 one-6
tell 1 push arp "$url/stock.git"
is "again, with what is new" "$said" ""
is "whole" "$(whole stock.git)" ""
is "on top of what was there" "$(git -C stock.git rev-list --count primary)" 306

tell 2 put arp 10.0.0.2 two-2
tell 2 put arp 10.0.7.7 two-7
tell 2 pull arp "$url/stock.git"
is "another machine pulls it" "$said" ""
is "and has both states, merged" "$(entries 2)" \
	"$({ entries 1 | grep -v '^10.0.0.2 '; echo "10.0.0.2 two-2"; echo "10.0.7.7 two-7"; } | sort)"
git clone -q "$other/arp.git" both
is "its history is whole" "$(whole both)" ""

# packed by git, with deltas
git -C work pull -q
for i in $(seq 50); do
	echo "hand-$i" >"work/arp/hand$i"
	git -C work add -A && git -C work commit -q -m "hand $i"
done
git -C work push -q origin primary
git -C stock.git gc -q --aggressive
tell 1 pull arp "$url/stock.git"
is "what git has packed can be pulled" "$said" ""
contains "and is merged" "$(entries 1)" "hand50 hand-50"

tell 1 pull arp "$other/arp.git"
is "machines pull from each other" "$said" ""
contains "what they have" "$(entries 1)" "10.0.7.7 two-7"
tell 1 put arp 10.0.8.8 one-8
tell 1 push arp "http://x:$token@127.0.0.1:$((port + 1))/arp.git"
is "and push to each other" "$said" ""
contains "where it is merged" "$(entries 2)" "10.0.8.8 one-8"
tell 1 put arp 10.0.8.9 one-9
tell 1 push arp "$other/arp.git"
contains "without a token they can't" "$said" "failed: the server wants a token: 401"
lacks "and nothing comes of it" "$(entries 2)" "10.0.8.9"

# another one's commits on the server: they are merged first
git -C work pull -q
echo other-1 >work/arp/other1 && git -C work rm -q arp/hand7 && git -C work add -A
git -C work commit -q -m "another's" && git -C work push -q origin primary
tell 1 put arp 10.0.8.10 one-10
tell 1 push arp "$url/stock.git"
is "what others have pushed is merged before a push" "$said" ""
contains "into the table" "$(entries 1)" "other1 other-1"
lacks "what they have removed is gone" "$(entries 1)" "hand7 "
is "whole" "$(whole stock.git)" ""
ok "their commit is in the history" git -C stock.git merge-base --is-ancestor \
	"$(git -C work rev-parse HEAD)" primary
git -C work pull -q
is "they get it without a merge" "$(cat work/arp/10.0.8.10)" one-10

# a history that was cut off
tell 1 age 2000
for i in 1 2 3; do tell 1 put arp "10.0.9.$i" "late-$i"; done
tell 1 age 2000
tell 1 put arp 10.0.9.4 late-4
before=$(git -C stock.git rev-list --count primary)
git -C stock.git config receive.shallowUpdate true
tell 1 push arp "$url/stock.git"
is "a history that was cut off is pushed" "$said" ""
is "whole" "$(whole stock.git)" ""
ok "behind what was there" [ "$(git -C stock.git rev-list --count primary)" -gt "$before" ]
git init -q --bare -b primary second.git
tell 1 push arp "$url/second.git"
contains "where the server takes none, the reason is told" "$said" "it needs receive.shallowUpdate=true"
git -C second.git config receive.shallowUpdate true
tell 1 push arp "$url/second.git"
is "else it is taken" "$said" ""
is "whole" "$(whole second.git)" ""
ok "as a shallow one" [ "$(git -C second.git rev-list --count primary)" -lt 8 ]

# a server that refuses
printf '#!/bin/sh\necho hook says no >&2\nexit 1\n' >second.git/hooks/pre-receive
chmod +x second.git/hooks/pre-receive
tell 1 put arp 10.0.9.9 late-9
tell 1 push arp "$url/second.git"
contains "a refusal is told" "$said" "the server refused the push: refs/heads/primary pre-receive hook declined"

tell 1 pull arp "$url/none.git"
contains "no repository: an error" "$said" "failed: the server says: 404"
tell 1 pull arp "http://127.0.0.1:1/x.git"
contains "no server: an error" "$said" "failed: no connection to 127.0.0.1"
tell 1 pull arp "https://127.0.0.1/x.git"
is "no URL: an error" "$said" "not a URL"
before=$(entries 1)
echo nonsense >work/outside && git -C work add -A && git -C work commit -q -m outside
git -C work push -q --force origin primary
tell 1 pull arp "$url/stock.git"
contains "what is none of the table's: an error" "$said" "refused: outside"
is "and nothing has changed" "$(entries 1)" "$before"

finish
