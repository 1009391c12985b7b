#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The bundled programs, and those that commands bring, count what their own tests expect, and each
# of them has tests. The comment of each that is bundled ends with a command and lines of what it
# prints: these are, figures apart, among those that it prints of one recording,
# bundled/eth0.pcapng.gz: of a web server, its clients, and who else there is on a network (the
# traffic of net/recipes/traffic.sh), in both directions.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/../cli/lib.sh"
. "$SOURCE/test/shape.sh"
own_network || { echo "skipped: loading programs needs root and a namespace"; exit 77; }

TESTS=("$SOURCE"/programs/*.test "$SOURCE"/programs/http/*.test)
if [ "$SLOWNESS" != 1 ]; then
	echo "skipped: all but three cases of each bundled program: an emulated verifier takes minutes for them"
	for file in "${TESTS[@]}"; do
		awk '/^case / { cases++ } cases < 4' "$file" |
			sed "s@^program \./@program ${file%/*}/@" >"$WORK/${file##*/}"
	done
	TESTS=("$WORK"/*.test)
fi
[ "$SLOWNESS" != 1 ] || COVERAGE=--coverage
OUTPUT=$(limited 200 "$SKBSCOPE" test ${COVERAGE:-} "${TESTS[@]}" 2>&1)
equal "the tests of the bundled programs pass" $? 0 || echo "$OUTPUT"
for program in "$SOURCE"/programs/*.c "$SOURCE"/programs/http/*.c; do
	check "${program##*/} has tests" test -e "${program%.c}.test"
done

# --- lines: each is reached by some test, but for those that are named with a reason

# Another compiler makes other code of a line, and merges other conditions.
if [ "$SLOWNESS" = 1 ] && "$SKBSCOPE" --version | grep -qx "LLVM 14"; then
	named() { # the lines, or with "reasons" how many have one
		awk -v reasons="${1:-}" '/^#|^$/ { next } /^\t/ { has += !said++; next }
			{ said = 0; if (!reasons) print; lines++ } END { if (reasons) print lines - has }' \
			"$SOURCE/test/program/bundled/unreached.txt"
	}
	equal "each line that is not reached is named, and no other" \
		"$(sed -nE 's@^[^:]*/([^:/]+):[0-9]+: no packet ran: @\1: @p' <<<"$OUTPUT" | sed 's/[ \t]*$//' | sort)" \
		"$(named | sort)"
	equal "each of those has a reason" "$(named reasons)" 0
	equal "there is a report of each program" \
		"$(grep -c 'lines with code ran' <<<"$OUTPUT")" "${#TESTS[@]}"
fi

# --- examples

# Another kernel prints no other lines, and an emulated processor takes minutes for these.
[ "$SLOWNESS" = 1 ] || finish

example() { # PROGRAM: from the command on, without what a comment puts in front of it
	sed -nE '/^ \*   # skbscope /,/^ \*$/ s/^ \*   //p' "$SOURCE/programs/$1.c"
}
command_of() { # an example; it may be on several lines
	sed -n ':next; /\\$/ { N; b next }; s/\\\n *//g; s/^# //p; q'
}
lines_of() { # an example
	sed -n ':next; /\\$/ { n; b next }; 1d; /^ *--set /d; p'
}

# All on one terminal, where rows are fitted. They were compiled above, and are in the cache.
ip link add eth1 type veth peer name other # which mirror names
mkdir "$WORK/bin"
ln -s "$SKBSCOPE" "$WORK/bin/skbscope"
echo "stty cols 96 rows 200" >"$WORK/commands"
for file in "$SOURCE"/programs/*.c; do
	program=${file##*/} program=${program%.c}
	command=$(example "$program" | command_of)
	contains "$program has an example" "$command" "skbscope $program -i eth0"
	printf 'echo "=== %s"\n%s 2>&1\n' "$program" "${command/-i eth0/-r eth0.pcapng.gz}" >>"$WORK/commands"
done
cd "$SOURCE/test/program/bundled" || exit 1
PATH=$WORK/bin:$PATH TERM=xterm limited 200 script -qefc "bash $WORK/commands" /dev/null <>"$NEVER" |
	sed -E 's/\x1b\[[0-9;?]*[a-zA-Z]//g; s/\r//g' >"$WORK/printed"
for file in "$SOURCE"/programs/*.c; do
	program=${file##*/} program=${program%.c}
	shown=$(example "$program" | lines_of)
	check "the example of $program shows a table" test "$(wc -l <<<"$shown")" -ge 2
	printed "$program" "$shown" \
		"$(awk -v program="$program" '/^=== / { on = $2 == program; next } on' "$WORK/printed")"
done
finish
