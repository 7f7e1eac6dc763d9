#!/bin/sh
# respin state: histories of kept runs and of a git server; made here by stock git.
. "$(dirname "$0")/../lib.sh"
command -v git >/dev/null || skip_all "git is not installed"

echo '{}' >respin.json
mkdir -p recipes tmp
export TMPDIR="$PWD/tmp"

# json EXPRESSION: of the last answer, in Python's words.
json() {
	python3 -c "import json, sys; a = json.loads(sys.argv[1]); print($1)" "$out"
}

# run_of ID STORES: a kept run, whose stores are in its folder already.
run_of() {
	cat >".respin/runs/$1/run.json" <<-EOF
		{ "image": "box", "run": "$1", "result": "pass", "checks": [], "state": [$2] }
	EOF
}
store() {
	echo "{ \"store\": \"$1\", \"machine\": $2, \"path\": \"$3\", \"commits\": 1, \"entries\": 1 }"
}

# history FOLDER MAC: an empty cache, an entry, and another with MAC on a branch that is merged.
history() {
	git init -q --bare --initial-branch=primary "$1"
	git --git-dir "$1" fast-import --quiet <<-EOF
		commit refs/heads/primary
		committer Arp.create <arp@box> 1429688300 +0000
		data <<END
		Arp.create: Initial empty cache
		END

		commit refs/heads/primary
		mark :1
		committer Arp.notify <arp@box> 1429688310 +0000
		data <<END
		entry added: 10.0.0.2 -> 02:00:00:00:00:02
		END
		M 100644 inline arp/10.0.0.2
		data <<END
		mac 02:00:00:00:00:02
		state static
		END

		commit refs/heads/expire_1
		mark :2
		committer Arp.tick <arp@box> 1429688320 +0000
		data <<END
		Arp.tick: updating
		END
		from :1
		M 100644 inline arp/10.0.0.3
		data <<END
		mac $2
		END

		commit refs/heads/primary
		committer Arp.tick <arp@box> 1429688330 +0000
		data <<END
		Arp.tick: merge expiry branch
		END
		from :1
		merge :2
		M 100644 inline arp/10.0.0.3
		data <<END
		mac $2
		END
	EOF
}

mkdir -p .respin/runs/one/state/2 .respin/runs/two/state .respin/runs/none
history .respin/runs/one/state/arp.git 02:00:00:00:00:03
history .respin/runs/two/state/arp.git 02:00:00:00:00:99
cp -r .respin/runs/one/state/arp.git .respin/runs/one/state/nat.git
cp -r .respin/runs/two/state/arp.git .respin/runs/one/state/2/arp.git
run_of none ""
run_of two "$(store arp 1 state/arp.git)"
sleep 0.1
run_of one "$(store arp 1 state/arp.git), $(store nat 1 state/nat.git), $(store arp 2 state/2/arp.git)"

run respin state log last arp
exits "log" 0
is "... is git's graph" "$(printf '%s' "$out" | sed 's/ 2015-04-22 [0-9:]* [A-Z][A-Za-z.]*  / /')" \
	"$(git --git-dir .respin/runs/one/state/arp.git log --all --decorate --oneline --graph)"
contains "... with all branches, dates and authors" "$out" " (expire_1) 2015-04-22 07:38:"
contains "... in UTC, as anywhere" "$(TZ=Asia/Tokyo respin state log last arp)" " 2015-04-22 07:38:50 Arp.tick  Arp.tick: merge"
run respin state log one
contains "log of all stores names them" "$out" "
nat
"
run respin state log two --json
is "log --json" "$(json '(a["what"], [(len(s["commits"]), s["branch"], s["commits"][0]["message"]) for s in a["stores"]])')" \
	"('two', [(4, 'primary', 'Arp.tick: merge expiry branch')])"
is "... has parents, refs and times" "$(json '[(len(c["parents"]), c["refs"], c["time"]) for c in a["stores"][0]["commits"]][0]')" \
	"(2, ['refs/heads/primary'], '2015-04-22T07:38:50Z')"
run respin state log one arp --machine 2 --json
git clone -q --bare --depth 2 "file://$PWD/.respin/runs/two/state/arp.git" cut.git
mkdir -p .respin/runs/cut/state
mv cut.git .respin/runs/cut/state/arp.git
run_of cut "$(store arp 1 state/arp.git)"
touch -d '1 minute ago' .respin/runs/cut/run.json
run respin state log cut --json
is "a commit whose parents are cut off names them" "$(json '[(c["shallow"], len(c["parents"])) for c in a["stores"][0]["commits"]]')" \
	"[(False, 2), (True, 1), (True, 1)]"
run respin state log one arp --machine 2 --json
contains "of another machine" "$out" '"store": "arp"'

run respin state show one arp
exits "show" 0
is "... has all entries" "$out" "arp/10.0.0.2
  mac 02:00:00:00:00:02
  state static
arp/10.0.0.3
  mac 02:00:00:00:00:03"
run respin state show one arp --machine 2
contains "... of each machine its own" "$out" "mac 02:00:00:00:00:99"
run respin state show two arp/10.0.0.3
is "show of a path, where there is one store" "$out" "arp/10.0.0.3
  mac 02:00:00:00:00:99"
run respin state show two arp primary:arp --json
is "show of a folder in a commit, as JSON" "$(json '[e["path"] for e in a["entries"]]')" \
	"['arp/10.0.0.2', 'arp/10.0.0.3']"
second=$(git --git-dir .respin/runs/one/state/arp.git rev-parse primary~1)
run respin state show one arp "$second"
contains "show of a commit" "$out" "entry added: 10.0.0.2 -> 02:00:00:00:00:02"
contains "... has what it changed" "$out" "+mac 02:00:00:00:00:02"
run respin state show one arp "$second" --json
is "... as JSON, too" "$(json '[(c["path"], c["before"], c["after"]) for c in a["changes"]]')" \
	"[('arp/10.0.0.2', None, 'mac 02:00:00:00:00:02\\nstate static\\n')]"
run respin state show one arp "$second:arp/10.0.0.3"
exits "show of what is not there" 1
contains "... is said" "$err" "no entry of arp is 'arp/10.0.0.3'"

run respin state diff one two arp
exits "diff of two runs that differ" 1
contains "... is git's" "$out" "-mac 02:00:00:00:00:03
+mac 02:00:00:00:00:99"
run respin state diff one two --json
is "... and JSON" "$(json '[(s["store"], [(c["path"], c["after"]) for c in s["changes"]]) for s in a]')" \
	"[('arp', [('arp/10.0.0.3', 'mac 02:00:00:00:00:99\\n')])]"
run respin state diff one one
exits "diff of a run with itself" 0
is "... is nothing" "$out" ""
run respin state diff one arp "$second"
exits "diff of two commits" 1
contains "... is git's" "$out" "+++ b/arp/10.0.0.3"
run respin state diff one arp "$second" "$second"
exits "diff of a commit with itself" 0

run respin state clone one arp copy
exits "clone" 0
is "... is a working tree" "$(cat copy/arp/10.0.0.3)" "mac 02:00:00:00:00:03"
run respin state clone one arp copy
exits "clone where there is something" 2

# A live machine: here, git's own server.
backend=$(git --exec-path)/git-http-backend
if [ -x "$backend" ]; then
	cp -r .respin/runs/two/state served
	port=$((20000 + $$ % 20000))
	python3 "$top/tests/cli/git_http.py" "$backend" served 127.0.0.1 "$port" A-token-of-22-letters- &
	server=$!
	trap 'kill "$server"; rm -rf "$scratch"' EXIT
	for _ in $(seq 100); do
		curl -s "http://127.0.0.1:$port/" >/dev/null && break
		sleep 0.05
	done
	run respin state log "http://127.0.0.1:$port" arp
	exits "a live machine that wants a token" 3
	contains "... says so" "$err" "get http://127.0.0.1:$port/arp.git"
	contains "... and how to give it" "$err" "--token TOKEN"
	run respin state log "http://127.0.0.1:1" arp
	exits "a live machine that does not answer" 3
	run respin state log "http://127.0.0.1:$port" nat --token A-token-of-22-letters-
	exits "a store that a live machine has not" 1
	run respin state log "http://127.0.0.1:$port/arp.git" --token A-token-of-22-letters-
	exits "... and is read with it" 0
	contains "... whole" "$out" "Arp.tick: updating"
	run respin state diff one "http://127.0.0.1:$port" arp --token A-token-of-22-letters-
	contains "a run and a live machine" "$out" "+mac 02:00:00:00:00:99"
	run respin state clone "http://127.0.0.1:$port" arp live --token A-token-of-22-letters-
	is "clone of a live machine" "$(cat live/arp/10.0.0.3)" "mac 02:00:00:00:00:99"
	is "nothing of it is left" "$(ls tmp)" ""
fi

# A reader that goes away, as head does, is no failure.
mkfifo pipe
(
	: <pipe &
	exec 4>pipe
	wait $!
	respin state log two arp >&4 2>said
	echo $? >status
)
is "a closed pipe ends it quietly" "$(cat status) $(cat said)" "141 "

# What a machine writes does not command the terminal.
printf 'commit refs/heads/primary\ncommitter A <a@b> 1429688300 +0000\ndata <<END\n\033]0;evil\007 title\nEND\n' |
	git --git-dir .respin/runs/two/state/arp.git fast-import --quiet --force
run respin state log two
contains "control characters are shown, not sent" "$out" "?]0;evil? title"

run respin state log none
exits "a run without state" 1
contains "... is said to be" "$err" "run none has no state"
run respin state log four
exits "a run that is not there" 1
head -c 1000000 /dev/urandom >noise
run respin state log noise
exits "a file that is no disk" 3
contains "... is said to be" "$err" "the disk noise: "
head -c 2000000 /dev/zero >blank
run respin state log blank
exits "a blank disk" 1
run respin state show one
exits "one of several stores must be named" 2
contains "... of those that are there" "$err" "it has: arp, nat"
run respin state show one tcp
exits "a store that is not there" 1
contains "... names those that are" "$err" "it has: arp, nat"
run respin state diff one arp 0123456
exits "a commit that is not there" 1
run respin state log
exits "too few words" 2
run respin state drop one
exits "an unknown verb" 2
contains "... names those that are" "$err" "log, show, diff, clone"
mv .respin/runs/two/state/arp.git/objects .respin/runs/two/state/gone
run respin state show two
exits "a damaged store" 3
finish
