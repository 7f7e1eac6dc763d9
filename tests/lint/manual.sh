#!/bin/sh
# The manual pages tell exactly the commands and options that the program has.
. "$(dirname "$0")/../lib.sh"

for page in "$top"/src/man/*.scd; do
	name=$(basename "$page" .scd)
	ok "$name: scdoc reads it" sh -c "scdoc <'$page' >'$name'"
	is "$name: mandoc has no warning" "$(mandoc -Tlint -W warning "$name" |
		grep -v -e 'missing date' -e 'lower case character' -e 'skipping paragraph')" ""
done

ok "make install" env -u MAKEFLAGS make -s -C "$top" -o all install BUILD="$RESPIN_BUILD" \
	DESTDIR="$scratch/root" PREFIX=/usr
is "each page is installed in its section" "$(cd root/usr/share/man && printf '%s\n' man?/* | sort)" \
	"$(basename -a -s .scd "$top"/src/man/*.scd | sed 's/.*\.\(.\)$/man\1\/&/' | sort)"
is "respin-images.7 tells of the options that images read" \
	"$(python3 "$top/tests/lint/options.py" "$top" 2>&1)" ""

# Long options of a usage text, and of a page's OPTIONS (the SYNOPSIS has them again).
of_usage() { sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p' | sort; }
of_page() { sed -n '/^# OPTIONS/,/^# [^O]/p' "$1" | grep '^\*-' | grep -o -e '--[a-z-]*' | sort; }

# Short and long forms of an option, as a page and the usage text have them.
pairs() { grep -o -e '-[a-zA-Z], --[a-z]*' | sort -u; }
respin -h | pairs >known
for page in "$top"/src/man/*.1.scd; do
	is "$(basename "$page"): short forms are of the same options" \
		"$(tr -d '*' <"$page" | pairs | grep -e '-[Cqvh],' | comm -23 - known)" ""
done
respin -h | of_usage >global
is "respin.1: global options" "$(of_page "$top/src/man/respin.1.scd")" "$(cat global)"
for command in $(respin -h | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'); do
	page=$top/src/man/respin-$command.1.scd
	respin "$command" -h | of_usage | comm -23 - global >own
	is "respin $command: options of usage and page" "$(of_page "$page")" "$(cat own)"
	ok "respin.1 names respin-$command" grep -q "respin-$command" "$top/src/man/respin.1.scd"
done
finish
