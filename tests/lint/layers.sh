#!/bin/sh
# Modules include only modules below them, and only their one public header; each third-party
# library has one folder that knows it.
. "$(dirname "$0")/../lib.sh"
cd "$top/src" || exit 1

order='main cmd report compare lab past packets build dune image resolve overlay project opam fetch recipe git store spec ocaml debian sys base'

height() {
	n=0
	for m in $order; do
		n=$((n + 1))
		[ "$m" = "$1" ] && echo "$n" && return
	done
	echo 0
}

upward() {
	for file in *.c */*.c */*.h; do
		case $file in */*) from=${file%%/*} ;; *) from=main ;; esac
		here=$(height "$from")
		sed -n 's/^#include "\([a-z_]*\)\/\([a-z_]*\)\.h".*/\1 \2/p' "$file" |
			while read -r module header; do
				there=$(height "$module")
				if [ "$there" -eq 0 ] || [ "$there" -lt "$here" ]; then
					echo "$file includes $module/$header.h, which is not below $from"
				elif [ "$module" != "$from" ] && [ "$module" != "$header" ]; then
					echo "$file includes $module/$header.h, which is private to $module"
				fi
			done
	done
}
is "includes go down only" "$(upward)" ""

# header-pattern folder
foreign() {
	grep -lE "^#include <$1" -r . | grep -vE "^\./$2/"
}
is "curl in fetch only" "$(foreign 'curl/' fetch)" ""
is "libarchive in fetch only" "$(foreign 'archive' fetch)" ""
is "libgit2 in git only" "$(foreign 'git2' git)" ""
is "cJSON in spec only" "$(foreign 'cjson/' spec)" ""
is "nettle in sys and images only" "$(foreign 'nettle/' sys | grep -v '^\./unikernel/')" ""
is "libelf in image and resolve only" "$(foreign '(libelf|gelf|elfutils)' '(image|resolve)')" ""
is "libpcap in packets only" "$(foreign 'pcap' packets)" ""

is "only cmd, report, sys and main print" \
	"$(grep -lE '\b(printf|puts|fprintf|putchar)\(' -r . --include='*.c' | grep -vE '^\./(main\.c|cmd/|sys/|unikernel/)')" ""
is "no banned calls outside sys and main" \
	"$(grep -nE '\b(exit|system|strtok|sprintf|strcpy|strcat|atoi|malloc|calloc|realloc)\(' -r . --include='*.c' | grep -vE '^\./(main\.c|sys/|unikernel/)')" ""

is "packages of images include what their recipes need, and make no banned calls" \
	"$(python3 "$top/tests/lint/packages.py" "$top" 2>&1)" ""
finish
