#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tests of the bundled programs catch small mistakes in them: a wrong offset, bytes in the wrong
# order, > for >=, && for ||, + for -, a statement that is not there. One of each program;
# all of them as soak/program/mutants (of three of the largest one in six), or of the programs that are named:
#
#	SKBSCOPE_BUILD=build SKBSCOPE_TEST_SOAK=1 test/program/mutants.sh arp flows
#
# Those that no test can catch are named in mutants.txt, each with its reason.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/../cli/lib.sh"
PROGRAMS=("$@") # they are this script's before it starts anew, and after
[ $# = 0 ] || export SKBSCOPE_MUTANTS="$*"
own_network || { echo "skipped: loading programs needs root and a namespace"; exit 77; }
[ "$SLOWNESS" = 1 ] || { echo "skipped: an emulated processor compiles them for too long"; exit 77; }
[ -z "${SKBSCOPE_MUTANTS:-}" ] || read -ra PROGRAMS <<<"$SKBSCOPE_MUTANTS"
[ ${#PROGRAMS[@]} != 0 ] || for file in "$SOURCE"/programs/*.c; do PROGRAMS+=("$(basename "$file" .c)"); done
STEP=${SKBSCOPE_MUTANT_STEP:-1000} # one of each program
[ -z "${SKBSCOPE_TEST_SOAK:-}" ] || STEP=1
# Of these not all that survive are caught or named by now.
SAMPLED=" balance dns tls "
NAMED=$SOURCE/test/program/mutants.txt

excused() { # PROGRAM: the names of mutants that nothing can catch
	sed -n "s/^$1\.c: //p" "$NAMED"
}

# They share a compiler, a few at a time: one that is hopeless ends no more than these.
try_all() { # FOLDER: writes the names of those that all tests pass, and how many were tried
	local folder=$1 batch number
	cut -f 1 "$folder/names" | sed 's/$/.test/' >"$folder/files"
	while mapfile -t -n 25 batch && [ ${#batch[@]} != 0 ]; do
		(cd "$folder" && limited 590 "$SKBSCOPE" test -q -j --no-cache "${batch[@]}" 2>>errors)
	done <"$folder/files" >"$folder/results"
	gojq -rs 'map(.file) | unique | length' "$folder/results" >"$folder/tried"
	gojq -rs 'group_by(.file)[] | select(all(.passed)) | .[0].file | rtrimstr(".test")' "$folder/results" |
		while read -r number; do sed -n "s/^$number\t//p" "$folder/names"; done |
		sort -u >"$folder/survivors"
}

for program in "${PROGRAMS[@]}"; do
	every=$STEP
	[[ $STEP != 1 || $SAMPLED != *" $program "* ]] || every=${SKBSCOPE_MUTANT_STEP:-6}
	mkdir "$WORK/$program"
	check "$program: mutants are made" python3 "$SOURCE/test/program/mutants.py" \
		"$SOURCE/programs/$program.c" "$SOURCE/programs/$program.test" "$WORK/$program" "$every" \
		"$SOURCE/test/program/bundled/unreached.txt" # where there is nothing to catch
	check "$program: there are some" [ -s "$WORK/$program/names" ]
	try_all "$WORK/$program"
	equal "$program: each is tried" "$(cat "$WORK/$program/tried")" \
		"$(wc -l <"$WORK/$program/names")" || tail "$WORK/$program/errors"
	equal "$program: its tests catch each mistake" \
		"$(excused "$program" | sort | comm -23 "$WORK/$program/survivors" -)" ""
	[ "$every" != 1 ] || equal "$program: what is said to be caught by nothing is not" \
		"$(excused "$program" | sort -u | comm -23 - "$WORK/$program/survivors")" ""
	rm -rf "${WORK:?}/$program"
done
equal "each that is not caught has a reason" \
	"$(awk '/^#|^$/ { next } /^\t/ { has += !said++; next } { said = 0; lines++ } END { print lines - has }' "$NAMED")" 0
finish
