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
choose -e "$long" -i lo -w "$FILE" --verdict SHOT
equal "so is a verdict without a recording" "$STATUS" 2
contains "which says what to write" "$ERRORS" "write -r FILE -w NEW"

finish
