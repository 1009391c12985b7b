#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What tests take: cases a second where they share a program, and how long it is from a save to
# the result (skbscope test --watch).
#
# usage: test.sh [ROUNDS]    (default 11, or SKBSCOPE_BENCH_ROUNDS)
#
# Prints figures and judges none of them: docs/benchmarks.md says how to read them.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
own_images

ROUNDS=${1:-${SKBSCOPE_BENCH_ROUNDS:-11}}
[ -n "${SKBSCOPE_BENCH_ROUNDS:-}" ] && CASES=100 || CASES=5000
cd "$WORK" || exit 1

microseconds() { echo "${EPOCHREALTIME/[.,]/}"; }
median() { sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

# --- cases a second

declare -A EXPECTED=(
	[packet_count]="expect table packet_count  key=0 value=1"
	[protocols]="expect table ethertypes  ethertype=IPv4 packets=1"
	[flows]="expect table flows  protocol=TCP in_packets=1"
)
cases() { # PROGRAM COUNT
	echo "program $1"
	for ((i = 0; i < $2; i++)); do
		printf 'case number %d\npacket in ip ttl=%d / tcp dport=%d / "%d"\n%s\n' "$i" \
			$((i % 250 + 1)) $((i % 60000 + 1)) "$i" "${EXPECTED[$1]}"
	done
}
taken() { # FILE: microseconds
	local before
	before=$(microseconds)
	"$SKBSCOPE" test -q "$1" >told || { cat told >&2; exit 1; }
	echo $(($(microseconds) - before))
}

echo "cases a second, $CASES that share a program (median of $ROUNDS)"
for program in "${!EXPECTED[@]}"; do
	cases "$program" 1 >one.test
	cases "$program" "$CASES" >many.test
	taken one.test >/dev/null # it is in the cache from here on
	for ((round = 0; round < ROUNDS; round++)); do
		one=$(taken one.test)
		many=$(taken many.test)
		# What starting and loading take is in both.
		echo $(((CASES - 1) * 1000000 / (many > one ? many - one : 1)))
	done | median | awk -v program="$program" '{ printf "  %-14s %8d\n", program, $1 }'
done

# --- from a save to the result

cp "$SOURCE/programs/packet_count.c" saved.c
printf 'program ./saved.c\npacket ip / tcp\nexpect packets 1\n' >saved.test
exec {RESULTS}< <(exec "$SKBSCOPE" test --watch saved.test 2>&1)
WATCHER=$!
trap 'kill "$WATCHER" 2>/dev/null; wait; rm -rf "$WORK"' EXIT
result() { # the line that ends a round
	local line
	while read -t 60 -r -u "$RESULTS" line; do
		[[ $line != "saved.test: "* ]] || return 0
	done
	echo "no result" >&2
	exit 1
}
result
until_result() { # NAME SED: what an editor does, and milliseconds until the result
	local before
	sed "$2" "$1" >"$1.new"
	before=$(microseconds)
	mv "$1.new" "$1"
	result
	echo $(($(microseconds) - before))
	read -rt 1 <>"$NEVER" || : # the worker that waits is ready again
}
row() { # TITLE FILE, and expressions of sed in turn
	local title=$1 file=$2
	shift 2
	for ((round = 0; round < ROUNDS; round++)); do
		until_result "$file" "${*:round % $# + 1:1}"
	done | median | awk -v title="$title" '{ printf "  %-36s %8.1f\n", title, $1 / 1000 }'
}
echo "milliseconds from a save to the result (median of $ROUNDS)"
row "of the test" saved.test '$a# more'
row "of the program, compiled before" saved.c 's/packet_count/renamed/' 's/renamed/packet_count/'
row "of the program, for the first time" saved.c "\$aint more_of_it;\n#define LINE __LINE__" 's/more_of_it/&_/'
