#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the live screen costs: processor time of "skbscope run" on a terminal of 80 by 24 that
# reads a long table every second, by what is done with it, beside --plain and JSON of the same.
#
# usage: screen.sh [ROWS [SECONDS]]  (default 100000 and 10, or SKBSCOPE_BENCH_ROUNDS)
#
# Prints figures and judges none of them: docs/benchmarks.md says how to read them.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
command -v tmux >/dev/null || { echo "skipped: there is no tmux"; exit 77; }

ROWS=${1:-$([ -n "${SKBSCOPE_BENCH_ROUNDS:-}" ] && echo 1009 || echo 100000)}
SECONDS_EACH=${2:-${SKBSCOPE_BENCH_ROUNDS:-10}}

namespace near
namespace far
pair near out far in
cat >"$WORK/rows.c" <<END
/* rows - packets and bytes of each flow @sort rows packets */
#include <uapi/linux/bpf.h>
#include <skbscope/types.h>
struct key { ipv4_t saddr; ip_proto_t protocol; u8 unused; port_t sport; };
struct value { u64 packets; bytes_t bytes; };
BPF_HASH(rows, struct key, struct value, 262144);
int count(struct __sk_buff *skb)
{
	struct key key = {};
	struct value zero = {}, *value;

	bpf_skb_load_bytes(skb, 26, &key.saddr, 4);
	bpf_skb_load_bytes(skb, 23, &key.protocol, 1);
	bpf_skb_load_bytes(skb, 34, &key.sport, 2);
	value = rows.lookup_or_try_init(&key, &zero);
	if (value) {
		lock_xadd(&value->packets, 1);
		lock_xadd(&value->bytes, skb->len);
	}
	return 0;
}
END

TM=screen # a server of tmux for each: one that is being ended takes no more sessions
tm() { TMUX_TMPDIR=$WORK tmux -L "$TM" -f /dev/null "$@"; }
on_screen() { tm capture-pane -p | grep -q -- "$1"; }
has_rows() { [ "$(tm capture-pane -p | sed -n 's/^rows: \([0-9]*\) of.*/\1/p')" -ge "$ROWS" ]; }
scope() { pgrep -f "^$SKBSCOPE run" | tail -n 1; }

# Nanoseconds of processor time so far, of all of its threads.
processor_time() { # PROCESS
	cat "/proc/$1/task/"*/schedstat | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

pause() { read -rt "$1" <>"$NEVER" || :; }

measure() { # WHAT PROCESS
	local before after
	pause 2 # what it had to do for the key
	before=$(processor_time "$2")
	pause "$SECONDS_EACH"
	after=$(processor_time "$2")
	awk -v what="$1" -v ns=$((after - before)) -v seconds="$SECONDS_EACH" 'BEGIN {
		printf "%-40s %8.1f\n", what, ns / 1e6 / seconds }'
}

# A flow is a source port, of which there are no more than 64,512.
send_rows() {
	local kind
	for kind in udp4 tcp4; do
		"${IN[@]}" "$TOOLS/send" -i out -k $kind -n $(((ROWS + 1) / 2)) -f $(((ROWS + 1) / 2)) >/dev/null
	done
}

run_on_screen() { # OPTIONS…
	tm new-session -d -x 80 -y 24 "${FAR[*]} $SKBSCOPE run $WORK/rows.c -i in --no-watch $* 2>$WORK/err"
	within 20 on_screen ' on in ingress'
	use near
	send_rows
	within 20 has_rows || { cat "$WORK/err"; tm capture-pane -p; exit 1; }
}

FAR=(nsenter --net=/run/netns/far --)
printf 'A table of %s rows read every second, Linux %s\n\n%-40s %8s\n' "$ROWS" "$(uname -r)" "" "ms/s"
run_on_screen
measure "the screen, nothing new" "$(scope)"
use near
start_sending out udp4 2000
measure "with 2000 packets a second" "$(scope)"
tm send-keys '>'
measure "sorted by rates" "$(scope)"
tm send-keys End
measure "at the end of all rows" "$(scope)"
tm send-keys Home r
measure "counting from now on" "$(scope)"
tm send-keys r / 1 7 Enter
measure "only rows with '17'" "$(scope)"
stop_sending
tm kill-server
TM=plain
run_on_screen --plain --top 20
measure "--plain --top 20" "$(scope)"
tm kill-server
printf '\nms/s: processor time of skbscope a second; 100 are a tenth of one core\n'
