#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# skbscope test: real programs in the real kernel, what passes and what does not; and what is
# said of files that are wrong.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"
own_network || { echo "skipped: loading programs needs root and a namespace"; exit 77; }
cd "$WORK" || exit 1

mkdir -p suite/below suite/.hidden
cat >suite/seen.c <<'END'
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#ifndef LIMIT
#define LIMIT 16
#endif
struct seen { u32 length; u32 mark; u64 at; };
BPF_RINGBUF_OUTPUT(events, 8);
BPF_HASH(sizes, u32, u64, 4);
BPF_ARRAY(tags, u64, 4096);

int in(struct __sk_buff *skb)
{
	struct seen seen = { .length = skb->len, .mark = skb->mark, .at = bpf_ktime_get_ns() };
	int tag = skb->vlan_present ? skb->vlan_tci & 0xfff : 0;
	u32 size = skb->len;

	events.ringbuf_output(&seen, sizeof(seen), 0);
	bpf_trace_printk("%d bytes\n", skb->len);
	sizes.atomic_increment(size);
	if (tag)
		tags.atomic_increment(tag);
	return skb->len > LIMIT ? TC_ACT_SHOT : TC_ACT_OK;
}

int out(struct __sk_buff *skb)
{
	return TC_ACT_PIPE;
}
END
sed 's/return skb->len >/return lenght >/' suite/seen.c >suite/broken.c
cat >suite/refused.c <<'END'
#include <uapi/linux/bpf.h>
int f(struct __sk_buff *skb)
{
	char *first = (void *)(long)skb->data;

	return *first;
}
END
"$BUILD/test/net/frames" make suite/some.pcap
FRAME='02:00:00:00:00:01 02:00:00:00:00:02 88:b5'

cat >suite/all.test <<END
# All that can be said.
program ./seen.c
ingress in

case packets, in order
packet
	$FRAME
packet after 2s mark 7
	$FRAME 01 02 03
packet vlan 100 after 0
	$FRAME
expect packets 3
expect verdicts OK=2 SHOT=1
expect verdicts OK SHOT OK
expect events events
	length=14 mark=0 at=1000000000
	length=17 mark=7 at=3000000000
	length=14 at<=0xb2d05e00
expect events events 3
expect events events among others mark!=0
expect prints
	14 bytes
	17 bytes
	14 bytes
expect table sizes
	key=14 value=2
	key=17 value=1
expect table tags  key=100 value=1

case a parameter
define LIMIT=10
packet 23 times
	$FRAME
expect verdicts SHOT=23
expect table sizes 1 row

case directions
egress out
packet in
	$FRAME
packet 2 times out
	$FRAME
expect verdicts OK=1 PIPE=2

case a filter
filter ether proto 0x88b5
packet
	$FRAME
packet
	02:00:00:00:00:01 02:00:00:00:00:02 08:06
expect packets 1

case a packet longer than what was recorded
packet length 1500
	$FRAME
expect table sizes  key=1500 value=1

case a full table is a loss
packet
	$FRAME
packet
	$FRAME 01
packet
	$FRAME 01 02
packet
	$FRAME 01 02 03
packet
	$FRAME 01 02 03 04
expect table sizes 4 rows
expect losses

case what is in a table beforehand
set sizes[14]=40
set sizes=@rows.txt
packet
	$FRAME
expect table sizes
	key=14 value=41
	key=99 value=7

case an error of the compiler
program ./broken.c
expect compile error line 23 "lenght"

case an error of the verifier
program ./refused.c
ingress f
expect refused line 6 "invalid access"
END
echo "99 = 7 # beside the tests" >suite/rows.txt
cat >suite/below/capture.test <<'END'
program packet_count
capture ../some.pcap
expect packets 78
expect table packet_count  {key=0, value=78}
END
cp suite/below/capture.test suite/.hidden/not-seen.test

OUTPUT=$("$SKBSCOPE" test suite 2>&1)
equal "what is expected comes" $? 0
equal "... and is told a file a line" "$OUTPUT" "suite/all.test: 9 passed
suite/below/capture.test: 1 passed
2 files: 10 tests passed, 0 failed"
contains "-v names those that passed" "$("$SKBSCOPE" test -v suite/below/capture.test 2>&1)" \
	"suite/below/capture.test:1: capture.test: passed"
equal "the same twice" "$("$SKBSCOPE" test -j suite | sort)" "$("$SKBSCOPE" test -j suite | sort)"
equal "an object for each" "$("$SKBSCOPE" test -j suite | gojq -c '[.passed, .status, .findings]' |
	sort | uniq -c | tr -s ' ')" ' 10 [true,0,[]]'
equal "nothing is left of it" "$(tc filter show dev lo ingress; ls /run/skbscope 2>/dev/null)" ""

# --- each kind fails, and alone

differs() { # SENTENCE EXPECTATION OUTPUT
	local out
	printf 'program ./suite/seen.c\ningress in\npacket\n\t%s\n%s\n' "$FRAME" "$2" >one.test
	out=$("$SKBSCOPE" test one.test 2>&1)
	equal "$1: status" $? 5
	equal "$1" "$out" "one.test:5: one.test: $3
one.test: 1 failed"
}
differs "other packets" "expect packets 2" "packets
  - 2 packets
  + 1 packet"
differs "other verdicts" "expect verdicts SHOT=1" "verdicts
  - SHOT=1
  + SHOT=0 OK=1"
differs "other rows" "expect table sizes key=14 value>1" "sizes: 1 row differs
  - key=14 value>1
  + key=14 value=1"
differs "a row too many" "expect table sizes key=15" "sizes: 1 row is missing, 1 row is not expected
  - key=15
  + key=14 value=1"
differs "another number of events" "expect events events 2" "events: events
  - 2 events
  + 1 event"
differs "other events" "expect events events mark=1" "events: 1 event is missing, 1 event is not expected
  - mark=1
  + length=14 mark=0 at=1000000000"
# A number in front is how many: a print that begins with one is in quotes, or below.
differs "other prints" 'expect prints "15 bytes"' "prints: 1 print is missing, 1 print is not expected
  - 15 bytes
  + 14 bytes"
differs "losses that did not happen" "expect losses" "losses
  - some
  + none"
differs "an error that is none" "expect refused" "the program
  - the verifier refuses it
  + it runs"

# --- counts that CPUs lose, and what is told of a case that fails

counting() { # STATEMENT
	cat <<END
#include <uapi/linux/bpf.h>
BPF_ARRAY(counts, u64, 2);
BPF_ARRAY(start, u64, 1);

int count(struct __sk_buff *skb)
{
	u32 slot = 0;
	u64 *from = start.lookup(&slot), *value = counts.lookup(&slot);

	if (from && *from && value)
		$1;
	return -1;
}
END
}
counting 'lock_xadd(value, 1)' >exact.c
counting '*value = *value + 1' >racing.c
exact() { # PROGRAM
	printf 'program ./%s.c\nset start[0]=1\npacket\n\t%s\nexpect exact counts\n%b' "$1" "$FRAME" "${2:-}" >one.test
	OUTPUT=$("$SKBSCOPE" test one.test 2>&1)
}
exact exact
equal "what is added in one step is exact" "$?: $OUTPUT" "0: one.test: 1 passed"
exact racing
equal "what is read, changed and written back is not: status" $? 5
contains "... and the line is told" "$OUTPUT" "+ line 11: 'counts' is read, changed and written back"
contains "... and what came of it, or why not" "$OUTPUT" "tried"
exact exact 'expect table counts key=0 value=2
hint It counted once.
\twhere table counts key=0 value=1
hint It counted otherwise.'
contains "a case that fails is told with the hint that is right" "$OUTPUT" "  It counted once."
lacks "... and with no other" "$OUTPUT" otherwise
exact exact 'expect table counts key=0 value=2
hint It counted 7.
\twhere table counts key=0 value=7
hint There is no such table.
\twhere table conts key=0 value=1
hint It counted
\totherwise.'
contains "or with the one that has no condition" "$OUTPUT" "  It counted otherwise."
lacks "... but with none whose condition is about nothing" "$OUTPUT" "no such"
exact exact 'hint It counted otherwise.'
lacks "a case that passes is told with none" "$OUTPUT" otherwise

# --- wrong files, all told before anything runs

wrong() { # SENTENCE STATUS PART TEXT
	printf '%b\n' "$4" >wrong.test
	refused "$1" "$2" "$3" "$SKBSCOPE" test wrong.test suite/all.test
}
wrong "an empty file" 2 "wrong.test:1: error: this file has no test" ""
wrong "nothing expected" 2 "'wrong.test' expects nothing, so it could not fail" \
	"program packet_count\npacket\n\t$FRAME"
wrong "a hint that says nothing" 2 "a hint is a sentence" \
	"program packet_count\npacket\n\t$FRAME\nexpect packets 1\nhint"
wrong "a hint with a condition that is none" 2 "'rows' is nothing that can be expected" \
	"program packet_count\npacket\n\t$FRAME\nexpect packets 1\nhint Not so.\n\twhere rows 3"
wrong "a hint with two conditions" 2 "this hint has a 'where' already" \
	"program packet_count\npacket\n\t$FRAME\nexpect packets 1\nhint Not so.\n\twhere packets 3\n\twhere packets 4"
wrong "exact what" 2 "'counts' is missing behind 'exact'" \
	"program packet_count\npacket\n\t$FRAME\nexpect exact"
wrong "a misspelt word" 2 "did you mean 'expect'?" "program packet_count\nexpct packets 1"
contains "... with its line and a mark below" "$(<"$WORK/stderr")" "wrong.test:2:1: error: 'expct' begins no statement"
contains "... and how many there are" "$(<"$WORK/stderr")" "wrong.test has 3 mistakes"
refused "no file" 1 "cannot read 'none.test': No such file" "$SKBSCOPE" test none.test
refused "no argument" 2 "missing argument PATH" "$SKBSCOPE" test
mkdir empty
refused "a folder without tests" 2 "files of tests are called *.test" "$SKBSCOPE" test empty
printf 'program p\0' >binary.test
refused "what is no text" 2 "binary.test is no text" "$SKBSCOPE" test binary.test
mkfifo pipe.test
refused "a pipe" 1 "'pipe.test' is no regular file" "$SKBSCOPE" test pipe.test
refused "a device" 1 "'/dev/zero' is no regular file" "$SKBSCOPE" test /dev/zero
truncate -s 9M large.test
refused "a file that has no end" 1 "'large.test' is larger than 8 MiB" "$SKBSCOPE" test large.test

# --- what is only known when the program is

ends() { # SENTENCE STATUS PART TEXT: behind the program and a packet
	printf 'program ./suite/seen.c\ningress in\npacket\n\t%s\n%b\n' "$FRAME" "$4" >one.test
	OUTPUT=$("$SKBSCOPE" test one.test 2>&1)
	equal "$1: status" $? "$2"
	contains "$1" "$OUTPUT" "$3"
}
ends "a misspelt table" 2 "one.test:5: one.test: the program has no table 'size'
  did you mean sizes?" "expect table size 1 row"
ends "a misspelt column" 2 "one.test:6: one.test: sizes has no column 'vlaue'" "expect table sizes\n\tvlaue=3"
ends "a value of another type" 2 "one.test:5: one.test: key=x: the key takes a number" "expect table sizes key=x"
ends "a filter that is none" 2 "one.test:5: one.test: " "filter tcp port\nexpect packets 1"
ends "a row of another type" 2 "one.test:5: one.test: --set 'sizes[x]=1', column 7: the key takes a number" "set sizes[x]=1\nexpect packets 1"
ends "the second of two rows is wrong" 2 "one.test:6: one.test: --set" "set sizes[1]=1\nset sizes[x]=1\nexpect packets 1"
ends "rows of a table that is not there" 2 "has no table 'size'" "set size[1]=1\nexpect packets 1"
ends "rows that are not there" 1 "cannot read 'none.rows'" "set sizes=@none.rows\nexpect packets 1"
ends "a capture that is not there" 1 "one.test:5: one.test: cannot open" "capture none.pcap\nexpect packets 1"
ends "a capture that is a pipe" 1 "'pipe.test' is no regular file" "capture pipe.test\nexpect packets 1"
ends "a program that is not there" 1 "there is no file" "program ./none.c\nexpect packets 1"
ends "a program that does not compile" 3 "it does not compile, line 23: use of undeclared identifier 'lenght'" \
	"program ./suite/broken.c\nexpect packets 1"
ends "a program that is refused" 4 "the verifier refuses it, line 6" "program ./suite/refused.c\ningress f\nexpect packets 1"
ends "a loss that nobody expects" 5 "not counted: 1 (recorded packets without a whole header)" \
	"packet\n\t02:00:00:00:00:01 02:00:00:00:00:02 81:00\nexpect packets 1"
ends "a direction that there is no function for" 5 "1 packet is of a direction that the program has no function for" \
	"packet out\n\t$FRAME\nexpect packets 2"
ends "of several, the smallest status" 3 "1 passed, 2 failed" \
	"case a\nexpect packets 1\ncase b\nexpect packets 2\ncase c\nprogram ./suite/broken.c\nexpect packets 1"

# Whatever a program does to packets it does to copies; what the machine answers is told.
cat >suite/changes.c <<'END'
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
BPF_ARRAY(second, u64, 1);
int f(struct __sk_buff *skb)
{
	int zero = 0;
	u8 byte = 0, changed = 0xff;
	u64 *value = second.lookup(&zero);

	bpf_skb_load_bytes(skb, 14, &byte, 1);
	if (value)
		*value += byte;
	bpf_skb_store_bytes(skb, 14, &changed, 1, 0);
	return TC_ACT_OK;
}
END
cat >suite/asks.c <<'END'
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
int f(struct __sk_buff *skb)
{
	struct bpf_fib_lookup to = { .family = 2, .ifindex = 1, .ipv4_dst = 0x0100007f };

	bpf_fib_lookup(skb, &to, sizeof(to), 0);
	return TC_ACT_OK;
}
END
cat >suite/endless.c <<'END'
#include <uapi/linux/bpf.h>
int f(struct __sk_buff *skb)
{
	u32 i = 42;

	while (1) {
		u8 byte = 0;

		if (bpf_skb_load_bytes(skb, i++, &byte, 1) < 0)
			break;
	}
	return 0;
}
END
cat >suite/expands.c <<'END'
#include <uapi/linux/bpf.h>
#define TEN(x) x x x x x x x x x x
#define MANY(x) TEN(TEN(TEN(TEN(x))))
int f(struct __sk_buff *skb) { int i = 0; MANY(MANY(i++;)) return i; }
END
ends "a program that changes packets changes copies" 0 "1 passed" \
	"case a\nprogram ./suite/changes.c\ningress f\npacket 3 times eth / hex 01\nexpect table second key=0 value=3\nexpect verdicts OK=4"
ends "what answers for this machine is told" 0 "asks: bpf_fib_lookup answers for this machine as it is now" \
	"program ./suite/asks.c\ningress f\nexpect packets 1"
ends "a loop that the verifier cannot end" 4 "the verifier gave up after a million steps: bound loops" \
	"program ./suite/endless.c\ningress f\nexpect packets 1"
printf 'program ./suite/expands.c\npacket eth\nexpect packets 1\n' >one.test
OUTPUT=$("$SKBSCOPE" test --compile-limit 1s one.test 2>&1)
equal "a program that takes too long to compile: status" $? 1
contains "a program that takes too long to compile" "$OUTPUT" "look for a macro or an include that expands endlessly"

# --- a packet that cannot be built

cannot() { # SENTENCE PART TEXT
	printf 'program packet_count\npacket in\n\teth # a comment\n\t%s\nexpect packets 1\n' "$3" >wrong.test
	refused "$1" 2 "$2" "$SKBSCOPE" test wrong.test
}
cannot "a misspelt header" "wrong.test:4:4: error: 'ipp' is no header" "/ ipp / tcp"
contains "... with what is meant" "$(<"$WORK/stderr")" "did you mean ip? headers and bytes are eth vlan arp"
cannot "a misspelt field" "wrong.test:4:7: error: 'tll' is no field of ip" "/ ip tll=3"
contains "... with all fields" "$(<"$WORK/stderr")" "did you mean ttl? ip has ver hl dscp ecn len id flags frag ttl proto csum src dst opts"
cannot "a value that is none" "wrong.test:4:11: error: ttl=300: it takes a number from 0 to 255" "/ ip ttl=300"
cannot "an address that is none" "it takes an address as 192.0.2.1" "/ ip src=10.0.0"
cannot "what does not follow" "tcp does not follow eth" "/ tcp"
cannot "a text without an end" "wrong.test:4:4: error: a quote is not closed" '/ "GET'
cannot "too much" "a packet has at most 65535 bytes" "/ zeros 70000"
cannot "one byte more than can be fed" "a packet has at most 65535 bytes" "/ zeros 65522"
cannot "nothing behind a slash" "a header is missing" "/"

# --- without privilege

if ANYBODY="setpriv --reuid 65534 --clear-groups --inh-caps=-all" && $ANYBODY test -x "$SKBSCOPE"; then
	ends "with privilege" 0 "1 passed" "expect packets 1"
	chmod -R a+rX .
	OUTPUT=$($ANYBODY "$SKBSCOPE" test one.test 2>&1)
	equal "without privilege: status" $? 1
	contains "without privilege: what is missing" "$OUTPUT" "root"
fi
finish
