#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SIGKILL at once, when attached, and at random moments from process start to counting,
# on both hooks: nothing of ours is left and nobody else is hurt.
#
# usage: killed.sh [KILLS [SEED]]
. "$(dirname "$0")/lib.sh"
need_foreign

KILLS=${1:-$(repeats 52 7)}
seed=${2:-$((${EPOCHREALTIME/./} % 32768))}
RANDOM=$seed
namespace near
namespace far
pair near out far in
use far

# Somebody else's filter sees every packet of the whole time.
"${IN[@]}" tc qdisc add dev in clsact
foreign_filter in ingress pass 65000
theirs=$(hooked in)
qdisc=$("${IN[@]}" tc qdisc show dev in)
use near
start_sending out udp4 5000
use far

# How long a start takes here, the compiler's time included: the moments are spread
# over a little more than that. The first one reads the compiler from the disk.
for _ in first second; do
	begin=${EPOCHREALTIME/./}
	start "$PROGRAMS/count.c" -i in --no-cache
	span=$(((${EPOCHREALTIME/./} - begin) * 5 / 4))
	stop
done

ours() { hooked in | grep nt_; }

for ((i = 0; i < KILLS; i++)); do
	hook=${HOOKS[i % ${#HOOKS[@]}]}
	count=("$PROGRAMS/count.c" -i in --no-cache --hook "$hook")
	case $((i / ${#HOOKS[@]})) in
	0)
		moment="at once"
		launch "${count[@]}"
		;;
	1)
		moment="when attached"
		start "${count[@]}"
		;;
	*)
		moment=$(((RANDOM * 32768 + RANDOM) % span))
		launch "${count[@]}"
		sleep "$(printf '%d.%06d' $((moment / 1000000)) $((moment % 1000000)))"
		moment+=" us after the start"
		;;
	esac
	kill -KILL "$SCOPE" 2>/dev/null
	wait "$SCOPE" 2>/dev/null
	case="kill $i (seed $seed), $hook, $moment"
	if [ "$hook" = tcx ]; then
		check "$case: nothing stays on the hook" within 1 eval '! ours'
	else
		[ "$moment" != "when attached" ] ||
			check "$case: the filter outlives it" test -n "$(ours)"
		if ((i % 4 == 1)); then
			check "$case: detach succeeds" "${IN[@]}" "$SKBSCOPE" detach
		else
			once "$PROGRAMS/count.c" -i in --hook clsact
			equal "$case: the next run succeeds" "$STATUS" 0
		fi
		equal "$case: nothing stays on the hook" "$(ours)" ""
		check "$case: the ledger is empty" ledger_is_empty
	fi
	equal "$case: the other filter stays" "$(hooked in)" "$theirs"
	equal "$case: the other qdisc stays" "$("${IN[@]}" tc qdisc show dev in)" "$qdisc"
	check "$case: no compiler process stays" within 3 no_worker
done

stop_sending
equal "the other filter saw every packet of that time" \
	"$(seen "$(awk '{ print $3 }' <<<"$theirs")")" "$SENT"
check "no program or map stays in the kernel" within 5 no_kernel_objects
equal "no temporary file stays" "$(temporary_files)" ""

# The same with a qdisc of our own adding: it must go too.
"${IN[@]}" tc qdisc del dev in clsact
for ((i = 0; i < $(repeats 5 2); i++)); do
	start "$PROGRAMS/count.c" -i in --hook clsact || continue
	kill -KILL "$SCOPE"
	wait "$SCOPE" 2>/dev/null
	check "kill $i of one that added the qdisc: the filter outlives it" test -n "$(ours)"
	check "kill $i of one that added the qdisc: detach succeeds" \
		"${IN[@]}" "$SKBSCOPE" detach -i in
	nothing_left "kill $i of one that added the qdisc" in
done

finish
