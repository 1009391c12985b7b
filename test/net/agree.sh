#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a program counts on the way of packets, what it counts of a capture of the same packets,
# and what tcpdump counts in that: all bundled programs and those of test/net/agree, which use
# one thing each that a replay has to get right. Only columns of times are not compared.
. "$(dirname "$0")/lib.sh"

type tcpdump >/dev/null 2>&1 || { echo "skipped: tcpdump is not installed"; exit 77; }
FRAMES=$TOOLS/frames
cp -r "$HERE/agree" "$WORK/agree"
sed -i "s/\bnt_/$PREFIX/g" "$WORK"/agree/*.c

declare -A KINDS=([tags]="1 1" [twice]="2 2" [fragments]="3 4" [extensions]="5 7" [cut]="0 11")
for name in "${!KINDS[@]}"; do
	# shellcheck disable=SC2086
	"$FRAMES" make "$WORK/$name.pcap" 3 1000000 ${KINDS[$name]}
done
names=("${!KINDS[@]}")
if [ -e /dev/net/tun ]; then
	"$FRAMES" large "$WORK/large.pcap"
	names+=(large)
else
	echo "skipped: packets of 20 to 60 kB: this machine has no tap"
fi

namespace near
namespace far
pair near out far in
ip -n near link set out mtu 65535
ip -n far link set in mtu 65535

# Of the last reading: rows without what time has to do with, which is when_t and what tables
# hold that are not shown; and how many packets.
rows() { # PROGRAM, READING
	local whens hidden
	whens=$("$SKBSCOPE" show -j "$1" 2>/dev/null | gojq -c '[.tables[].columns[] | select(.type == "when_t") | .name]')
	hidden=$(sed -n 's/^ \* @hide \([a-z_]*\).*/"\1"/p' "$SOURCE/programs/$1.c" 2>/dev/null | paste -sd,)
	gojq -c --argjson whens "${whens:-[]}" --argjson hidden "[$hidden]" '
		[.tables | to_entries[] | select(.key | IN($hidden[]) | not) |
		{key, rows: (.value.rows // [] | map(del(.rates) | reduce $whens[] as $when (.; del(.[$when], .text[$when]?))) |
			sort_by(tostring))}]' <<<"$2"
}
# Events, in their order, but for the time at which they were.
events() { grep '^{"event":' "$1" | sed 's/"time":"[^"]*",//'; }
seen() { gojq '[.verdicts[].packets] | add // 0' <<<"$1"; }
counted() { tcpdump -r "$1" --count 2>/dev/null | cut -d' ' -f1; }

programs=("$WORK"/agree/*.c)
for program in $("$SKBSCOPE" list -j | gojq -r '.[].name'); do
	programs+=("$program")
done

# --- live, all at once, with tcpdump beside them

use far
declare -A SCOPES
for program in "${programs[@]}"; do
	way=()
	[ "$("$SKBSCOPE" show -j "$program" 2>/dev/null | gojq '.egress != null and .ingress == null')" != true ] ||
		way=(-Q in) # what comes in is what is sent here
	start "$program" -i in "${way[@]}" || exit 1
	SCOPES[$program]="$SCOPE $READINGS $ERRORS"
done
for name in "${names[@]}"; do
	case=$name
	snapshot=262144
	[ "$name" != cut ] || snapshot=96
	use far
	: >"$WORK/tcpdump" # not of the one before
	"${IN[@]}" tcpdump -i in -s "$snapshot" -B 16384 -w "$WORK/way-$name.pcap" -U \
		--immediate-mode 2>"$WORK/tcpdump" &
	CAPTURE=$!
	check "$case: tcpdump listens" within 10 grep -q listening "$WORK/tcpdump"
	use near
	sent=$("${IN[@]}" "$FRAMES" send "$WORK/$name.pcap" out)
	has_all() { [ "$(counted "$WORK/way-$name.pcap")" -ge "$sent" ]; }
	check "$case: it has them all" within 10 has_all
	kill "$CAPTURE"
	wait "$CAPTURE"
done
use home
mergecap_all() { # one capture after the other: the first header, and all packets
	head -c 24 "$WORK/way-${names[0]}.pcap"
	for name in "${names[@]}"; do tail -c +25 "$WORK/way-$name.pcap"; done
}
mergecap_all >"$WORK/way.pcap"
all=$(counted "$WORK/way.pcap")
mkdir "$WORK/tests"
of_each=$(for name in "${names[@]}"; do
	printf 'case %s: as many as tcpdump has\ncapture %s\nexpect packets %s\n' \
		"$name" "$WORK/way-$name.pcap" "$(counted "$WORK/way-$name.pcap")"
done)

# --- and of the captures

for program in "${programs[@]}"; do
	case=${program##*/}
	read -r SCOPE READINGS ERRORS <<<"${SCOPES[$program]}"
	stop
	reading
	live=$READING
	events "$READINGS" >"$WORK/live"
	equal "$case: live it sees what tcpdump does" "$(seen "$live")" "$all"

	limited 30 "$SKBSCOPE" run -qj "$program" -r "$WORK/way.pcap" >"$WORK/replayed" 2>"$WORK/replayed.err"
	replayed=$(plain "$(tail -n 1 "$WORK/replayed")")
	plain "$(events "$WORK/replayed")" >"$WORK/again"
	plain "$(<"$WORK/live")" >"$WORK/live.plain"
	equal "$case: and so it does in a replay" "$(seen "$replayed")" "$all"
	equal "$case: with the same rows" "$(rows "$program" "$replayed")" "$(rows "$program" "$live")"
	check "$case: and the same events" cmp "$WORK/again" "$WORK/live.plain"
	equal "$case: nothing is said" "$(<"$WORK/replayed.err")" ""
	printf 'program %s\n%s\n' "$program" "$of_each" >"$WORK/tests/$case.test"
done
check "of each capture every program sees as many as tcpdump does" \
	limited 200 "$SKBSCOPE" test "$WORK/tests"

finish
