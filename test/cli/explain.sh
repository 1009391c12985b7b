#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# skbscope explain: what one frame did, behind those before it; and what is said where there is
# nothing to explain.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"
own_network || { echo "skipped: loading programs needs root and a namespace"; exit 77; }
cd "$WORK" || exit 1

cat >sorts.c <<'END'
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

struct seen { u32 length; };
BPF_HASH(lengths, u32, u64, 2);
BPF_ARRAY(last, u64, 1);
BPF_ARRAY(classes, u64, 2);
BPF_RINGBUF_OUTPUT(events, 8);
BPF_PROG_ARRAY(next, 1);

int small(struct __sk_buff *skb)
{
	u32 class = skb->len - 60;

	classes.atomic_increment(class);
	return TC_ACT_PIPE;
}

int sort(struct __sk_buff *skb)
{
	struct seen seen = { .length = skb->len };
	u32 length = skb->len, zero = 0;
	u64 *count = lengths.lookup(&length), one = 1, now = bpf_ktime_get_ns();
	u8 first = 0;

	if (count)
		lock_xadd(count, 1);
	else
		lengths.insert(&length, &one);
	last.update(&zero, &now);
	bpf_skb_load_bytes(skb, 12, &first, 1);
	if (first == 0x86) {
		events.ringbuf_output(&seen, sizeof(seen), 0);
		bpf_trace_printk("%d bytes\n", skb->len);
		return TC_ACT_SHOT;
	}
	if (skb->len < 70)
		next.call(skb, 0);
	for (int i = 0; i < 3; i++)
		if (skb->len == 90 + i)
			lengths.delete(&length);
	return TC_ACT_OK;
}
END
sed -i '1i /* sorts - by length\n *\n * @ingress sort\n * @tail next[0] small\n */' sorts.c
line() { # TEXT: its line in sorts.c
	grep -nF -- "$1" sorts.c | cut -d: -f1
}
# Of 80 bytes twice, of 100 with IPv6, of 64, of 91 twice, of 200.
python3 - <<'END'
import struct
with open('frames.pcap', 'wb') as f:
    f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for i, (size, kind) in enumerate([(80, 0x0800), (80, 0x0800), (100, 0x86dd), (64, 0x0800),
                                      (91, 0x0800), (91, 0x0800), (200, 0x0800), (61, 0x0800)]):
        frame = b'\x02\0\0\0\0\1\x02\0\0\0\0\2' + struct.pack('>H', kind)
        if kind == 0x0800:
            frame += struct.pack('>BBHIBBHII', 0x45, 0, size - 14, 0, 64, 17, 0, 0xc0000201, 0xc0000202)
        frame += bytes(size - len(frame))
        f.write(struct.pack('<IIII', 1000 + i, 0, size, size) + frame)
END
explain() { # sets SHOWN
	SHOWN=$(limited 60 "$SKBSCOPE" explain sorts.c -r frames.pcap "$@" 2>"$WORK/stderr")
	equal "explain $*: exit status" $? 0 || cat "$WORK/stderr"
}
marked() { # SENTENCE MARK TEXT: what stands before that line
	equal "$1" "$(grep -F -- "$3" <<<"$SHOWN" | head -n 1 | sed -nE 's/^ *[0-9]+ (.) .*/\1/p')" "$2"
}
goes() { # SENTENCE TEXT GOALS
	contains "$1" "$(grep -F -- "$2" <<<"$SHOWN")" "→ $3"
}

# --- the lines, and which way conditions went

explain --packet 1
contains "the frame is told" "$SHOWN" "frame 1 of frames.pcap: 80 bytes, incoming"
contains "its headers, as tests write them" "$SHOWN" "/ ip csum=0x0000 src=192.0.2.1 dst=192.0.2.2"
lacks "none was before it" "$SHOWN" "before it"
contains "where it began" "$SHOWN" "sorts.c, from sort() on:"
marked "a line that ran" + "lengths.insert"
marked "code that was not passed" . "lock_xadd"
marked "a line without code" " " "return TC_ACT_SHOT;"
lacks "what is far from all that ran is left out" "$SHOWN" "BPF_ARRAY(last"
goes "a condition, and where it did not go" "if (count)" "$(line lengths.insert), not to $(line lock_xadd)"
lacks "another function" "$SHOWN" "u32 class"
contains "the verdict" "$SHOWN" "verdict: OK"
contains "a new entry" "$SHOWN" "lengths[80]: new: value 1"
explain --packet 2
contains "those before it were fed" "$SHOWN" "(the 1 before it were fed first)"
contains "an entry, from what to what" "$SHOWN" "lengths[80]: value 1 → 2"
goes "the other way" "if (count)" "$(line lock_xadd), not to $(line lengths.insert)"
marked "so the first way was not passed" . "lengths.insert"

explain --packet 3
contains "a verdict that drops" "$SHOWN" "verdict: SHOT"
contains "an event" "$SHOWN" "100"
contains "a print, with its place" "$SHOWN" "100 bytes"
explain --packet 1
lacks "no other packet's events" "$SHOWN" "events, in their order"

explain --packet 4
marked "a function that is tail-called" + "u32 class = skb->len - 60;"
contains "and its verdict" "$SHOWN" "verdict: PIPE"
contains "an index without a slot is no change" "$SHOWN" "not counted: 1"
explain --packet 8
contains "an array's slot of zeros is no new entry" "$SHOWN" "classes[1]: value 0 → 1"

explain --packet 5
contains "a loop goes both ways" "$(grep -F 'if (skb->len == 90 + i)' <<<"$SHOWN")" " and "
lacks "what came and went again is no change" "$SHOWN" "lengths[91]"
marked "it ran all the same" + "lengths.delete"

# --- which frame

explain
contains "the first, unless another is asked for" "$SHOWN" "frame 1 of"
explain ip6
contains "the first that matches" "$SHOWN" "frame 3 of"
contains "but the program has seen all before it" "$SHOWN" "(the 2 before it"
explain --packet 2 greater 90
contains "from the one asked for on" "$SHOWN" "frame 3 of"
explain --packet 4 greater 90
contains "and it may be a later one" "$SHOWN" "frame 5 of"
contains "standard input is as good" "$("$SKBSCOPE" explain sorts.c -r - greater 150 <frames.pcap)" "frame 7 of"
explain --packet 2 --set 'lengths[80]=41'
contains "tables are filled before" "$SHOWN" "lengths[80]: value 42 → 43"

contains "a text is as good as a file" \
	"$("$SKBSCOPE" explain -e 'if (skb->len > 70) bpf_trace_printk("big %d\n", skb->len);' -r frames.pcap)" \
	"1 + if (skb->len > 70) bpf_trace_printk"

# --- JSON

JSON=$("$SKBSCOPE" explain sorts.c -r frames.pcap -j --packet 3)
equal "one object" "$(gojq -r '[.program, .frame.number, .frame.length, .frame.direction, .function, .verdict, .code] | join(" ")' <<<"$JSON")" \
	"sorts 3 100 ingress sort SHOT 2"
equal "its headers" "$(gojq -r '.frame.layers[0]' <<<"$JSON")" "eth dst=02:00:00:00:00:01 src=02:00:00:00:00:02 type=0x86dd"
equal "its lines" "$(gojq --argjson line "$(line 'return TC_ACT_SHOT')" '[.lines[].line] | index($line - 2) != null' <<<"$JSON")" true
equal "where a condition went and where not" \
	"$(gojq -c --argjson line "$(line 'if (count)')" '.lines[] | select(.line == $line) | [.went_to[].line, .not_to[].line]' <<<"$JSON")" \
	"[$(line lengths.insert),$(line lock_xadd)]"
equal "entries" "$(gojq -c '.tables.lengths[0] | [.key.key, .before, .after.value]' <<<"$JSON")" "[100,null,1]"
equal "events and prints" "$(gojq -c '[.events[].event]' <<<"$JSON")" '["events","print"]'
check "in many lines" gojq -e . <<<"$("$SKBSCOPE" explain sorts.c -r frames.pcap -p)"
lacks "no colours where no terminal is" "$SHOWN" $'\033'
coloured=$(script -qec "TERM=xterm $SKBSCOPE explain sorts.c -r frames.pcap" /dev/null </dev/null)
contains "colours on a terminal" "$coloured" $'\033[32m'

# --- nothing to explain

refused "a frame behind the last" 2 "there is no frame 9 in frames.pcap: it has 8" \
	"$SKBSCOPE" explain sorts.c -r frames.pcap --packet 9
refused "nothing matches" 2 "no frame in frames.pcap matches 'udp port 9'" \
	"$SKBSCOPE" explain sorts.c -r frames.pcap udp port 9
refused "nothing matches any more" 2 "from the one asked for on" \
	"$SKBSCOPE" explain sorts.c -r frames.pcap --packet 4 ip6
refused "no capture" 2 "-r FILE names one" "$SKBSCOPE" explain sorts.c
refused "none of that name" 1 "none.pcap" "$SKBSCOPE" explain sorts.c -r none.pcap
refused "no program" 2 "missing argument PROGRAM" "$SKBSCOPE" explain -r frames.pcap
refused "frame 0" 2 "'0'" "$SKBSCOPE" explain sorts.c -r frames.pcap --packet 0
refused "a filter that is none" 2 "tpc" "$SKBSCOPE" explain sorts.c -r frames.pcap tpc
head -c 24 frames.pcap >empty.pcap
refused "a capture of no frame" 2 "there is no frame in empty.pcap" "$SKBSCOPE" explain sorts.c -r empty.pcap
head -c 200 frames.pcap >cut.pcap
refused "a capture that is cut" 1 "cut.pcap" "$SKBSCOPE" explain sorts.c -r cut.pcap --packet 5
contains "what is there of it is explained" "$("$SKBSCOPE" explain sorts.c -r cut.pcap)" "frame 1 of"
refused "a direction that the program has no function for" 2 "it is outgoing, and there is no function for that" \
	"$SKBSCOPE" explain sorts.c -r frames.pcap --local 192.0.2.1/32 --packet 1
sed 's/skb->len < 70/lenght < 70/' sorts.c >broken.c
refused "a program that does not compile" 3 "lenght" "$SKBSCOPE" explain broken.c -r frames.pcap
printf '#include <uapi/linux/bpf.h>\nint f(struct __sk_buff *skb)\n{\n\tchar *first = (void *)(long)skb->data;\n\n\treturn *first;\n}\n' >refused.c
refused "one that the verifier refuses" 4 "refused.c:6" "$SKBSCOPE" explain refused.c -r frames.pcap
cat >helper.c <<'END'
#include <uapi/linux/bpf.h>
static u64 (*unheard_of)(void) = (void *)5000;
int f(struct __sk_buff *skb) { return unheard_of(); }
END
refused "one with a helper that a replay knows nothing of" 1 "calls a helper unknown to skbscope" \
	"$SKBSCOPE" explain helper.c -r frames.pcap

finish
