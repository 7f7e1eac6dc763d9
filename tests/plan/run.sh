#!/bin/sh
# Plan scenarios: what an edit rebuilds, and why. Each *.scenario starts in a built copy of
# workspace/ and is a list of steps:
#
#     $ COMMAND           a shell command in the workspace that must work
#     plan [OPTION...]    what `respin plan site` lists, as the indented lines that follow
#     build [OPTION...]   what `respin build site` runs, likewise; it must work
#     fails [OPTION...]   `respin build site` fails, with the texts of the indented lines in its error
#
# Listed actions are "OUTPUT: REASON", sorted; no lines: nothing runs.
# shellcheck disable=SC1091
. "$(dirname "$0")/../lib.sh"

command -v bwrap >/dev/null || skip_all "needs bubblewrap"
base=$top/tests/plan

# The actions of `respin --json plan|build`, as "OUTPUT: REASON".
actions() {
	sed -n 's/^ *"output": "\(.*\)",$/\1/p; s/^ *"reason": "\(.*\)",$/: \1/p' |
		sed 's/\\"/"/g' | paste -d '\0' - - | sort
}

# step VERB OPTIONS: one respin command; the result is in $got.
step() {
	case $1 in
	plan | build)
		# shellcheck disable=SC2086
		run respin --json "$1" $2 site
		[ "$status" = 0 ] || got="exit status $status: $err"
		[ "$status" != 0 ] || got=$(printf '%s\n' "$out" | actions)
		;;
	fails)
		# shellcheck disable=SC2086
		run respin build $2 site
		got="exit status $status: $err"
		;;
	esac
}

# check NAME VERB: compares $got with $expected.
check() {
	if [ "$2" != fails ]; then
		is "$1" "$got" "$(printf '%s' "$expected" | sort)"
		return
	fi
	lacks "$1: fails" "$got" "exit status 0"
	printf '%s' "$expected" >"$scratch/.lines"
	while IFS= read -r words; do
		contains "$1: says $words" "$got" "$words"
	done <"$scratch/.lines"
}

scenario() {
	name=$(basename "$1" .scenario)
	cp -R "$scratch/built" "$scratch/$name"
	cd "$scratch/$name" || exit 1
	verb=
	steps=0
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		'  '*)
			expected="$expected${line#  }
"
			continue
			;;
		'' | '#'*) continue ;;
		esac
		[ -z "$verb" ] || check "$name: step $steps, $verb" "$verb"
		verb=
		expected=
		case $line in
		'$ '*)
			run sh -ec "${line#$ }" </dev/null
			[ "$status" = 0 ] || is "$name: ${line#$ }" "$err" works
			;;
		*)
			steps=$((steps + 1))
			verb=${line%% *}
			step "$verb" "${line#"$verb"}"
			;;
		esac
	done <"$1"
	[ -z "$verb" ] || check "$name: step $steps, $verb" "$verb"
	cd "$scratch" || exit 1
}

cp -R "$base/workspace" "$scratch/built"
cd "$scratch/built" || exit 1
ok "the workspace builds" respin build site
for file in "$base"/${PLAN_SCENARIO:-*}.scenario; do
	scenario "$file"
done
finish
