# tests/lib.sh - TAP for shell tests. Source it first: . "$(dirname "$0")/../lib.sh"
# Each test has a scratch folder of its own ($scratch, removed at the end) and starts there.
# End every test with: finish
# shellcheck shell=sh

top=$(cd "$(dirname "$0")/../.." && pwd)
: "${RESPIN_BUILD:=$top/build}"
PATH=$RESPIN_BUILD:$PATH
scratch=$(mktemp -d "${TMPDIR:-/tmp}/respin-test.XXXXXX")
trap 'chmod -R u+rwX "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
cd "$scratch" || exit 1
# Git, the locale and the time zone of whoever runs the tests must not matter.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=transfer.fsckObjects GIT_CONFIG_VALUE_0=true # of each clone
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME="$scratch" LC_ALL=C TZ=UTC NO_COLOR=1
export RESPIN_ACCEL=tcg # the probe for KVM has its own test
export GIT_AUTHOR_NAME=tester GIT_AUTHOR_EMAIL=tester@example.org
export GIT_COMMITTER_NAME=tester GIT_COMMITTER_EMAIL=tester@example.org

count=0
failed=0

# What is said of a failure goes to standard error: prove shows that, and hides the other comments.

# ok NAME COMMAND...: passes where COMMAND exits 0; shows its output where it does not.
ok() {
	what=$1
	shift
	count=$((count + 1))
	if "$@" >"$scratch/.ok" 2>&1; then
		echo "ok $count - $what"
	else
		echo "not ok $count - $what"
		failed=$((failed + 1))
		{ echo "command: $*"; cat "$scratch/.ok"; } | head -60 | sed 's/^/# /' >&2
	fi
}

# is NAME GOT EXPECTED
is() {
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		failed=$((failed + 1))
		printf 'expected: %s\ngot:      %s\n' "$3" "$2" | sed 's/^/# /' >&2
	fi
}

# recipe NAME FIELDS: writes one, with what all have.
recipe() {
	mkdir -p "recipes/$1"
	printf '{"name": "%s", "version": "1.0", "license": "ISC", %s}\n' "$1" "$2" \
		>"recipes/$1/recipe.json"
}

# run COMMAND...: sets $status, $out and $err.
run() {
	"$@" >"$scratch/.out" 2>"$scratch/.err" && status=0 || status=$?
	out=$(cat "$scratch/.out")
	err=$(cat "$scratch/.err")
}

# exits NAME STATUS: the last run's exit status.
exits() {
	is "$1" "$status" "$2"
	[ "$status" = "$2" ] || printf '%s\n%s\n' "$out" "$err" | head -40 | sed 's/^/#   /' >&2
}

# contains NAME TEXT PART
contains() {
	count=$((count + 1))
	case $2 in
	*"$3"*) echo "ok $count - $1" ;;
	*)
		echo "not ok $count - $1"
		failed=$((failed + 1))
		printf 'expected to contain: %s\ngot: %s\n' "$3" "$2" | head -40 | sed 's/^/# /' >&2
		;;
	esac
}

# lacks NAME TEXT PART
lacks() {
	case $2 in
	*"$3"*) is "$1" "contains '$3'" "does not" ;;
	*) is "$1" x x ;;
	esac
}

# skip_all REASON: for what can't run here at all.
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# project: a copy of the project's own workspace in ./project, with its fetched sources, so that
# tests neither disturb the user's work nor need the network after the first fetch.
project() {
	run respin -q -C "$top" fetch lwip nettle zlib
	[ "$status" = 0 ] || skip_all "the packages' sources can't be had: $err"
	mkdir -p project/.respin
	tar -C "$top" --exclude=.respin --exclude='examples/*/overlays' -cf - \
		recipes examples .respin.json src/unikernel | tar -C project -xf -
	cp -a "$top/.respin/sources" project/.respin/
	[ ! -d "$top/.respin/downloads" ] || cp -a "$top/.respin/downloads" project/.respin/
	cd project || exit 1
}

# seeded_image: sets $image to one that has an ARP cache, a git server and a disk, if it is given one
# (tests/guest/seeded.c). The example's sources and objects are used again: no fetch.
seeded_image() {
	nodes=$top/examples/arp-nodes
	respin -C "$nodes" build arp-nodes >build.out 2>&1 ||
		{ cat build.out >&2; echo "Bail out! the example's image does not build"; exit 1; }
	cp -R "$nodes/.respin" .respin
	rm -rf .respin/runs
	echo "{\"recipes\": [\"recipes\", \"$top/recipes\"]}" >respin.json
	mkdir -p recipes/seeded recipes/seeded-main
	cp "$top/tests/guest/seeded.c" recipes/seeded-main/
	cat >recipes/seeded-main/recipe.json <<-'END'
		{ "name": "seeded-main", "version": "1", "license": "ISC", "needs": ["state", "lwip-port"],
		  "source": [{ "path": "." }], "build": { "objects": { "sources": ["seeded.c"] } } }
	END
	echo '{ "name": "seeded", "version": "1", "license": "ISC", "needs": ["seeded-main"], "image": {} }' \
		>recipes/seeded/recipe.json
	respin --json build seeded >build.json 2>build.err ||
		{ cat build.err >&2; echo "Bail out! the image does not build"; exit 1; }
	# shellcheck disable=SC2034 # is the caller's
	image=$(sed -n 's/.*"path": *"\([^"]*\)".*/\1/p' build.json | head -1)
}

# json PATH: the value in $out, PATH as in Python: json '["checks"][0]["name"]'
json() {
	printf '%s' "$out" | python3 -c "import json, sys; print(json.load(sys.stdin)$1)" 2>&1
}

finish() {
	echo "1..$count"
	[ "$failed" -eq 0 ]
	exit
}
