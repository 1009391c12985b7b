#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What every command writes with -j is what docs/schema.json says.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/test/schema.sh"

keeps() { # SENTENCE NAMES COMMAND…: whatever its exit status
	local sentence=$1 names=$2 output
	shift 2
	output=$("$@" 2>"$WORK/errors")
	# shellcheck disable=SC2086
	equal "$sentence" "$(schema_complaints $names <<<"$output")" "" || cat "$WORK/errors"
	printf '%s\n' "$output" >"$WORK/last"
}

for golden in first second per_cpu histograms; do
	equal "$golden.json.txt is a reading" "$(schema_complaints reading <"$SOURCE/test/golden/$golden.json.txt")" ""
done
for golden in difference no-difference; do
	equal "$golden.json.txt is a difference" "$(schema_complaints difference <"$SOURCE/test/golden/$golden.json.txt")" ""
done

namespace near
use near
cat >"$WORK/all.c" <<'EOT'
/* all - a table, events and prints.
 * @param LIMIT=23 of nothing
 */
#include <uapi/linux/bpf.h>

struct event {
	u32 length;
	char name[4];
	u8 bytes[3];
};

BPF_RINGBUF_OUTPUT(events, 8);
BPF_PERF_OUTPUT(packets);
BPF_HASH(lengths, u32, u64);
BPF_ARRAY(wanted, u32, 1);
BPF_QUEUE(queue, u32, 4);

int all(struct __sk_buff *skb)
{
	struct event event = { .length = skb->len };
	u32 zero = 0, *found = wanted.lookup(&zero);

	if (found)
		lengths.atomic_increment(event.length);
	events.ringbuf_output(&event, sizeof(event), 0);
	packets.perf_submit_skb(skb, skb->len, &event, sizeof(event));
	bpf_trace_printk("%d bytes\n", skb->len);
	return 0;
}
EOT
sed 's/atomic_increment(event.length)/atomic_increment(event.length, 2)/; s/BPF_QUEUE.*//' "$WORK/all.c" >"$WORK/new.c"
cat >"$WORK/wrong.test" <<'EOT'
program packet_count

case nothing of what was expected
packet in
	02:00:00:00:00:01 02:00:00:00:00:02 08:00
expect table packet_count  value=23
EOT

keeps "list" list "$SKBSCOPE" list -j
equal "-p is the same with more lines" "$("$SKBSCOPE" list -p | gojq -c .)" "$("$SKBSCOPE" list -j | gojq -c .)"
check "one for each value" test "$("$SKBSCOPE" list -p | grep -c '"name": "talkers"')" = 1
keeps "doctor" doctor "$SKBSCOPE" doctor -j
keeps "show" show "$SKBSCOPE" show -j "$WORK/all.c"
keeps "check" check "$SKBSCOPE" check -j "$WORK/all.c"
keeps "check of a text" check "$SKBSCOPE" check -j -e 'BPF_HASH(a); a.increment(skb->len);'
keeps "check without privilege" check setpriv --bounding-set=-all --inh-caps=-all "$SKBSCOPE" check -j packet_count
keeps "tests that pass" test "$SKBSCOPE" test -j "$SOURCE/programs/arp.test"
keeps "a test that fails" test "$SKBSCOPE" test -j "$WORK/wrong.test"
keeps "tests, and what they cover" "test coverage" "$SKBSCOPE" test --coverage -j "$SOURCE/programs/arp.test"
CAPTURE=$SOURCE/test/program/bundled/eth0.pcapng.gz
keeps "an explanation" explanation "$SKBSCOPE" explain flows -j -r "$CAPTURE" tcp
keeps "one with events and prints" explanation "$SKBSCOPE" explain "$WORK/all.c" -Q inout -j -r "$CAPTURE"
mkdir "$WORK/none"
printf 'int count(struct __sk_buff *skb)\n{\n\treturn;\n' >"$WORK/count.c"
keeps "the labs" lab_list "$SKBSCOPE" lab list -j
keeps "grades" lab_grade "$SKBSCOPE" lab grade -j 1 "$SOURCE"/test/labs/01/* "$SOURCE/docs/labs/01-count-packets" "$WORK" "$WORK/none"
check "of one that does not compile, and of one without the file" test \
	"$(gojq -s '[.[].result] | contains(["does not compile", "no file", "passed", "not yet", "unchanged"])' "$WORK/last")" = true
keeps "the list of what is cached" cache_list "$SKBSCOPE" cache list -j

start "$WORK/all.c" -i lo -x --per-cpu --duration 30s
ping_through() { "${IN[@]}" ping -q -c 3 -i 0.05 127.0.0.1 >/dev/null; }
ping_through
check "events come" within 10 grep -q '"event":"print"' "$READINGS"
keeps "the list of runs" ctl_list "${IN[@]}" "$SKBSCOPE" ctl list -j
keeps "rows of a run" reading "${IN[@]}" "$SKBSCOPE" ctl get -j lengths 'lengths[98]'
kill -INT $SCOPE
wait $SCOPE
equal "events, prints and a reading" "$(schema_complaints reading event print <"$READINGS")" ""
equal "all three were there" "$(gojq -r 'if .event == "print" then "print" elif .event then "event" else "reading" end' \
	"$READINGS" | sort -u | paste -sd,)" "event,print,reading"

"${IN[@]}" "$SKBSCOPE" diff -j "$WORK/all.c" "$WORK/new.c" -i lo --interval 100ms --duration 1s \
	>"$WORK/diff" 2>"$WORK/errors" &
DIFF=$!
check "diff attaches" within 20 grep -q 'attached to' "$WORK/errors"
ping_through
wait $DIFF
equal "a comparison" "$(schema_complaints difference <"$WORK/diff")" ""
check "of what differs" grep -q '"same":false' "$WORK/diff"

"$TOOLS/frames" make "$WORK/web.pcap"
keeps "a recording" reading "$SKBSCOPE" run -j protocols -r "$WORK/web.pcap" ip
check "of one it is told" grep -q recording "$WORK/last"
mapfile -t programs < <("$SKBSCOPE" list -j | gojq -r '.[].name')
check "there are programs" test ${#programs[@]} -gt 10
for program in "${programs[@]}"; do
	keeps "show $program" show "$SKBSCOPE" show -j "$program"
	keeps "run $program" "reading event print" "${IN[@]}" "$SKBSCOPE" run -j "$program" -i lo \
		--interval 50ms --duration 200ms
done
keeps "processes" reading "${IN[@]}" "$SKBSCOPE" run -j connections -i lo --duration 100ms --process
keeps "the count of what was cached" cache_clear "$SKBSCOPE" cache clear -j

finish
