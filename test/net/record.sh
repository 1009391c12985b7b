#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test --record: real packets become a file of tests that passes, with what the live tables had;
# where a replay comes to something else there is no file, and it is said why. Nothing stays attached.
. "$(dirname "$0")/lib.sh"
namespace a
namespace b
pair a ta b tb
cd "$WORK" || exit
# Addresses and ARP of real traffic; what other tests want quiet is wanted here.
for side in a:ta:1 b:tb:2; do
	IFS=: read -r where what number <<<"$side"
	ip -n "$where" link set "$what" arp on
	ip -n "$where" addr add "10.9.0.$number/24" dev "$what"
	# What is merged or cut has no form in a file of tests: see below.
	nsenter "--net=/run/netns/$where" -- ethtool -K "$what" tso off gro off
	ip -n "$where" link set "$what" gso_max_segs 1
done
use b
"${IN[@]}" python3 -c '
import socketserver
class Answer(socketserver.BaseRequestHandler):
    def handle(self):
        if self.request.recv(4096):
            self.request.sendall(b"x" * 3000)
socketserver.TCPServer.allow_reuse_address = True
socketserver.TCPServer(("10.9.0.2", 8000), Answer).serve_forever()' &
SERVER=$!
answers() { nsenter --net=/run/netns/a -- bash -c 'exec 3<>/dev/tcp/10.9.0.2/8000' 2>/dev/null; }
use a
check "a server answers" within 10 answers

traffic() { # of namespace a: connections that are answered and refused, pings, datagrams
	nsenter --net=/run/netns/a -- bash -c '
		ping -qc 2 -i 0.01 10.9.0.2
		for i in 1 2 3; do exec 3<>/dev/tcp/10.9.0.2/8000; echo hello >&3; cat <&3; exec 3>&-; done
		echo >/dev/tcp/10.9.0.2/9
		for i in 1 2 3; do echo "datagram $i" >/dev/udp/10.9.0.2/2323; done' >/dev/null 2>&1
}

# recording FILE ARGUMENTS…: in the background, on tb; returns once it records. TALK is what it says.
recording() {
	TALK=$WORK/${1##*/}.talk ERRORS=$WORK/${1##*/}.talk
	nsenter --net=/run/netns/b -- env --default-signal=INT \
		"$SKBSCOPE" test --record "$@" -i tb 2>"$TALK" &
	SCOPE=$!
	check "$1: it records" within 20 eval 'grep -q "recording" "$TALK" || gone "$SCOPE"'
}
nothing_attached() { # SENTENCE
	equal "$1: nothing is attached" "$(nsenter --net=/run/netns/b -- "$TOOLS/tcx" list tb 2>/dev/null)$(
		nsenter --net=/run/netns/b -- tc filter show dev tb ingress)$(ls /run/skbscope 2>/dev/null)" ""
}
passes() { # FILE
	"$SKBSCOPE" test "$1" >"$WORK/passes" 2>&1
	equal "$1 passes" "$?: $(<"$WORK/passes")" "0: $1: 1 passed" || head -n 60 "$1"
}

# --- bundled programs, and ended by INT

for program in protocols flows connections talkers; do
	recording "$program.test" "$program"
	traffic
	stop INT
	equal "$program: INT ends it well" "$STATUS" 0 || cat "$TALK"
	nothing_attached "$program"
	contains "$program: it is said that it passes" "$(<"$TALK")" "packets in $program.test, which passes"
	passes "$program.test"
	contains "$program: the first line is about addresses" "$(head -n 1 "$program.test")" \
		"# Recorded: addresses and contents are as they came"
	contains "$program: they are as they came" "$(<"$program.test")" "dst=10.9.0.2"
	contains "$program: contents too" "$(<"$program.test")" '"datagram 1\n"'
	contains "$program: packets can be read" "$(<"$program.test")" "/ tcp sport="
done
contains "connections: events are expected" "$(<connections.test)" \
	"what=REFUSED opened_by=REMOTE local=10.9.0.2 local_port=9 remote=10.9.0.1"
contains "flows: rows are expected" "$(<flows.test)" "protocol=TCP state=CLOSED opened_by=REMOTE"
# They can fail: with a packet less.
awk '/^packet/ && ++n == 5 { left_out = 1; next } left_out && /^\t/ { next } { left_out = 0; print }' talkers.test >fewer.test
"$SKBSCOPE" test fewer.test >said 2>&1
equal "with a packet less it fails" $? 5

# --- bounded

for ((threads = 1; threads <= 2; threads++)); do
	recording "count$threads.test" protocols -c 23 udp
	use a
	send ta udp4 5000 -t "$threads" >/dev/null
	wait_for_end
	equal "-c 23 of 5000, by $threads: status" "$STATUS" 0 || cat "$TALK"
	nothing_attached "-c"
	equal "-c 23 of 5000, by $threads: packets" "$(grep -c ^packet "count$threads.test")" 23
	contains "and what they came to" "$(<"count$threads.test")" "packets=23"
	contains "the filter goes along" "$(<"count$threads.test")" $'\nfilter udp\n'
	passes "count$threads.test"
done
recording most.test packet_count udp
use a
send ta udp4 12000 >/dev/null
wait_for_end
equal "without a bound it ends at 10000" "$STATUS $(grep -c ^packet most.test)" "0 10000" || cat "$TALK"
contains "and says so" "$(<"$TALK")" "a file of tests takes no more packets"
nothing_attached "10000 packets"
recording time.test sizes --duration "$(ms 1000)"
traffic
wait_for_end
equal "--duration ends it" "$STATUS" 0 || cat "$TALK"
passes time.test

# --- a program of one's own, with what it was asked with; frames that are no packets

mkdir mine
cat >mine/ports.c <<'END'
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
#include <skbscope/types.h>
struct key { u32 first, mark, tag; };
BPF_HASH(wanted, u32, u64);
BPF_HASH(frames, struct key, u64);
int see(struct __sk_buff *skb)
{
	struct key key = { load_word(skb, FIRST), skb->mark, skb->vlan_tci & 0xfff };
	u32 one = 1;
	u64 zero = 0, *value = wanted.lookup(&one);
	if (value)
		frames.increment(key, *value);
	bpf_trace_printk("frame \"%d\"\n", skb->len);
	return skb->len > 100 ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}
END
recording mine/ports.test mine/ports.c -D FIRST=0 --set 'wanted[1]=3' --ingress see
use a
"${IN[@]}" python3 - <<'END'
import socket
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("ta", 0))
start = bytes.fromhex("020000000002020000000001")
for rest in ("88cc02", "0800" + "45" * 7, "0800" + "00" * 120, "86dd" + "6f" * 60, "0806" + "0001",
             "81000005" + "0800" + "4500001400004000401100000a0900010a090002", "88a82007" + "0800" + "45" * 60,
             "0800" + "4f" * 80, "1234" + "ff" * 1400):
    out.send(start + bytes.fromhex(rest))
END
stop INT
equal "frames that are none: status" "$STATUS" 0 || cat "$TALK"
equal "frames that are none: all" "$(grep -c ^packet mine/ports.test)" 9
for line in "program ./ports.c" "define FIRST=0" "ingress see" "set wanted[1]=3" $'packet in' "expect prints" \
	$'\t"frame \\"14'; do
	contains "the file has $line" "$(<mine/ports.test)" "$line"
done
contains "a card's tag" "$(<mine/ports.test)" "vlan 5"
contains "a tag that the form has no word for" "$(<mine/ports.test)" "vlan 7 # its tag is 0x88a8 0x2007"
contains "verdicts" "$(<mine/ports.test)" "SHOT="
passes mine/ports.test

# --- what comes to something else is no test

ip -n b link set tb gso_max_segs 65535
recording merged.test talkers
traffic
stop INT
equal "what the kernel is to cut: status" "$STATUS" 5 || cat "$TALK"
contains "what the kernel is to cut: which table" "$(<"$TALK")" "talkers: live (-), and replayed (+)"
contains "what the kernel is to cut: why" "$(<"$TALK")" "packets were several that the kernel had merged"
equal "what the kernel is to cut: there is no file" "$(ls merged.test 2>/dev/null)" ""

sed 's/, skb->mark,/, bpf_get_prandom_u32(),/' mine/ports.c >mine/random.c
recording random.test mine/random.c -D FIRST=0 --set 'wanted[1]=3'
traffic
stop INT
equal "random numbers: status" "$STATUS" 5 || cat "$TALK"
contains "random numbers: which table" "$(<"$TALK")" "frames: live (-), and replayed (+)"
contains "random numbers: a row as it was live" "$(<"$TALK")" "  - first="
contains "random numbers: why that may be" "$(<"$TALK")" "nothing is recorded of clocks, random numbers"
equal "random numbers: there is no file" "$(ls random.test random.test.new* 2>/dev/null)" ""

# On loopback each packet leaves and comes back. A program that counts it once asks for what is not
# recorded, so that is told; what comes back is recorded.
ip -n b link set lo up
on_loopback() { # FILE ARGUMENT…: SAID is what is said, STATUS the status
	local file=$1
	shift
	: >loopback.talk # not of the one before
	nsenter --net=/run/netns/b -- "$SKBSCOPE" test --record "$file" icmp -i lo -c 8 --duration "$(ms 5000)" "$@" 2>loopback.talk &
	SCOPE=$!
	check "$file: it records" within 20 eval 'grep -q "recording" loopback.talk || gone "$SCOPE"'
	nsenter --net=/run/netns/b -- ping -qc 4 -i 0.01 127.0.0.1 >/dev/null
	wait_for_end
	SAID=$(<loopback.talk)
}
on_loopback both.test
equal "loopback, both directions: status" "$STATUS" 5 || cat loopback.talk
contains "loopback, both directions: why" "$SAID" "4 packets left by loopback, where they come back"
contains "loopback, both directions: what to do" "$SAID" '"-Q in"'
equal "loopback, both directions: there is no file" "$(ls both.test 2>/dev/null)" ""
on_loopback back.test -Q in
equal "loopback, what comes back: status" "$STATUS" 0 || cat loopback.talk
passes back.test
contains "loopback, what comes back: each once" "$(<back.test)" "from=127.0.0.1 to=127.0.0.1 requests=4 replies=4"

# --- bad input

refused() { # SENTENCE STATUS WORDS ARGUMENT…
	local sentence=$1 status=$2 words=$3
	shift 3
	limited 60 nsenter --net=/run/netns/b -- "$SKBSCOPE" test "$@" >said 2>&1
	equal "$sentence: status" $? "$status"
	contains "$sentence: a sentence" "$(<said)" "$words"
	nothing_attached "$sentence"
}
refused "no program" 2 "--record needs a program" --record new.test -i tb
refused "a file that is there" 2 "'flows.test' is there already" --record flows.test flows -i tb
refused "an interface without --record" 2 "packets, time and tables of a test are what its file says" flows.test -i tb
refused "a capture" 2 "--record takes live packets" --record new.test flows -r x.pcap
refused "a program on stdin" 2 "'-' has none" --record new.test - -i tb
refused "what changes packets" 2 "what changes packets is not recorded" --record new.test classify -i tb
refused "no such interface" 1 "no interface 'nix'" --record new.test flows -i nix
refused "no packet" 1 "no packet came" --record new.test flows -i tb --duration 100ms udp port 1
refused "no such directory" 1 "cannot write 'nowhere/new.test'" --record nowhere/new.test packet_count -i tb
equal "none of them left a file" "$(ls -d new.test* nowhere 2>/dev/null)" ""

# --- the interface goes

recording gone.test packet_count
use a
send ta udp4 7 >/dev/null
ip -n b link delete tb
wait_for_end
equal "the interface goes: what came is kept" "$STATUS" 0 || cat "$TALK"
contains "the interface goes: it is said" "$(<"$TALK")" "nothing is attached any more"
passes gone.test
kill "$SERVER"
wait "$SERVER" 2>/dev/null
finish
