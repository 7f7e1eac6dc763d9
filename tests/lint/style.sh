#!/bin/sh
# Format, size and complexity of the code; scripts under shellcheck; the tree's top level.
. "$(dirname "$0")/../lib.sh"
cd "$top" || exit 1

sources=$(git ls-files 'src/*.c' 'src/*.h' 'tests/*.c' 'tests/*.h')
# shellcheck disable=SC2086
# shellcheck disable=SC2317 # ok calls it
formatted() { clang-format-14 --dry-run -Werror $sources; }
ok "formatted as .clang-format says" formatted

# pmccabe prints: modified complexity, complexity, statements, first line, lines, file(line): name
# shellcheck disable=SC2046
measures=$(pmccabe $(git ls-files 'src/*.c') 2>/dev/null)
is "no function is longer than 80 lines" "$(echo "$measures" | awk '$5 > 80')" ""
is "no function is more complex than 20" "$(echo "$measures" | awk '$1 > 20')" ""
is "no file is longer than 600 lines" \
	"$(git ls-files 'src/*.c' 'src/*.h' | xargs wc -l | awk '$2 != "total" && $1 > 600')" ""

scripts=$(git ls-files '*.sh' tests/run .ci/run)
# shellcheck disable=SC2086
ok "scripts are shellcheck-clean" shellcheck -x -P SCRIPTDIR $scripts
is "nothing but what belongs there at the top" \
	"$(git ls-files | cut -d/ -f1 | sort -u | grep -vxE 'src|recipes|overlays|tests|examples|Makefile|README\.md|LICENSE|\..*')" ""
finish
