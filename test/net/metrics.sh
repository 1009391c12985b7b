#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Metrics: of what was sent, all is in some series, however few there may be; and whatever
# Prometheus's own tools read, they have nothing against.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/test/metrics.sh"

FILE=$WORK/scope.prom
LENGTHS=(10 11 12 13 14 15 16)
PROGRAM='BPF_HASH(lengths, u32, u64); u32 length = skb->len; lengths.atomic_increment(length);'

namespace near
use near

pings() { # NUMBER of each of the lengths: there and back, all come in
	for length in "${@:2}"; do
		"${IN[@]}" ping -q -c "$1" -i 0.002 -s "$length" 127.0.0.1 >/dev/null
	done
	SENT=$((SENT + 2 * $1 * ($# - 1)))
}

counted() { awk '/^skbscope_e_lengths_total/ { n += $2 } END { print n + 0 }' "$FILE"; }
all_counted() { [ "$(counted)" = "$SENT" ]; }
names() { sed -n 's/^skbscope_e_lengths_total{key="\(.*\)"} .*/\1/p' "$FILE" | sort | tr '\n' ' '; }
of() { sed -n "s/^skbscope_e_lengths_total{key=\"$1\"} //p" "$FILE"; }

SENT=0
start -e "$PROGRAM" -i lo -Q in --interval 50ms --metrics-file "$FILE" --series 3
pings 3 "${LENGTHS[@]:0:2}"
check "all that was sent is in series" within 10 all_counted
equal "each of them has one" "$(names)" "52 53 "
pings 23 "${LENGTHS[@]}"
check "with more than have a place, all is counted" within 10 all_counted
contains "who had a series has it, and one more came in time" " $(names)" " 52 53 "
equal "there are no more than that, and the others" "$(names | wc -w)" 4
equal "who came first counts on" "$(of 52)" 52
equal "the others are those that are not there" "$(of other)" $((4 * 46))
equal "nothing says more of promtool" "$(promtool_complaints <"$FILE")" ""
equal "others may read it" "$(stat -c %a "$FILE")" 644

broken=0
for ((i = 0; i < 300; i++)); do
	[[ $(<"$FILE") == *'skbscope_table_other_rows{program="-e",table="lengths"} '[0-9] ]] ||
		broken=$((broken + 1))
done
equal "a reader always gets the whole of it" "$broken" 0
kill -INT $SCOPE
wait $SCOPE
check "the last reading stays" all_counted
equal "nothing else does" "$(ls "$WORK" | grep -c scope.prom)" 1

mapfile -t programs < <("$SKBSCOPE" list -j | gojq -r '.[].name')
check "there are programs" test ${#programs[@]} -gt 10
for program in "${programs[@]}"; do
	"${IN[@]}" "$SKBSCOPE" run "$program" -i lo --duration 50ms -q -o openmetrics \
		--metrics-file "$FILE" >"$WORK/open" 2>"$WORK/errors"
	equal "promtool finds no fault with $program" "$(promtool_complaints <"$FILE")" ""
	equal "an OpenMetrics parser neither" "$(openmetrics_complaints <"$WORK/open")" ""
	equal "$program ends as OpenMetrics does" "$(tail -n 1 "$WORK/open")" "# EOF"
done

refuses() { # SENTENCE STATUS FILE PART
	local output
	output=$("$SKBSCOPE" run -e "$PROGRAM" -i lo --once -q --metrics-file "$3" 2>&1)
	equal "$1" $? "$2"
	contains "$1, and why" "$output" "$4"
}
refuses "a device is no file for metrics" 1 /dev/null "no regular file"
refuses "nor is a directory" 1 "$WORK" "no regular file"
refuses "nor is stdout" 2 - "--output openmetrics"
refuses "a directory must be there" 1 "$WORK/none/x.prom" "No such file"

mkdir "$WORK/small"
mount -t tmpfs -o size=4k skbscope-test "$WORK/small"
head -c 4096 /dev/zero >"$WORK/small/full"
output=$("${IN[@]}" "$SKBSCOPE" run sizes -i lo --once -q --metrics-file "$WORK/small/x.prom" 2>&1 >/dev/null)
equal "a disk that is full ends the run" $? 1
contains "and that is said" "$output" "x.prom': No space left on device"
equal "nothing of it is left" "$(ls "$WORK/small")" full

finish
