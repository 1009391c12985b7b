#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A capture of many short packets, counted: skbscope through the loaded program, tcpdump and
# tshark in their own ways. Rows are measured in turn within each round.
#
# usage: replay.sh [PACKETS [ROUNDS]]    (default 1000000 and 3, or SKBSCOPE_BENCH_ROUNDS)
#
# Prints figures and judges none of them: docs/benchmarks.md says how to read them.
. "$(dirname "${BASH_SOURCE[0]}")/../net/lib.sh"

PACKETS=${1:-$([ -n "${SKBSCOPE_BENCH_ROUNDS:-}" ] && echo 23000 || echo 1000000)}
ROUNDS=${2:-${SKBSCOPE_BENCH_ROUNDS:-3}}
FILE=$WORK/many.pcap
"$TOOLS/frames" many "$FILE" "$PACKETS"

declare -A TITLE=(
	[skbscope]="skbscope run packet_count -r"
	[protocols]="skbscope run protocols -r"
	[filter]="skbscope run packet_count -r … udp port 53"
	[count]="tcpdump --count -r"
	[lines]="tcpdump -nr | wc -l"
	[tshark]="tshark -q -z io,stat"
)
ROWS=(skbscope protocols filter)
type tcpdump >/dev/null 2>&1 && ROWS+=(count lines)
type tshark >/dev/null 2>&1 && ROWS+=(tshark)

do_skbscope() { "$SKBSCOPE" run -q packet_count -r "$FILE"; }
do_protocols() { "$SKBSCOPE" run -q protocols -r "$FILE"; }
do_filter() { "$SKBSCOPE" run -q packet_count -r "$FILE" udp port 53; }
do_count() { tcpdump --count -r "$FILE"; }
do_lines() { tcpdump -nr "$FILE" | wc -l; }
do_tshark() { tshark -q -z io,stat,0 -r "$FILE"; }

# "WALL CPU" in seconds
TIMEFORMAT="%R %U %S"
measure() { { time "do_$1" >"$WORK/out" 2>"$WORK/err"; } 2>&1 | awk '{ printf "%.3f %.3f\n", $1, $2 + $3 }'; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

do_skbscope >/dev/null 2>&1 # so that what is measured is not the compiler
do_protocols >/dev/null 2>&1
for ((round = 0; round < ROUNDS; round++)); do
	for row in "${ROWS[@]}"; do measure "$row" >>"$WORK/$row"; done
done
printf '%s packets of 60 bytes, median of %s\n\n%-46s %8s %8s %12s\n' "$PACKETS" "$ROUNDS" "" "wall s" "CPU s" "M packets/s"
for row in "${ROWS[@]}"; do
	wall=$(cut -d' ' -f1 "$WORK/$row" | median) cpu=$(cut -d' ' -f2 "$WORK/$row" | median)
	printf '%-46s %8s %8s %12s\n' "${TITLE[$row]}" "$wall" "$cpu" \
		"$(awk -v n="$PACKETS" -v s="$wall" 'BEGIN { printf "%.2f", s ? n / s / 1e6 : 0 }')"
done
"$SKBSCOPE" run -q packet_count -r "$FILE" --exact >"$WORK/out" 2>&1
check "all of them were counted" grep -qw "$PACKETS" "$WORK/out"
finish
