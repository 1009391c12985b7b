#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One run under all that can happen to it, at once and for long: packets as fast as they can be
# sent, edits that are right and edits that are wrong, signals, other terminals, interfaces that
# come and go. Every packet is counted once, and nothing accumulates.
#
# usage: endurance.sh [SECONDS [SEED]]       before a release: 7200
. "$(dirname "$0")/lib.sh"

LASTS=${1:-$([ -n "$SOAK" ] && echo 600 || echo 8)}
seed=${2:-$((${EPOCHREALTIME/./} % 32768))}
RANDOM=$seed
namespace near
namespace far
pair near out far in
use far

cp "$PROGRAMS/count.c" "$WORK/count.c"
start "$WORK/count.c" -i any -Q in --watch --interval 1s || finish
swaps() { grep -c 'live after' "$ERRORS"; }
has_swapped() { [ "$(swaps)" -gt "$1" ]; }
save() { # a line more, behind the end
	{ cat "$PROGRAMS/count.c"; echo "$1"; } >"$WORK/next.c"
	mv "$WORK/next.c" "$WORK/count.c"
}
# Of the process itself: compilers come and go beside it.
held() { # kB, descriptors, kernel objects
	awk '/^RssAnon:/ { print $2 }' "/proc/$SCOPE/status"
	find "/proc/$SCOPE/fd" -type l 2>/dev/null | wc -l
	kernel_objects | wc -l
}
least() { # of each of several looks: in the middle of something there is more
	for _ in 1 2 3 4 5 6 7 8; do
		held | paste -sd ' '
		read -rt 0.05 <>"$NEVER"
	done | awk '{ for (i = 1; i <= 3; i++) if (NR == 1 || $i < least[i]) least[i] = $i }
		END { print least[1], least[2], least[3] }'
}
# Back to one version that is live, and no interface but the first.
calm() {
	local before name
	before=$(swaps)
	save "/* calm $((calms++)) */"
	check "a version is live again" within 20 has_swapped "$before"
	for name in "${there[@]}"; do "${IN[@]}" ip link del "$name"; done
	there=()
}
calms=0 there=() cable=0

act() {
	local name
	case $((RANDOM % 8)) in
	0 | 1) save "/* $RANDOM */" ;;
	2) save "int wrong( { $RANDOM" ;;
	3) kill -WINCH "$SCOPE" ;;
	4) kill -HUP "$SCOPE" 2>/dev/null ;;
	5) "${IN[@]}" "$SKBSCOPE" ctl get -j "${PREFIX}in" >"$WORK/got" 2>&1 || gone "$SCOPE" ||
		BAD+="ctl: $(<"$WORK/got")"$'\n' ;;
	6)
		name=x$((cable++))
		"${IN[@]}" ip link add "$name" type veth peer name "y$name"
		"${IN[@]}" ip link set "y$name" arp off multicast off up
		"${IN[@]}" ip link set "$name" arp off multicast off up
		there+=("$name")
		;;
	7)
		[ ${#there[@]} = 0 ] || {
			"${IN[@]}" ip link del "${there[0]}"
			there=("${there[@]:1}")
		}
		;;
	esac
}

use near
start_sending out udp4 1000000 # more than there can be
use far
ACTED=0 BAD='' warm=$((${EPOCHREALTIME/./} + (LASTS > 30 ? LASTS : 30) * 100000)) until=$((${EPOCHREALTIME/./} + LASTS * 1000000))
perform() { # UNTIL
	while [ "${EPOCHREALTIME/./}" -lt "$1" ] && ! gone "$SCOPE"; do
		act
		ACTED=$((ACTED + 1))
		read -rt 0.0$((RANDOM % 90 + 10)) <>"$NEVER"
	done
}
perform "$warm" # until it has what it keeps
calm
read -r early_kb early_fds early_objects < <(least)
perform "$until"
calm
read -r late_kb late_fds late_objects < <(least)
stop_sending
check "it still runs (seed $seed)" eval '! gone "$SCOPE"'
check "every packet was counted once, of $SENT" within 20 adds_up_to nt_in "$SENT"
equal "other terminals got their answers" "$BAD" ""
check "no more memory than after the first tenth ($early_kb kB, then $late_kb kB)" [ $((late_kb - early_kb)) -le 512 ]
check "no more descriptors ($early_fds, then $late_fds)" [ "$late_fds" -le "$early_fds" ]
check "no more kernel objects ($early_objects, then $late_objects)" [ "$late_objects" -le "$early_objects" ]
echo "$ACTED acts in $LASTS s, $(swaps) versions live, $SENT packets, $(reading; gojq -r '.losses // empty | tostring' <<<"$READING" | head -c 200)"
stop
equal "it ends well" "$STATUS" 0
nothing_left "in the end" in lo
finish
