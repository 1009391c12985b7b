#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Cases of a program share a session, and each meets it as new: whatever a case leaves in
# tables, buffers, clocks and chance, the next one comes to what it comes to alone.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"
own_network || { echo "skipped: loading programs needs root and a namespace"; exit 77; }
cd "$WORK" || exit 1

cat >keeps.c <<'END'
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
struct prefix { u32 prefixlen; u32 number; };
struct seen { u64 at; u32 chance; u32 old; };
BPF_RINGBUF_OUTPUT(events, 8);
BPF_HASH(hash, u32, u64, 64);
BPF_TABLE("percpu_hash", u32, u64, percpu, 64);
BPF_TABLE("lru_hash", u32, u64, few, 8);
BPF_TABLE("lru_hash", u32, u64, many, 4096);
BPF_LPM_TRIE(prefixes, struct prefix, u64, 64);
BPF_ARRAY(slots, u64, 64);
BPF_PERCPU_ARRAY(sums, u64, 64);
BPF_QUEUE(queue, u32, 4);

#ifndef FEW
#define FEW 0
#endif
int f(struct __sk_buff *skb)
{
	u32 key = skb->len, slot = key & 63, old = 0;
	u64 zero = 0, one = 1, *value;
	struct prefix prefix = { 32, key };
	struct seen seen = { bpf_ktime_get_ns(), bpf_get_prandom_u32(), 0 };

	queue.pop(&old);
	queue.push(&key, 0);
	queue.push(&key, 0);
	seen.old = old;
	hash.atomic_increment(key);
	value = percpu.lookup_or_try_init(&key, &zero);
	if (value)
		++*value;
	value = FEW ? few.lookup_or_try_init(&key, &zero) : 0;
	if (value)
		lock_xadd(value, 1);
	value = many.lookup_or_try_init(&key, &zero);
	if (value)
		lock_xadd(value, 1);
	value = prefixes.lookup(&prefix);
	if (value)
		lock_xadd(value, 1);
	else
		prefixes.update(&prefix, &one);
	slots.atomic_increment(slot);
	sums.increment(slot);
	events.ringbuf_output(&seen, sizeof(seen), 0);
	bpf_trace_printk("%d\n", key);
	return key & 1 ? TC_ACT_SHOT : TC_ACT_OK;
}
END

one() { # CHANCE…: a case, which expects everything
	cat <<END
case one
set slots[3]=7
packet 2 times eth / zeros 2
expect verdicts OK=2
expect events events
	at=1000000000 chance=$1 old=0
	at=1001000000 chance=$2 old=16
expect events events 2
expect prints 2
expect table hash  key=16 value=2
expect table percpu  key=16 value=2
expect table many  key=16 value=2
expect table prefixes  number=16 value=2
expect table slots
	key=3 value=7
	key=16 value=2
expect table sums  key=16 value=2
END
}
other() { # one that leaves something everywhere, and losses
	cat <<END
case other
set sums[5]=3
set hash[9]=9
packet 9 times after 3s eth / zeros 1
packet length 60
	02:00:00:00:00:01 02:00:00:00:00:02 81:00
expect losses
expect verdicts SHOT=9
END
}
program() { echo "program ./keeps.c"; }

{ program; one 1 1; } >alone.test
mapfile -t CHANCES < <("$SKBSCOPE" test alone.test 2>&1 | sed -n 's/.*+ .*chance=\([0-9]*\).*/\1/p')
equal "a case alone has two random numbers" "${#CHANCES[@]}" 2
{ program; one "${CHANCES[@]}"; } >alone.test
equal "which are the same each time" "$("$SKBSCOPE" test alone.test 2>&1)" "alone.test: 1 passed"
{ program; one "${CHANCES[@]}"; other; one "${CHANCES[@]}"; other; other; one "${CHANCES[@]}"; } >several.test
equal "... and after others" "$("$SKBSCOPE" test several.test 2>&1)" "several.test: 6 passed"

# A table that evicts is emptied only while it cannot have evicted anything.
few() { # ROWS
	printf 'case %s rows\n' "$1"
	for ((i = 0; i < $1; i++)); do echo "packet eth / zeros $((i + 1))"; done
	echo "expect table few $1 rows"
	echo "expect losses"
}
{ program; echo "define FEW=1"; few 8; few 5; few 8; few 1; few 8; } >few.test
equal "what evicts may evict as if it were new" "$("$SKBSCOPE" test few.test 2>&1)" "few.test: 5 passed"

# Of other functions, filters and definitions it is another session.
{
	program
	for i in 1 2; do
		printf 'case as it is %s\npacket eth / zeros 2\nexpect packets 1\n' $i
		printf 'case behind a filter %s\nfilter greater 100\npacket eth / zeros 2\nexpect packets 0\n' $i
		printf 'case out %s\negress f\ndirection out\npacket out eth / zeros 2\nexpect packets 1\n' $i
		printf 'case defined %s\ndefine FEW=1\npacket eth / zeros 2\nexpect table few 1 row\nexpect losses\n' $i
	done
} >how.test
equal "each asks for the session it wants" "$("$SKBSCOPE" test how.test 2>&1)" "how.test: 8 passed"
finish
