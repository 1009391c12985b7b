#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An event for each packet: what is shown and what is lost is what was sent, to the event,
# from two senders at full speed, with a reader who is slow and with one who is gone.
. "$(dirname "$0")/lib.sh"

FRAMES=20023
namespace near
namespace far
pair near out far in

# Of the events in the final reading, which is the last line.
received() { last '.tables.nt_events.received'; }
lost() { last '.tables.nt_events.lost'; }
lines() { grep -c '^{"event":' "$READINGS"; }
seen_packets() { last '[.verdicts[].packets] | add // 0'; }
has_lines() { [ "$(lines)" -ge "$1" ]; }

for hook in "${HOOKS[@]}"; do
	case="$hook, one sender"
	use far
	start "$PROGRAMS/events.c" -i in --hook "$hook" || continue
	use near
	sent=$(send out udp4 "$FRAMES" -l 90)
	check "$case: all of them are shown while it runs" within 10 has_lines "$FRAMES"
	stop INT
	use far
	equal "$case: Ctrl-C is a normal end" "$STATUS" 0
	equal "$case: an event for each packet" "$(received)" "$sent"
	equal "$case: nothing is lost" "$(lost)" 0
	equal "$case: each has a line" "$(lines)" "$sent"
	equal "$case: with what was submitted" \
		"$(grep '^{"event":' "$READINGS" | gojq -c '[.len, .shown]' | sort -u)" "[90,1]"
	equal "$case: in order" "$(grep '^{"event":' "$READINGS" | gojq '."value.time"' | sort -nc 2>&1)" ""
	contains "$case: the summary counts them" "$(plain "$(<"$ERRORS")")" "$sent events"
	nothing_left "$case" in

	for buffer in 16k 16M; do
		case="$hook, two senders, a buffer of $buffer"
		use far
		start "$PROGRAMS/events.c" -i in --hook "$hook" --buffer "$buffer" || continue
		use near
		sent=$(send out udp4 "$FRAMES" -l 90 -t 2)
		use far
		stop INT
		equal "$case: all were sent" "$sent" "$FRAMES"
		equal "$case: all were seen" "$(seen_packets)" "$sent"
		equal "$case: shown and lost are all" "$(($(received) + $(lost)))" "$sent"
		equal "$case: each that was received has a line" "$(lines)" "$(received)"
		[ "$buffer" = 16k ] || equal "$case: nothing is lost" "$(lost)" 0
		nothing_left "$case" in
	done
done

# --- how it is shown

use far
start "$PROGRAMS/events.c" -i in --count 7 || exit 1
use near
send out udp4 23 -l 90 >/dev/null
use far
wait_for_end
equal "--count: ends by itself" "$STATUS" 0
equal "--count: after so many events" "$(lines)" 7
equal "--count: those that were read besides are counted" \
	"$(last '.tables.nt_events | .received - .not_shown')" 7
equal "--count: received and lost are what was submitted all the same" \
	"$(($(received) + $(lost)))" "$(seen_packets)"
nothing_left "after --count" in

shown() { # OPTIONS…: as text, while five packets come, and BEFORE_END; OUTPUT
	ERRORS=$WORK/shown.err
	use far
	rm -f "$ERRORS"
	"${IN[@]}" env --default-signal=INT TZ=UTC "$SKBSCOPE" run "$PROGRAMS/events.c" -i in "$@" \
		>"$WORK/shown" 2>"$ERRORS" &
	SCOPE=$!
	check "$CASE: it attaches" within 20 eval '[ -e "$ERRORS" ] && attached_or_gone'
	use near
	send out udp4 5 -l 90 >/dev/null
	use far
	check "$CASE: the events are shown at once" within 5 \
		eval '[ "$(grep -c "^[0-9][0-9]:.*  90 " "$WORK/shown")" = 5 ]'
	[ -z "${BEFORE_END:-}" ] ||
		check "$CASE: it is there before the end" within 5 grep -q "$BEFORE_END" "$WORK/shown"
	stop INT
	OUTPUT=$(plain "$(<"$WORK/shown")")
}

CASE="text"
shown
equal "$CASE: a head" "$(head -n 1 <<<"$OUTPUT" | tr -s ' ')" "time value.time len shown"
equal "$CASE: and a line for each event, and nothing else" "$(wc -l <<<"$OUTPUT")" 6
# But where the clock has just got one more digit.
check "$CASE: all as wide" awk '!lines[length]++ { widths++ } NR > 1 && !clocks[length($2)]++ { digits++ }
	END { exit widths > digits }' <<<"$OUTPUT"

CASE="text, with a table"
shown -D COUNT
contains "$CASE: the table comes at the end" "$(tail -n 3 <<<"$OUTPUT")" "key  value"
contains "$CASE: with the number of events" "$OUTPUT" "nt_events: 5 events"

CASE="text, with an interval"
BEFORE_END='^[^ ]*events: '
shown --interval 100ms
BEFORE_END=

# --- the edit loop

cp "$PROGRAMS/events.c" "$WORK/edited.c"
use far
start "$WORK/edited.c" -i in --watch || exit 1
use near
start_sending out udp4 2000
check "edited: events come" within 10 has_lines 50
sed -i 's/define SHOWN 1/define SHOWN 2/' "$WORK/edited.c"
check "edited: those of the new version, too" within 20 grep -q '"shown":2' "$READINGS"
sed -i 's/u32 shown;/u32 shown, more;/' "$WORK/edited.c"
check "edited: and of another shape" within 20 grep -q '"more":0' "$READINGS"
stop_sending
use far
stop INT
equal "edited: an event for each packet, over all versions" \
	"$(received) $(lost) $(seen_packets)" "$SENT 0 $SENT"
equal "edited: and a line" "$(lines)" "$SENT"
nothing_left "after editing" in

# --- readers

CASE="a reader who does not read"
use far
mkfifo "$WORK/pipe"
exec 9<>"$WORK/pipe"
"${IN[@]}" env --default-signal=INT "$SKBSCOPE" run -j "$PROGRAMS/events.c" -i in --buffer 64k \
	>"$WORK/pipe" 2>"$WORK/slow.err" 9<&- &
SCOPE=$!
exec 8<"$WORK/pipe" 9<&-
ERRORS=$WORK/slow.err
check "$CASE: it attaches" within 20 attached_or_gone
use near
sent=$(send out udp4 "$FRAMES" -l 90)
equal "$CASE: keeps no packet" "$sent" "$FRAMES"
use far
cat <&8 >"$WORK/read" &
READER=$!
exec 8<&-
kill -INT "$SCOPE"
check "$CASE: Ctrl-C ends it when he reads on" within 10 gone "$SCOPE"
wait "$SCOPE"
equal "$CASE: well" "$?" 0
wait "$READER"
READINGS=$WORK/read
equal "$CASE: what he got and what was lost are all" "$(($(lines) + $(lost)))" "$sent"
check "$CASE: some were lost" test "$(lost)" -gt 0
contains "$CASE: which is told" "$(plain "$(<"$ERRORS")")" "lost: $(lost) (nt_events"
nothing_left "$CASE" in

CASE="a reader who never reads"
rm "$ERRORS" # it speaks of what was attached before
"${IN[@]}" env --default-signal=INT "$SKBSCOPE" run -j "$PROGRAMS/events.c" -i in \
	>"$WORK/pipe" 2>"$ERRORS" &
SCOPE=$!
exec 8<"$WORK/pipe"
check "$CASE: it attaches" within 20 attached_or_gone
use near
send out udp4 "$FRAMES" -l 90 >/dev/null
use far
hears INT
check "$CASE: does not keep it" within 10 gone "$SCOPE"
wait "$SCOPE"
equal "$CASE: and that is a failure" "$?" 1
exec 8<&-
nothing_left "$CASE" in

CASE="a reader who goes"
start "$PROGRAMS/events.c" -i in --fail-on-loss --buffer 4k || exit 1
use near
send out udp4 "$FRAMES" -l 90 -t 2 >/dev/null
use far
stop INT
[ "$(lost)" = 0 ] || equal "losses are a status, if that was asked for" "$STATUS" 6
rm "$ERRORS"
"${IN[@]}" "$SKBSCOPE" run -j "$PROGRAMS/events.c" -i in 2>"$ERRORS" | head -n 1 >/dev/null &
READER=$!
check "$CASE: it attaches" within 20 grep -q 'attached to' "$ERRORS"
use near
start_sending out udp4 2000
check "$CASE: it ends" within 10 gone "$READER"
stop_sending
use far
nothing_left "$CASE" in

# --- two versions

CASE="diff"
sed 's/nt_events.perf_submit/if (skb->len > 80) &/' "$HERE/programs/events.c" |
	sed "s/\bnt_/$PREFIX/g" >"$WORK/fewer.c"
"${IN[@]}" env --default-signal=INT "$SKBSCOPE" diff "$PROGRAMS/events.c" "$WORK/fewer.c" -i in -j \
	>"$WORK/diff" 2>"$WORK/diff.err" &
SCOPE=$!
ERRORS=$WORK/diff.err
check "$CASE: it attaches" within 20 attached_or_gone
use near
send out udp4 23 -l 70 >/dev/null
send out udp4 46 -l 90 >/dev/null
use far
stop
OUTPUT=$(plain "$(tail -n 1 "$WORK/diff")")
equal "$CASE: the numbers of events are compared" "$STATUS" 5
equal "$CASE: and told" \
	"$(gojq -c '.tables.nt_events | [.old.received, .new.received]' <<<"$OUTPUT")" "[69,46]"
nothing_left "$CASE" in

finish
