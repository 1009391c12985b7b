#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a program prints is seen as it comes, to the line, with nothing of tracefs.
. "$(dirname "$0")/lib.sh"

FRAMES=2023
has_line() { grep -q "\"text\":\"$1\"" "$READINGS"; }
namespace near
namespace far
pair near out far in

printed() { # OPTIONS…: as text, while five packets come; OUTPUT
	ERRORS=$WORK/printed.err
	use far
	rm -f "$ERRORS"
	"${IN[@]}" env --default-signal=INT TZ=UTC "$SKBSCOPE" run -i in "$@" \
		>"$WORK/printed" 2>"$ERRORS" &
	SCOPE=$!
	check "$CASE: it attaches" within 20 eval '[ -e "$ERRORS" ] && attached_or_gone'
	use near
	send out udp4 5 -l 90 >/dev/null
	use far
	check "$CASE: the lines are shown at once" within 5 \
		eval '[ "$(grep -c "$LINE" "$WORK/printed")" = 5 ]'
	stop INT
	OUTPUT=$(plain "$(<"$WORK/printed")")
}

CASE="a hello world" LINE='^hello 90$'
printed -e 'bpf_trace_printk("hello %d\n", skb->len);'
equal "$CASE: its lines and nothing else" "$(sort "$WORK/printed" | uniq -c | tr -s ' ')" " 5 hello 90"
nothing_left "$CASE" in

CASE="with places" LINE='^-e:1: hello 90$'
printed -v -e 'bpf_trace_printk("hello %d\n", skb->len);'

CASE="beside events" LINE='^[0-9][0-9]:.*  print  *hello 90$'
cp "$PROGRAMS/events.c" "$WORK/both.c"
sed -i '/perf_submit/i \\tbpf_trace_printk("hello %d\\n", skb->len);' "$WORK/both.c"
printed "$WORK/both.c"
equal "$CASE: the events have lines, too" "$(grep -c 'nt_events ' <<<"$OUTPUT")" 5

CASE="-c and --time" LINE='^[0-9][0-9]:.*  hello 90$'
ERRORS=$WORK/printed.err
rm -f "$ERRORS"
"${IN[@]}" "$SKBSCOPE" run -i in -c 3 --time utc -e 'bpf_trace_printk("hello %d\n", skb->len);' \
	>"$WORK/printed" 2>"$ERRORS" &
SCOPE=$!
check "$CASE: it attaches" within 20 eval '[ -e "$ERRORS" ] && attached_or_gone'
use near
send out udp4 5 -l 90 >/dev/null
use far
wait_for_end
equal "$CASE: ends by itself, after so many" "$STATUS $(grep -c "$LINE" "$WORK/printed")" "0 3"
nothing_left "$CASE" in

CASE="-x" LINE='^   *90  +64 B$'
printed -x --time none -e 'BPF_PERF_OUTPUT(frames);
	u32 length = skb->len;
	frames.perf_submit_skb(skb, 64, &length, sizeof(length));'
equal "$CASE: the frame is below each, from its MAC header on" \
	"$(grep -c '^.0x0000:  .* 0800 4500$' "$WORK/printed") $(grep -c '^.0x0030:' "$WORK/printed")" \
	"5 5"
nothing_left "$CASE" in

for hook in "${HOOKS[@]}"; do
	CASE="$hook"
	cat >"$WORK/many.c" <<-EOT
		#define DBG(f, ...) bpf_trace_printk("dbg: " f, ##__VA_ARGS__)
		BPF_ARRAY(${PREFIX}seen, u64, 1);
		int ${PREFIX}tell(struct __sk_buff *skb)
		{
			${PREFIX}seen.atomic_increment(0);
			DBG("%d of %s\n", skb->len, "UDP");
			return -1;
		}
	EOT
	use far
	start "$WORK/many.c" -i in --hook "$hook" || continue
	use near
	sent=$(send out udp4 "$FRAMES" -l 90)
	use far
	stop INT
	READ=$(plain "$(<"$READINGS")")
	equal "$CASE: a line for each packet" \
		"$(grep '^{"event":"print"' <<<"$READ" | gojq -r '[.text, .line, .function] | @csv' |
			sort | uniq -c | tr -s ' ')" " $sent \"dbg: 90 of UDP\",6,\"nt_tell\""
	equal "$CASE: and none is lost" \
		"$(tail -n 1 <<<"$READ" | gojq -c '.tables.print | [.received, .lost]')" "[$sent,0]"
	nothing_left "$CASE" in
done

CASE="a flood"
use far
start "$WORK/many.c" -i in --buffer 4k --fail-on-loss || exit 1
use near
sent=$(send out udp4 20023 -l 90 -t 2)
use far
stop INT
READ=$(plain "$(<"$READINGS")")
equal "$CASE: shown and lost are all" \
	"$(tail -n 1 <<<"$READ" | gojq -c '.tables.print | .received + .lost')" "$sent"
equal "$CASE: each that was received has a line" "$(grep -c '^{"event":"print"' <<<"$READ")" \
	"$(tail -n 1 <<<"$READ" | gojq -c '.tables.print.received')"
nothing_left "$CASE" in

CASE="edited"
use far
start "$WORK/many.c" -i in --watch || exit 1
use near
start_sending out udp4 2000
check "$CASE: lines come" within 10 has_line "dbg: [0-9]* of UDP"
sed -i 's/of %s/OF %s/' "$WORK/many.c"
check "$CASE: those of the new version, too" within 20 has_line "dbg: [0-9]* OF UDP"
stop_sending
use far
stop INT
equal "$CASE: a line for each packet, over both versions" \
	"$(grep -c '^{"event":"print"' "$READINGS")" "$SENT"
nothing_left "$CASE" in

finish
