#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A recording in place of an interface: it counts what the same packets count on their way,
# and what tcpdump counts; the same each time; and nothing of it reaches a network.
. "$(dirname "$0")/lib.sh"

FRAMES=$TOOLS/frames
MADE=$WORK/made.pcap
SHORT=$WORK/short.pcap
"$FRAMES" make "$MADE" 5
"$FRAMES" make "$SHORT" 5 40

# replay ARGUMENTS of "skbscope run": OUTPUT and ERRORS are its text, STATUS its exit status.
replay() {
	limited 30 "${IN[@]}" "$SKBSCOPE" run -j "$@" >"$WORK/replay.out" 2>"$WORK/replay.err"
	STATUS=$?
	OUTPUT=$(plain "$(<"$WORK/replay.out")")
	ERRORS=$(plain "$(<"$WORK/replay.err")")
}

# Of readings: of the last, or of all of them.
rows() { gojq -c '[.tables | to_entries[] | {key, rows: (.value.rows | map(del(.rates)) | sort_by(tostring))}]' <<<"${1##*$'\n'}"; }
seen() { gojq '[.verdicts[].packets] | add // 0' <<<"${1##*$'\n'}"; }
each() { gojq -c "$1" <<<"$OUTPUT"; }

if type tcpdump >/dev/null 2>&1; then
	counted() { tcpdump -r "$1" --count 2>/dev/null | cut -d' ' -f1; }
else
	echo "skipped: what tcpdump counts: it is not installed"
	counted() { "$FRAMES" send "$1" lo; }
fi
N=$(counted "$MADE")

namespace near
namespace far
pair near out far in

for program in packet_count protocols; do
	case="$program"
	replay "$program" -r "$MADE"
	equal "$case: it ends with the recording" "$STATUS" 0
	recorded=$OUTPUT
	equal "$case: every packet is seen" "$(seen "$recorded")" "$N"
	equal "$case: there is one reading" "$(wc -l <"$WORK/replay.out")" 1
	equal "$case: nothing is lost" "$(gojq -c '.losses' <<<"$recorded")" "[]"
	replay "$program" -r "$MADE"
	equal "$case: the second time is like the first" "$OUTPUT" "$recorded"

	use far
	if start "$program" -i in; then
		use near
		equal "$case: as many are sent" "$("${IN[@]}" "$FRAMES" send "$MADE" out)" "$N"
		stop
		reading
		equal "$case: the same rows as live" "$(rows "$recorded")" "$(rows "$READING")"
		equal "$case: the same packets as live" "$(seen "$recorded")" "$(seen "$READING")"
	fi
	use home

	replay "$program" -r "$SHORT"
	equal "$case: a packet that was cut short counts" "$(seen "$OUTPUT")" "$N"
done
contains "it is said that packets were cut short" "$ERRORS" "cut short when they were recorded"

case="what comes in, as it was captured on the way"
if type tcpdump >/dev/null 2>&1; then
	use far
	: >"$WORK/tcpdump"
	"${IN[@]}" tcpdump -i in -w "$WORK/way.pcap" -U 2>"$WORK/tcpdump" &
	CAPTURE=$!
	check "$case: tcpdump listens" within 10 grep -q listening "$WORK/tcpdump"
	use near
	"${IN[@]}" "$FRAMES" send "$MADE" out >/dev/null
	all_there() { [ "$(counted "$WORK/way.pcap")" -ge "$N" ]; }
	check "$case: it has them all" within 10 all_there
	kill "$CAPTURE"
	wait "$CAPTURE"
	use home
	replay protocols -r "$WORK/way.pcap"
	way=$(rows "$OUTPUT")
	replay protocols -r "$MADE"
	equal "$case: the same rows" "$way" "$(rows "$OUTPUT")"
fi

case="time is the recording's"
replay packet_count -r "$MADE" --interval 1s
equal "$case: a reading each second, and the last" "$(each '.time_ns')" \
	"$(for ((i = 1; i <= 3; i++)); do echo $((1000000000 + i))000000000; done; echo 1000000003890000000)"
equal "$case: its hundredth of a second is a packet's" "$(each ".tables.packet_count.rows[].value")" \
	"$(printf '%s\n' 100 200 300 390)"
equal "$case: so are its rates" "$(each ".tables.packet_count.rows[].rates.value" | head -n 3)" \
	"$(printf '%s\n' 100 100 100)"
replay packet_count -r "$MADE" --duration 1500ms
equal "$case: --duration" "$(each '[.time_ns, .tables.packet_count.rows[].value]')" \
	"[1000000001500000000,150]"
replay packet_count -r "$MADE" --interval 1s --count 2
equal "$case: --count" "$(each ".tables.packet_count.rows[].value")" "$(printf '%s\n' 100 200)"

case="times that no clock has"
LATE=$WORK/late.pcapng
word() { printf "\\x$(printf %02x $(($1 & 255)))\\x$(printf %02x $(($1 >> 8 & 255)))\\x$(printf %02x $(($1 >> 16 & 255)))\\x$(printf %02x $(($1 >> 24 & 255)))"; }
{
	for w in 0x0a0d0d0a 28 0x1a2b3c4d 1 -1 -1 28; do word $w; done # the section
	for w in 1 32 1 0 0x00010009 0 0 32; do word $w; done          # in seconds
	for high in 0 0x100 0xffffffff; do
		for w in 6 92 0 $high 5 60 60; do word $w; done
		head -c 60 /dev/zero
		word 92
	done
} >"$LATE"
replay packet_count -r "$LATE"
equal "$case: none of the packets behind them is missed" "$STATUS $(seen "$OUTPUT")" "0 3"

case="from a pipe"
replay packet_count -r "$MADE"
whole=$(rows "$OUTPUT")
OUTPUT=$( (head -c 1000 "$MADE"; sleep 0.3; tail -c +1001 "$MADE") |
	limited 30 "$SKBSCOPE" run -qj packet_count -r -)
equal "$case: the same" "$(rows "$OUTPUT")" "$whole"
gzip -k "$MADE"
replay packet_count -r "$MADE.gz"
equal "packed: the same" "$(rows "$OUTPUT")" "$whole"

case="Ctrl-C"
mkfifo "$WORK/fed" # of its own: what waits reads from NEVER
launch packet_count -r "$WORK/fed"
exec 6>"$WORK/fed"
head -c 1000 "$MADE" >&6
replaying() { [[ $(<"$ERRORS") == *replaying* ]]; }
check "$case: it waits for a pipe" within 10 replaying
stop
exec 6>&-
equal "$case: it ends all the same" "$STATUS" 0

case="a mirror"
cat >"$PROGRAMS/mirror.c" <<PROGRAM
#include <uapi/linux/bpf.h>
BPF_ARRAY(nt_sent, u64, 1);
int nt_mirror(struct __sk_buff *skb)
{
	for (int i = 1; i < 32; i++)
		if (bpf_clone_redirect(skb, i, 0) == 0 && bpf_clone_redirect(skb, i, 1) == 0)
			nt_sent.atomic_increment(0);
	return bpf_redirect(1, 0);
}
PROGRAM
sed -i "s/\bnt_/$PREFIX/g" "$PROGRAMS/mirror.c"
use near
traffic() { "${IN[@]}" cat /proc/net/dev; }
before=$(traffic)
replay "$PROGRAMS/mirror.c" -r "$MADE"
equal "$case: it is fed everything" "$(seen "$OUTPUT")" "$N"
equal "$case: every call succeeds" "$(gojq '.tables.nt_sent.rows[0].value' <<<"$OUTPUT")" $((31 * N))
contains "$case: it is said what would have been sent" "$ERRORS" "would have sent $((2 * N)) packets to out"
equal "$case: no interface has sent or received anything" "$(traffic)" "$before"
use home

case="diff"
cp "$SOURCE/programs/protocols.c" "$WORK/new.c"
OUTPUT=$("$SKBSCOPE" diff protocols "$WORK/new.c" -j -r "$MADE" 2>"$WORK/replay.err")
equal "$case: the same programs do not differ" "$?" 0
contains "$case: both see everything" "$(<"$WORK/replay.err")" "both saw the same $N packets"
sed -i 's/skb->len/(skb->len+1)/' "$WORK/new.c"
OUTPUT=$("$SKBSCOPE" diff protocols "$WORK/new.c" -qj -r "$MADE")
equal "$case: different ones do" "$?" 5

case="a filter"
for words in "ip6" "vlan" "vlan and vlan and udp" "ip[6:2] & 0x1fff != 0" "ether broadcast" "len > 1000" "not ip"; do
	[ "$N" != 0 ] && type tcpdump >/dev/null 2>&1 || continue
	# shellcheck disable=SC2086
	replay packet_count -r "$MADE" $words
	equal "$case: $words: as many as tcpdump has" "$(seen "$OUTPUT")" \
		"$(tcpdump -r "$MADE" --count $words 2>/dev/null | cut -d' ' -f1)"
done

case="an edit"
printf '/* edited */\nBPF_ARRAY(packets, u64, 1);\nint count(struct __sk_buff *skb)\n{\n\tpackets.atomic_increment(0, 1);\n\treturn 0;\n}\n' >"$WORK/edited.c"
launch "$WORK/edited.c" -r "$MADE" --watch
packets_are() { reading && [[ $READING == *"\"value\":$1,"* ]]; }
check "$case: the recording is shown" within 20 packets_are "$N"
sed -i 's/(0, 1)/(0, 10)/' "$WORK/edited.c"
check "$case: the next version is fed all of it, and has its own tables" within 20 packets_are $((10 * N))
refute "$case: it goes on" gone "$SCOPE"
stop
equal "$case: and ends well" "$STATUS" 0

case="bad input"
refused() { # SENTENCE STATUS WORDS ARGUMENTS…
	replay "${@:4}"
	equal "$case: $1: its status" "$STATUS" "$2"
	contains "$case: $1: it is said" "$ERRORS" "$3"
}
head -c 24 "$MADE" >"$WORK/empty.pcap"
replay packet_count -r "$WORK/empty.pcap"
equal "$case: no packets is no failure" "$STATUS $(seen "$OUTPUT")" "0 0"
refused "a program" 1 "is not a capture" packet_count -r "$SOURCE/programs/protocols.c"
refused "no file" 1 "No such file" packet_count -r "$WORK/none.pcap"
refused "a recording and an interface" 2 "takes the place of" packet_count -r "$MADE" -i lo
refused "no network" 2 "" packet_count -r "$MADE" --local nonsense
head -c 1000 "$MADE" >"$WORK/cut.pcap"
refused "one that is cut" 1 "cut.pcap" packet_count -r "$WORK/cut.pcap"
check "$case: what was before the cut is counted" test "$(seen "$OUTPUT")" -gt 0

case="which way"
cat >"$WORK/ways.c" <<PROGRAM
/*
 * ways - which way packets go
 * @ingress arrives
 * @egress leaves
 */
#include <uapi/linux/bpf.h>
BPF_ARRAY(ways, u64, 2);
int arrives(struct __sk_buff *skb) { ways.atomic_increment(0); return 0; }
int leaves(struct __sk_buff *skb) { ways.atomic_increment(1); return 0; }
PROGRAM
replay "$WORK/ways.c" -r "$MADE" --local 10.0.0.1
ways=($(gojq '.tables.ways.rows[].value' <<<"$OUTPUT"))
equal "$case: together all" $((ways[0] + ways[1])) "$N"
check "$case: those of a local address leave" test "${ways[1]}" -gt 100
replay packet_count -r "$MADE" --local 10.0.0.1
contains "$case: those without a function are accounted for" "$ERRORS" \
	"${ways[1]} of a direction that the program has no function for"

finish
