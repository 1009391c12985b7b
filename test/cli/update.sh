#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# skbscope test --update: what came is written in the place of what was expected, and everything
# else in the file stays, to the byte.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"
own_network || { echo "skipped: loading programs needs root and a namespace"; exit 77; }
cd "$WORK" || exit 1

cat >seen.c <<'END'
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
struct seen { u32 length; u32 mark; };
BPF_RINGBUF_OUTPUT(events, 8);
BPF_HASH(sizes, u32, u64, 4);
int in(struct __sk_buff *skb)
{
	struct seen seen = { .length = skb->len, .mark = skb->mark };
	u32 size = skb->len;

	events.ringbuf_output(&seen, sizeof(seen), 0);
	bpf_trace_printk("%d bytes\n", skb->len);
	bpf_trace_printk("of mark %d\n", skb->mark);
	sizes.atomic_increment(size);
	return skb->len > 16 ? TC_ACT_SHOT : TC_ACT_OK;
}
END
PACKETS='packet eth / hex 0102
packet mark 7 eth / hex 010203
packet eth / hex 0102'

# becomes SENTENCE BEFORE AFTER: of expectations behind those three packets.
becomes() {
	local out
	printf 'program ./seen.c\n%s\n%b' "$PACKETS" "$2" >one.test
	printf 'program ./seen.c\n%s\n%b' "$PACKETS" "$3" >wanted.test
	chmod 640 one.test
	out=$("$SKBSCOPE" test --update one.test 2>&1)
	equal "$1: status" $? 0
	contains "$1: what is said" "$out" "one.test:1: one.test: now expects what came"
	equal "$1" "$(<one.test)" "$(<wanted.test)"
	equal "$1: it passes" "$("$SKBSCOPE" test one.test 2>&1)" "one.test: 1 passed"
	equal "$1: the mode stays" "$(stat -c %a one.test)" 640
}
ROWS='\tkey=16 value=2\n\tkey=17 value=1\n'
becomes "counts" 'expect packets 2   # two\nexpect events events >= 4 events\nexpect table sizes 7 rows\nexpect prints 1' \
	'expect packets 3   # two\nexpect events events 3 events\nexpect table sizes 2 rows\nexpect prints 6'
becomes "verdicts" 'expect verdicts OK=3  # all\nexpect verdicts OK OK OK\n' \
	'expect verdicts OK=2 SHOT=1  # all\nexpect verdicts OK SHOT OK\n'
becomes "rows that differ, below their table" "expect table sizes   # how many\n\tkey=16  value=3\t# not so\n\n# between\n    {key=17, value>1}" \
	"expect table sizes   # how many\n\tkey=16 value=2\t# not so\n\n# between\n    key=17 value=1"
becomes "rows beside it" "expect table sizes  key=16 value=3 # first\n\tkey=17 value=1\n" \
	"expect table sizes  key=16 value=2 # first\n\tkey=17 value=1\n"
becomes "rows that are missing" "expect table sizes\n$ROWS\tkey=18\n\tkey=19 # gone\nexpect packets 3\n" \
	"expect table sizes\n$ROWS\t # gone\nexpect packets 3\n"
becomes "rows that are not expected" "expect table sizes\n  key=17 # one\nexpect packets 3" \
	"expect table sizes\n  key=17 # one\n  key=16 value=2\nexpect packets 3"
becomes "... at the end of the file" "expect table sizes key=17" "expect table sizes key=17\n\tkey=16 value=2"
becomes "... of others only those that were named" "expect table sizes among others key=17 value=5\n" \
	"expect table sizes among others key=17 value=1\n"
becomes "events, in order" "expect events events\n\tlength=17\n\tlength=16 mark=1\n" \
	"expect events events\n\tlength=16 mark=0\n\tlength=17\n\tlength=16 mark=0\n"
becomes "... the first of them new, beside it" "expect events events  mark=7 # the marked\n\tlength=16\n" \
	"expect events events\n\tlength=16 mark=0\n\tmark=7 # the marked\n\tlength=16\n"
becomes "prints, in quotes where they must be" 'expect prints\n\t"16 bytes"\n\tof mark 0\n\t"18 bytes"\n\tof mark 7\n\t"16 bytes"\n' \
	'expect prints\n\t"16 bytes"\n\tof mark 0\n\t"17 bytes"\n\tof mark 7\n\t"16 bytes"\n\tof mark 0\n'
printf 'program ./seen.c\npacket eth\nfilter ip\nexpect table sizes key=1 # none\n\tkey=2\nexpect events events\n\tlength=3\nexpect prints abc\n' >none.test
"$SKBSCOPE" test --update none.test >/dev/null 2>&1
equal "nothing came" "$(tail -n +4 none.test)" 'expect table sizes 0 rows # none
expect events events 0 events
expect prints 0 prints'

# --- of several cases, those that differ

cat >several.test <<END
# Comments stay.
program ./seen.c

case right   # in any spelling
packet	eth / hex 0102
expect   packets  1
hint "which is shown when it fails"

case wrong
packet eth / hex 0102
expect packets 2
expect losses 1
case also wrong
packet eth / hex 0102
expect packets 3
END
cp several.test before.test
OUTPUT=$("$SKBSCOPE" test --update several.test 2>&1)
equal "what cannot be written is a failure" $? 5
contains "... and told with its reason" "$OUTPUT" "several.test:9: wrong: not written: of losses only a known number can be written"
equal "... and nothing of its case is changed" "$(diff before.test several.test)" '15c15
< expect packets 3
---
> expect packets 1'

# stays SENTENCE STATUS PART TEXT
stays() {
	local out
	printf '%b' "$4" >one.test
	cp one.test before.test
	out=$("$SKBSCOPE" test --update one.test 2>&1)
	equal "$1: status" $? "$2"
	contains "$1" "$out" "$3"
	equal "$1: the file stays" "$(<one.test)" "$(<before.test)"
}
stays "a test that passes" 0 "one.test: 1 passed" "program ./seen.c\npacket eth\nexpect packets 1\n"
stays "a mistake" 2 "begins no statement" "program ./seen.c\nexpct packets 1\n"
stays "a table that is none" 2 "not written: the test asks for what cannot be" "program ./seen.c\npacket eth\nexpect table size 1 row\n"
stays "a program that does not compile" 3 "not written: what came is nothing that could be expected" \
	"program ./broken.c\npacket eth\nexpect packets 1\n$(sed 's/return skb/return skd/' seen.c >broken.c)"
stays "a loss that nobody expects" 5 "not written: what came is nothing" \
	"program ./seen.c\npacket\n\t02:00:00:00:00:01 02:00:00:00:00:02 81:00\nexpect packets 2\n"
stays "none of what is expected among others" 5 "not written: none of what is expected among others came" \
	"program ./seen.c\npacket eth\nexpect table sizes among others key=99\n"
stays "a program that is refused, and is not" 5 "not written" "program ./seen.c\nexpect refused line 3\n"

mkdir away
printf 'program ./seen.c\npacket eth\nexpect packets 2\n' >away/real.test
ln -s away/real.test link.test
"$SKBSCOPE" test --update link.test >/dev/null 2>&1
equal "a link stays a link" "$(readlink link.test; tail -n 1 away/real.test)" "away/real.test
expect packets 1"
equal "no file is left beside" "$(ls away)" real.test
refused "with what it is not for" 2 "--update is run by itself" "$SKBSCOPE" test --update --watch one.test
finish
