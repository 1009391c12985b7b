#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# <skbscope/histogram.h> in the real kernel: every number falls into its bucket, on tables of
# each CPU and of all, and what people and scripts see of it is that.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/../cli/lib.sh"
own_network || { echo "skipped: loading programs needs root and a namespace"; exit 77; }
cd "$WORK" || exit 1

cat >seen.c <<'END_OF_PROGRAM'
/*
 * @sort seen marks.p99
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
#include <skbscope/histogram.h>

struct seen {
	count_t packets;
	bucket_t marks[33];
	bytes_bucket_t lengths[8];
};
struct waited {
	ns_bucket_t gaps[24];
};
BPF_TABLE("percpu_array", u32, struct seen, seen, 1);
BPF_ARRAY(waited, struct waited, 1);
BPF_ARRAY(last, when_t, 1);
BPF_RINGBUF_OUTPUT(events, 8);

int see(struct __sk_buff *skb)
{
	int zero = 0;
	struct seen *own = seen.lookup(&zero);
	struct waited *all = waited.lookup(&zero);
	when_t *before = last.lookup(&zero), now = bpf_ktime_get_ns();

	if (!own || !all || !before)
		return TC_ACT_UNSPEC;
	own->packets++;
	histogram_add(own->marks, skb->mark);
	histogram_add(own->lengths, skb->len);
	if (*before) {
		histogram_add_shared(all->gaps, now - *before);
		events.ringbuf_output(all, sizeof(*all), 0);
	}
	*before = now;
	return TC_ACT_UNSPEC;
}
END_OF_PROGRAM

# Marks on both sides of every border: 0, 1, then 2^n - 1, 2^n; each bucket from 2 on gets
# the one that begins it and the one that ends it.
frame='02:00:00:00:00:01 02:00:00:00:00:02 88:b5'
{
	echo "program ./seen.c"
	echo "case every number falls into its bucket"
	for ((n = 0; n < 32; n++)); do
		printf 'packet mark %d length 20\n\t%s\n' $(((1 << n) - 1)) "$frame" $((1 << n)) "$frame"
	done
	printf 'packet mark %d length 20\n\t%s\n' $(((1 << 32) - 1)) "$frame"
	echo "expect table seen"
	printf '\tpackets=65 marks.n=65 marks=[1'
	printf ' 2%.0s' {1..32}
	printf '] marks.p50=65535 marks.p99=18446744073709551615\n'
	echo
	echo "case sizes and times"
	printf 'packet after %s length %d\n\t%s\n' 0 63 "$frame" 1ms 64 "$frame" 2ms 127 "$frame" \
		8ms 1500 "$frame" 20ms 20 "$frame"
	cat <<-'ROWS'
		expect table seen
		  lengths=[0 0 0 0 0 1 1 3] lengths.p50=18446744073709551615
		expect table waited
		  gaps.n=4 gaps.p50<3ms gaps.p50>=2ms gaps.p90>=20ms
		expect events events
		  gaps.n=1 gaps.p50=1048575
		  gaps.n=2 gaps.p50=1048575 gaps.p99<3ms
		  gaps.n=3
		  gaps.n=4 gaps.p99>20ms
	ROWS
} >seen.test
OUTPUT=$(limited 60 "$SKBSCOPE" test seen.test 2>&1)
equal "every number falls into its bucket" "$OUTPUT" "seen.test: 2 passed"

sed 's/gaps.n=4 gaps.p50<3ms/gaps.n=4 gaps.p50<2ms/; s/marks.n=65/marks.n=64/' seen.test >wrong.test
OUTPUT=$(limited 60 "$SKBSCOPE" test wrong.test 2>&1)
equal "another percentile and another number are not what came" $? 5
contains "which is said as it is written in a file" "$OUTPUT" \
	'+ key=0 gaps.n=4 gaps.p50=2097151 gaps.p90=18446744073709551615'
sed 's/gaps.n=4/gaps.p95=4/' seen.test >unknown.test
OUTPUT=$(limited 60 "$SKBSCOPE" test unknown.test 2>&1)
contains "a figure that there is not is told with those that there are" "$OUTPUT" \
	"has no column 'gaps.p95'"

OUTPUT=$(limited 60 "$SKBSCOPE" check seen.c 2>&1)
equal "what adds to buckets is nothing to warn of" $? 0
lacks "what adds to buckets is nothing to warn of" "$OUTPUT" warning
finish
