#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Packets that a program submits, as a capture that others read: each one, byte for byte, and
# what becomes of it where there is no room and no reader.
. "$(dirname "$0")/lib.sh"

FRAMES=5023
namespace near
namespace far
pair near out far in
FILE=$WORK/x.pcapng

count() { tcpdump -r "${1:-$FILE}" --count 2>/dev/null | sed 's/ .*//'; }
# The different packets in it, byte for byte, without times.
kinds() { tcpdump -tnnxxr "${1:-$FILE}" 2>/dev/null | paste -sd ' ' | sed 's/ IP /\nIP /g' | sort -u; }
has() { grep -caP "$1" "$FILE" >/dev/null; }

for hook in "${HOOKS[@]}"; do
	case=$hook
	use far
	: >"$WORK/tcpdump.err" # not of the one before
	"${IN[@]}" tcpdump -i in -Q in -c 1 -w "$WORK/reference" --immediate-mode 2>"$WORK/tcpdump.err" &
	tcpdump=$!
	check "$case: tcpdump listens" within 10 grep -q listening "$WORK/tcpdump.err"
	start "$PROGRAMS/submit.c" -i in --hook "$hook" --buffer 16M -w "$FILE" || continue
	use near
	sent=$(send out udp4 "$FRAMES" -l 91)
	use far
	stop INT
	equal "$case: Ctrl-C is a normal end" "$STATUS" 0
	wait "$tcpdump"
	contains "$case: it says how many it wrote" "$(<"$ERRORS")" "$sent packets written to $FILE"
	equal "$case: tcpdump finds as many in it" "$(count)" "$sent"
	equal "$case: which are those that came" "$(kinds)" "$(kinds "$WORK/reference")"
	check "$case: which came in" has '\x02\0\x04\0\x01\0\0\0'
	check "$case: on an interface with its name" has '\x02\0\x02\0in\0\0'
	check "$case: the fields are the comment" has \
		"\\x01\\0.\\0${PREFIX}packets: len=91 number=23 protocol=UDP"
	equal "$case: the events are shown as well" "$(grep -c '^{"event":' "$READINGS")" "$sent"
	nothing_left "$case" in
done

# --- cut short, and to stdout

use far
start "$PROGRAMS/submit.c" -i in -w "$FILE" -D BYTES=40 --count 7 || exit 1
use near
send out udp4 23 -l 91 >/dev/null
use far
wait_for_end
equal "so many events are so many packets" "$(count)" 7
equal "a packet that was submitted in part says how long it was" \
	"$(tcpdump -tenr "$FILE" 2>/dev/null | sed -n 's/.*length \([0-9]*\): .*/\1/p' | sort -u)" 91
nothing_left "after a part" in

start "$PROGRAMS/submit.c" -i in -w - --count 5 || exit 1
use near
send out udp4 5 -l 91 >/dev/null
use far
wait_for_end
equal "on stdout is a capture and nothing else" "$(count "$READINGS")" 5
equal "which begins as one does" "$(head -c 4 "$READINGS" | od -An -tx1)" " 0a 0d 0d 0a"

# --- where it cannot be written

small=$WORK/small
mkdir "$small"
mount -t tmpfs -o size=64k,mode=755 small "$small"
start "$PROGRAMS/submit.c" -i in -w "$small/full.pcapng" || exit 1
use near
send out udp4 2000 -l 91 >/dev/null
use far
wait_for_end
equal "a full disk ends it" "$STATUS" 1
contains "and is said" "$(<"$ERRORS")" "cannot write to '$small/full.pcapng': No space left on device"
nothing_left "after a full disk" in

mkfifo "$WORK/pipe"
head -c 10 "$WORK/pipe" >/dev/null &
"${IN[@]}" env --default-signal=INT "$SKBSCOPE" run "$PROGRAMS/submit.c" -i in -w - \
	>"$WORK/pipe" 2>"$WORK/pipe.err" &
SCOPE=$!
ERRORS=$WORK/pipe.err
use near
within 20 attached_or_gone
send out udp4 2000 -l 91 >/dev/null 2>&1
use far
wait_for_end
equal "a reader who goes ends it" "$STATUS" 1
contains "and is said, too" "$(<"$ERRORS")" "the reader of stdout is gone"
nothing_left "after the reader went" in

once "$PROGRAMS/events.c" -i in -w /nowhere/x.pcapng
equal "a path that is none is refused" "$STATUS" 1
contains "with the path" "$ERRORS" "cannot write to '/nowhere/x.pcapng'"
once -e 'BPF_HASH(sizes); sizes.atomic_increment(skb->len);' -i in -w "$WORK/none.pcapng"
equal "a program without packets to write is misuse" "$STATUS" 2
contains "and told what to write" "$ERRORS" "perf_submit_skb"
check "and there is no file" [ ! -e "$WORK/none.pcapng" ]
nothing_left "after what was refused" in

# --- a program as a filter of captures

use home
RECORDED=$WORK/recorded.pcap
record() { # 200 frames of four lengths, a second apart
	local i length number
	printf '\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0'
	for ((i = 0; i < 200; i++)); do
		length=$((60 + i % 4 * 300))
		printf -v number '\\x%02x\\x%02x\\0\\0' $((length & 255)) $((length >> 8))
		# shellcheck disable=SC2059
		printf "\\x$(printf %02x "$i")\\0\\0\\0\\x07\\0\\0\\0$number$number"
		printf '\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0%*s' $((length - 14)) ''
	done
}
record >"$RECORDED"
choose() { # all of the recording, where once ends with a reading
	limited 30 "$SKBSCOPE" run -j "$@" >"$WORK/once.out" 2>"$WORK/once.err"
	STATUS=$?
	ERRORS=$(<"$WORK/once.err")
}
long='return skb->len > 100 ? TC_ACT_SHOT : TC_ACT_OK;'
body() { tail -c +25 "$1"; }
tcpdump -r "$RECORDED" -w "$WORK/long.pcap" 'greater 101' 2>/dev/null
choose -e "$long" -r "$RECORDED" -w "$FILE" --verdict shot
equal "the packets of a verdict are written" "$STATUS" 0
equal "which are those that tcpdump chooses" "$(count)" "$(count "$WORK/long.pcap")"
check "some, and not all" [ "$(count)" -gt 0 -a "$(count)" -lt 200 ]
equal "with the same bytes and times" "$(tcpdump -ttnnxxr "$FILE" 2>/dev/null)" \
	"$(tcpdump -ttnnxxr "$WORK/long.pcap" 2>/dev/null)"
contains "it says how many" "$ERRORS" "$(count) packets written to $FILE"
"$SKBSCOPE" run -q -e "$long" -r "$RECORDED" -w - --verdict OK >"$WORK/short.pcapng" 2>"$WORK/short.err"
equal "and the others to stdout" "$(count "$WORK/short.pcapng")" $((200 - $(count)))
equal "with nothing said" "$(<"$WORK/short.err")" ""
before=$(md5sum <"$RECORDED")
choose -e "$long" -r "$RECORDED" -w "$RECORDED" --verdict OK
equal "the recording itself is not overwritten" "$(md5sum <"$RECORDED")" "$before"
contains "and that is said" "$ERRORS" "is what is read"
submits='struct event { u32 length; }; BPF_PERF_OUTPUT(packets); struct event event = { skb->len };
packets.perf_submit_skb(skb, skb->len, &event, sizeof(event));'
choose -e "$submits" -r "$RECORDED" -w "$RECORDED"
equal "nor is it by what is submitted" "$(md5sum <"$RECORDED")" "$before"
contains "which is said, too" "$ERRORS" "is what is read"
choose -e "$long" -r "$RECORDED" -w "$FILE" --verdict shoot
equal "what is no verdict is misuse" "$STATUS" 2
contains "with what was meant" "$ERRORS" "did you mean 'SHOT'?"

case="submitted of a recording"
submit() { choose "$PROGRAMS/submit.c" -r "$@"; }
submit "$RECORDED" -w "$FILE"
equal "$case: it is written" "$STATUS" 0
times() { tcpdump -ttnr "$1" 2>/dev/null | sed -n 's/^\([0-9]*\.[0-9]*\) .*/\1/p'; }
equal "$case: every packet, with its own time" "$(times "$FILE")" "$(times "$RECORDED")"
check "$case: as one of Ethernet, that came in" has '\x02\0\x04\0\x01\0\0\0'
equal "$case: as many events are shown" "$(grep -c '^{"event":' "$WORK/once.out")" 200
first=$(<"$WORK/once.out")
submit "$RECORDED" -w -
equal "$case: to stdout goes the same" "$(cmp "$WORK/once.out" "$FILE" && echo same)" same
submit "$RECORDED"
equal "$case: the second time is like the first, times too" "$(<"$WORK/once.out")" "$first"
contains "$case: which are those of the recording" "$(head -n 1 "$WORK/once.out")" \
	'"time":"1970-01-01T00:00:00.000007000Z"'

# Of two interfaces, one of which has only sent.
block() { # TYPE BYTES…, in the order that it has on this machine
	local length=$((${#2} / 4 + 12)) number
	printf -v number '\\x%02x\\x%02x\\0\\0' $((length & 255)) $((length >> 8))
	# shellcheck disable=SC2059
	printf "\\x$1\\0\\0\\0$number$2$number"
}
frame=$(printf '\\x%02x' 2 0 0 0 0 1 2 0 0 0 0 2 8 0 0 0)
frame+=$(printf '\\x00%.0s' {1..44})
{
	printf '\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0'
	for name in '\x65\x61' '\x65\x62'; do
		block 01 "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x02\\x00$name\\x00\\x00\\x00\\x00\\x00\\x00"
	done
	for ((i = 0; i < 20; i++)); do # of ea and, each third, out of eb
		which=$((i % 3 == 2))
		block 06 "\\x0$which\\x00\\x00\\x00\\x00\\x00\\x00\\x00$(printf '\\x%02x' "$i")\\x00\\x00\\x00\\x3c\\x00\\x00\\x00\\x3c\\x00\\x00\\x00$frame\\x02\\x00\\x04\\x00\\x0$((which + 1))\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	done
} >"$WORK/two.pcapng"
equal "$case: a recording of two interfaces" "$(count "$WORK/two.pcapng")" 20
submit "$WORK/two.pcapng" -Q inout -w "$FILE"
equal "$case: of both" "$(count)" 20
for ((i = 0; i < 2; i++)); do
	words=$([ $i = 0 ] && echo inbound || echo outbound)
	equal "$case: each with its direction: $words" "$(tcpdump -r "$FILE" --count "$words" 2>/dev/null)" \
		"$(tcpdump -r "$WORK/two.pcapng" --count "$words" 2>/dev/null)"
done
equal "$case: and its interface" "$(grep -oaP '\x02\0\x02\0e[ab]\0\0' "$FILE" | tr -dc 'ab\n')" $'a\nb'

case="an edit"
printf '%s\n' '#include <uapi/linux/bpf.h>' 'int f(struct __sk_buff *skb)' '{' \
	'	return skb->len > 100 ? 2 : 0;' '}' >"$WORK/edited.c"
launch "$WORK/edited.c" -r "$RECORDED" -w "$WORK/edited.pcapng" --verdict SHOT --watch
has_so_many() { [ "$(count "$WORK/edited.pcapng")" = "$1" ]; }
check "$case: what the first version chooses is there" within 20 has_so_many 150
sed -i 's/> 100/> 700/' "$WORK/edited.c"
check "$case: and then only what the second does" within 20 has_so_many 50
sed -i 's/> 700/> 9000/' "$WORK/edited.c"
check "$case: which may be nothing" within 20 has_so_many 0
sed -i 's/> 9000/> 0/' "$WORK/edited.c"
check "$case: or everything" within 20 has_so_many 200
stop
equal "$case: it ends well" "$STATUS" 0
contains "$case: and says how many the last were" "$(<"$ERRORS")" "200 packets written to $WORK/edited.pcapng"

choose -e "$long" -i lo -w "$FILE" --verdict SHOT
equal "so is a verdict without a recording" "$STATUS" 2
contains "which says what to write" "$ERRORS" "write -r FILE -w NEW"

finish
