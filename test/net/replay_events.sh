#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Events of a recording: every one of them, in its order, at its packet's time, whatever the
# buffer and however slow the reader; and as many with two versions at once.
. "$(dirname "$0")/lib.sh"

N=$(repeats 10023)
MANY=$WORK/many.pcap
MADE=$WORK/made.pcap
PROGRAM=$PROGRAMS/submitted.c
"$TOOLS/frames" many "$MANY" "$N"
"$TOOLS/frames" make "$MADE" 3

# replay ARGUMENTS of "skbscope run": OUT has what it printed, STATUS its exit status.
OUT=$WORK/replay.out
replay() {
	limited 60 "$SKBSCOPE" run -j "$@" >"$OUT" 2>"$WORK/replay.err"
	STATUS=$?
}
counts() { tail -n 1 "${1:-$OUT}" | gojq -c '[.tables[] | [.received, .lost, .not_shown]]'; }
all_of() { printf '[[%d,0,0],[%d,0,0],[%d,0,0],[%d,0,0]]' $((5 * $1)) $((5 * $1)) "$1" $((2 * $1)); }

CASE="everything"
replay "$PROGRAM" -r "$MANY" --fail-on-loss
cp "$OUT" "$WORK/first"
equal "$CASE: it ends well, with nothing lost" "$STATUS $(counts)" "0 $(all_of "$N")"
equal "$CASE: each has a line" "$(grep -c '^{"event":' "$OUT")" $((13 * N))
equal "$CASE: in the order in which they were submitted" \
	"$(plain "$(head -n 13 "$OUT")" | gojq -r '"\(.event) \(.number // .text)"' | paste -sd,)" \
	"print 60 bytes,nt_first 0,nt_second 1,nt_first 2,nt_second 3,nt_first 4,nt_second 5,nt_first 6,nt_second 7,nt_first 8,nt_second 9,nt_whole 10,print seen"
replay "$PROGRAM" -r "$MANY"
check "$CASE: the second time it is the same, to the byte" cmp "$OUT" "$WORK/first"

CASE="the time"
seconds() { # of packets, as tcpdump has them
	tcpdump -ttnr "$1" 2>/dev/null | cut -d' ' -f1 | sort -u
}
if type tcpdump >/dev/null 2>&1; then
	replay "$PROGRAM" -r "$MADE"
	equal "$CASE: that of the packet" \
		"$(grep "${PREFIX}whole" "$OUT" | gojq -r '.time' | sed 's/...Z$//' | sort -u)" \
		"$(seconds "$MADE" | while IFS=. read -r s us; do
			TZ=UTC printf '%(%FT%T)T.%s\n' "$s" "$us"
		done)"
else
	echo "skipped: what tcpdump says of times: it is not installed"
fi

CASE="-v"
limited 60 "$SKBSCOPE" run -v --time none -e 'bpf_trace_printk("%d\n", 7);' -r "$MANY" 2>/dev/null |
	sort | uniq -c | tr -s ' ' >"$OUT"
equal "$CASE: each print has its place" "$(<"$OUT")" " $N -e:1: 7"

CASE="the smallest buffer"
replay "$PROGRAM" -r "$MANY" --buffer 4k
equal "$CASE: nothing is lost" "$(counts)" "$(all_of "$N")"
equal "$CASE: the same events" "$(grep '^{"event":' "$OUT" | cksum)" \
	"$(grep '^{"event":' "$WORK/first" | cksum)"

CASE="a reader who is slow"
limited 120 "$SKBSCOPE" run -qj "$PROGRAM" -r "$MANY" | dd bs=64 status=none >"$OUT"
check "$CASE: gets the same" cmp "$OUT" "$WORK/first"

CASE="a reader who goes"
limited 60 "$SKBSCOPE" run -qj "$PROGRAM" -r "$MANY" 2>"$WORK/replay.err" | head -n 3 >"$OUT"
equal "$CASE: nothing is said of it" "$(<"$WORK/replay.err")" ""
equal "$CASE: has what was read" "$(cat "$OUT")" "$(head -n 3 "$WORK/first")"

CASE="--count"
replay "$PROGRAM" -r "$MANY" --count 20
equal "$CASE: so many" "$STATUS $(grep -c '^{"event":' "$OUT")" "0 20"
check "$CASE: the first" cmp <(head -n 20 "$OUT") <(head -n 20 "$WORK/first")
equal "$CASE: it ends with the packet that had the last; the rest of its events are counted" \
	"$(counts)" "[[10,0,2],[10,0,2],[2,0,1],[4,0,1]]"
equal "$CASE: and at its time" "$(tail -n 1 "$OUT" | gojq -r .time)" \
	"$(sed -n 20p "$OUT" | gojq -r .time)"

CASE="-w"
limited 60 "$SKBSCOPE" run -q "$PROGRAM" -r "$MANY" -w - | dd bs=512 status=none >"$WORK/written"
if type tcpdump >/dev/null 2>&1; then
	equal "$CASE: each packet once, with its time" \
		"$(tcpdump -ttnr "$WORK/written" 2>/dev/null | cksum)" \
		"$(tcpdump -ttnr "$MANY" 2>/dev/null | cksum)"
fi

CASE="two versions"
sed 's/i < 5/i < 3/' "$PROGRAM" >"$WORK/fewer.c"
limited 60 "$SKBSCOPE" diff "$PROGRAM" "$WORK/fewer.c" -j -r "$MANY" >"$OUT" 2>"$WORK/replay.err"
equal "$CASE: they differ" "$?" 5
equal "$CASE: each has all of its own" \
	"$(plain "$(tail -n 1 "$OUT")" | gojq -c '.tables | [.nt_first, .nt_second] | map(.old.received, .old.lost, .new.received, .new.lost)')" \
	"[$((5 * N)),0,$((3 * N)),0,$((5 * N)),0,$((3 * N)),0]"
limited 60 "$SKBSCOPE" diff "$PROGRAM" "$PROGRAM" -j -r "$MANY" --interval 20ms >"$OUT" 2>"$WORK/replay.err"
equal "$CASE: the same one does not differ from itself, at no moment" \
	"$? $(gojq .same "$OUT" | sort -u)" "0 true"

finish
