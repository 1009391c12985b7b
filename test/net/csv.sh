#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# CSV as a reader of CSV finds it: one head, a line a row and reading, and the numbers that
# were sent.
. "$(dirname "$0")/lib.sh"

namespace near
use near
cat >"$WORK/both.c" <<'EOT'
#include <uapi/linux/bpf.h>

struct event {
	u32 length;
	char words[8];
};

BPF_HASH(lengths, u32, u64);
BPF_RINGBUF_OUTPUT(events, 8);

int both(struct __sk_buff *skb)
{
	struct event event = { .length = skb->len, .words = "a,\"b\"" };

	lengths.atomic_increment(event.length);
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}
EOT

# What a reader makes of it: EXPRESSION of the rows, each a dictionary.
of_csv() { # FILE EXPRESSION
	/usr/bin/python3 -c '
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
print(eval(sys.argv[2]))' "$@"
}
pings() { "${IN[@]}" ping -q -c "$1" -i 0.01 127.0.0.1 >/dev/null; }
csv() { # ARGUMENTS of run: in the background, to $WORK/csv
	"${IN[@]}" "$SKBSCOPE" run "$@" -o csv >"$WORK/csv" 2>"$WORK/errors" &
	SCOPE=$!
	check "attaches: run $*" within 20 grep -q 'attached to' "$WORK/errors"
}
ends() { kill -INT $SCOPE; wait $SCOPE; }

csv "$WORK/both.c" -i lo -Q in --table lengths --interval 50ms
pings 23
check "rows come" within 10 grep -q ',98,46$' "$WORK/csv"
ends
equal "it ends well" $? 0
equal "the columns are those of the table, and the time" \
	"$(of_csv "$WORK/csv" '",".join(rows[0])')" "time,key,value"
equal "the head is there once" "$(grep -c ^time "$WORK/csv")" 1
equal "each reading has the row once" \
	"$(of_csv "$WORK/csv" 'len({row["time"] for row in rows}) == len(rows) > 1')" True
equal "the last says what was sent" "$(of_csv "$WORK/csv" 'rows[-1]["key"], rows[-1]["value"]')" "('98', '46')"

csv "$WORK/both.c" -i lo -Q in --table events
pings 5
check "events come" within 10 grep -q a, "$WORK/csv"
ends
equal "an event is a line, with the text that it has" \
	"$(of_csv "$WORK/csv" 'len(rows), {(row["function"], row["length"], row["words"], row["rest_bytes"]) for row in rows}')" \
	"(10, {('both', '98', 'a,\"b\"', '0')})"

start "$WORK/both.c" -i lo -Q in --duration 30s
pings 4
check "a table of a run" within 10 bash -c \
	"'${IN[0]}' '${IN[1]}' -- '$SKBSCOPE' ctl get lengths -o csv | grep -q ',98,8\$'"
"${IN[@]}" "$SKBSCOPE" ctl list -o csv >"$WORK/csv"
equal "runs" "$(of_csv "$WORK/csv" '[(row["program"], row["tables"]) for row in rows]')" "[('both', 'lengths')]"
kill -INT $SCOPE
wait $SCOPE

refuses() { # SENTENCE STATUS PART ARGUMENTS…
	local sentence=$1 status=$2 part=$3 output
	shift 3
	output=$("${IN[@]}" "$SKBSCOPE" "$@" 2>&1)
	equal "$sentence" $? "$status"
	contains "$sentence, in words" "$output" "$part"
}
refuses "several tables are one too many" 2 "CSV is one table, and there are 2: lengths, events" \
	run "$WORK/both.c" -i lo -o csv --once
refuses "a table that is not there" 2 "did you mean 'lengths'" \
	run "$WORK/both.c" -i lo -o csv --table length --once
refuses "a table is chosen for CSV alone" 2 "--output csv --table lengths" \
	run "$WORK/both.c" -i lo --table lengths --once
refuses "several lists of an answer" 2 "there are 4: functions, tables, waiting, warnings" \
	check "$WORK/both.c" -o csv
refuses "differences are no metrics" 2 "openmetrics" diff "$WORK/both.c" "$WORK/both.c" -i lo -o openmetrics

csv "$WORK/both.c" -i lo -Q in --table lengths --interval 50ms --watch
pings 1
check "rows come before the edit" within 10 grep -q ',98,2$' "$WORK/csv"
sed -e 's/BPF_HASH(lengths, u32, u64)/struct length { u32 length, other; }; BPF_HASH(lengths, struct length, u64)/' \
	-e 's/lengths.atomic_increment(event.length)/struct length l = { event.length, 1 }; lengths.atomic_increment(l)/' \
	"$WORK/both.c" >"$WORK/new.c"
mv "$WORK/new.c" "$WORK/both.c"
check "an edit that changes the columns ends it" within 20 gone "$SCOPE"
wait $SCOPE
equal "as a failure" $? 1
contains "which says why" "$(<"$WORK/errors")" "CSV has one head"
equal "what was written is whole" "$(of_csv "$WORK/csv" '",".join(rows[-1])')" "time,key,value"

finish
