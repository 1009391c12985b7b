#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The bundled programs that secure: each kind of nmap's scans is told once, and ordinary traffic never;
# what is denied is counted and, once enforced, gone; what is limited is what an ideal bucket limits.
. "$(dirname "$0")/lib.sh"
command -v nmap >/dev/null || { echo "skipped: nmap is not installed"; exit 77; }

namespace near
namespace far
pair near out far in
for side in near:out:1 far:in:2; do
	IFS=: read -r where what number <<<"$side"
	nsenter "--net=/run/netns/$where" -- sysctl -q "net.ipv6.conf.$what.addr_gen_mode=1" \
		"net.ipv6.conf.$what.disable_ipv6=0"
	ip -n "$where" link set "$what" arp on
	ip -n "$where" addr add "10.9.0.$number/24" dev "$what"
	ip -n "$where" addr add "fd00:9::$number/64" dev "$what" nodad
done
for ((i = 31; i <= 50; i++)); do
	ip -n near addr add "10.9.0.$i/24" dev out
	ip -n near addr add "fd00:9::$i/64" dev out nodad
done
# Who is denied is not to be asked for neighbours, on behalf of others that wait for the answer.
ip -n near neigh replace fd00:9::2 dev out nud permanent \
	lladdr "$(ip -n far -j link show in | gojq -r '.[].address')"
ip -n far route add local 10.9.7.0/24 dev lo
ip -n near route add 10.9.7.0/24 via 10.9.0.2
# Without a limit to them, closed UDP ports say at once that they are.
nsenter --net=/run/netns/far -- sysctl -q net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_ratemask=0
head -c 2000000 /dev/zero >"$WORK/page"
use far
"${IN[@]}" python3 -m http.server --bind :: -d "$WORK" 8080 >/dev/null 2>&1 &
SERVER=$!
check "the server listens" within 10 "${IN[@]}" bash -c "exec 9<>/dev/tcp/127.0.0.1/8080"

from_near() { nsenter --net=/run/netns/near -- "$@"; }

# --- scan_detect --------------------------------------------------------------------

# A kind of scan, the address it comes from, what it is called here, and of which protocol.
SCANS="-sS             10.9.0.31  PORT_SCAN      TCP
-sA             10.9.0.32  PORT_SCAN      TCP
-sW             10.9.0.33  PORT_SCAN      TCP
-sM             10.9.0.34  PORT_SCAN      TCP
-sU             10.9.0.35  PORT_SCAN      UDP
-sY             10.9.0.36  PORT_SCAN      SCTP
-sN             10.9.0.37  NULL_FLAGS     TCP
-sF             10.9.0.38  LONE_FIN       TCP
-sX             10.9.0.39  XMAS_FLAGS     TCP
-sS,--scanflags,SYNFIN  10.9.0.40  SYN_FIN  TCP
-sS,--scanflags,SYNRST  10.9.0.41  SYN_RST  TCP
-sS,-f          10.9.0.42  TINY_FRAGMENT  TCP
-sS             fd00:9::31 PORT_SCAN      TCP
-sX             fd00:9::32 XMAS_FLAGS     TCP"

scan() { # ADDRESS ARGUMENTS of nmap…
	from_near nmap -n -Pn -T5 --max-retries 1 -e out -S "$@" >>"$WORK/nmap" 2>&1
}
from() { # ADDRESS: "what protocol", one a line
	sed -n "s/^$1 //p" <<<"$ALARMS"
}
has_alarms() { [ "$(grep -c '^{"event":"alarms"' "$READINGS")" -ge "$1" ]; }

start scan_detect -i in -D WINDOW=3600 -D FLOOD=200 --interval "$(ms 100)" || finish
SCANNERS=()
while read -r how source _; do
	IFS=, read -ra how <<<"$how"
	if [[ $source == *:* ]]; then
		scan "$source" -6 "${how[@]}" -p 1-40 fd00:9::2 &
	else
		scan "$source" "${how[@]}" -p 1-40 10.9.0.2 &
	fi
	SCANNERS+=($!)
done <<<"$SCANS"
scan 10.9.0.43 -sO -p 100-140 10.9.0.2 &
SCANNERS+=($!)
scan 10.9.0.44 -sS -p 8080 10.9.7.0/24 &
SCANNERS+=($!)
from_near nmap -n -sn -PE --disable-arp-ping -T5 -e out -S 10.9.0.45 10.9.7.0/24 >>"$WORK/nmap" 2>&1 &
SCANNERS+=($!)
from_near nmap -n -Pn -sT -T5 -p 1-40 10.9.0.2 >>"$WORK/nmap" 2>&1 & # from 10.9.0.1
SCANNERS+=($!)

# Meanwhile somebody works, over many connections to one port, and asks over UDP from many.
"${IN[@]}" python3 -c '
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("10.9.0.2", 53))
while True:
    server.sendto(*server.recvfrom(99))' &
ANSWERS=$!
from_near curl -sSo "$WORK/got" --interface 10.9.0.50 'http://10.9.0.2:8080/[1-30]'
from_near ping -q -c 30 -i 0.01 -I 10.9.0.50 10.9.0.2 >/dev/null
ask() { # HERE THERE: over UDP, from a new port each time
	python3 - "$@" <<-'END'
		import socket, sys
		for _ in range(60):
		    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    line.bind((sys.argv[1], 0))
		    line.settimeout(10)
		    line.sendto(b"?", (sys.argv[2], 53))
		    line.recv(99)
	END
}
wait "${SCANNERS[@]}"
from_near bash -c "$(declare -f ask); ask 10.9.0.50 10.9.0.2"
kill "$ANSWERS"
from_near python3 -c '
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("10.9.0.49", 53))
while True:
    server.sendto(*server.recvfrom(99))' &
ANSWERS=$!
check "a server answers" within 10 "${IN[@]}" python3 -c '
import socket
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.settimeout(1)
line.sendto(b"?", ("10.9.0.49", 53))
line.recv(99)'
"${IN[@]}" bash -c "$(declare -f ask); ask 10.9.0.2 10.9.0.49"
kill "$ANSWERS"

check "all kinds of scans are told of" within 10 has_alarms 18
from_near python3 - <<-'END'
	import socket, struct

	line = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
	target = socket.inet_aton("10.9.0.2")
	for n in range(1000):
	    source = socket.inet_aton("198.18.%d.%d" % (n // 250, n % 250 + 1))
	    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, 6, 0, source, target)
	    tcp = struct.pack("!HHIIBBHHH", 1024 + n, 8080, n, 0, 0x50, 2, 1024, 0, 0)
	    line.sendto(ip + tcp, ("10.9.0.2", 0))
END
check "and of the flood" within 10 has_alarms 19
stop
equal "a normal end" "$STATUS" 0
ALARMS=$(grep '^{"event":"alarms"' "$READINGS" | gojq -r '"\(.text.from) \(.text.what) \(.text.protocol)"')
while read -r how source what protocol; do
	equal "nmap ${how//,/ } from $source is told once" "$(from "$source")" "$what $protocol"
done <<<"$SCANS"
equal "nmap -sO is told once" "$(from 10.9.0.43 | cut -d' ' -f1)" PORT_SCAN
equal "nmap -sS of a network is told once" "$(from 10.9.0.44)" "ADDRESS_SCAN TCP"
equal "nmap -sn of a network is told once" "$(from 10.9.0.45)" "ADDRESS_SCAN ICMP"
equal "nmap -sT is told once" "$(from 10.9.0.1)" "PORT_SCAN TCP"
equal "a flood is told once" "$(grep -c ' SYN_FLOOD TCP$' <<<"$ALARMS")" 1
equal "with the port that it hits" "$(grep SYN_FLOOD "$READINGS" | head -n 1 |
	gojq -r '"\(.text.to) \(.port)"')" "10.9.0.2 8080"
equal "who works is not told of, who answers neither" "$(from 10.9.0.50; from 10.9.0.49)" ""
equal "nor anybody else" "$(wc -l <<<"$ALARMS")" 19

# --- blocklist ----------------------------------------------------------------------

LIST=$WORK/denied
printf '%s\n' "# who is not wanted" 10.9.0.31 fd00:9::31 198.51.100.0/24 >"$LIST"
pings() { # FROM TO
	from_near ping -q -c 1 -W 1 -I "$1" "$2" >/dev/null
}
fetches() { # FROM TO
	from_near curl -sSo "$WORK/got" -m 1 --interface "$1" "http://$2:8080/none"
}
hits() { # ADDRESS: of a row of denied
	last ".tables.denied.rows[] | select(.text.address == \"$1\") | .packets"
}

start blocklist -i in --interval "$(ms 20)" --watch --set "denied=@$LIST" || finish
check "dry: who is denied gets through" pings 10.9.0.31 10.9.0.2
check "dry: an echo request and its answer count" within 5 eval '[ "$(hits 10.9.0.31)" = 2 ]'
check "dry: by IPv6 as well" pings fd00:9::31 fd00:9::2
check "dry: and over TCP" fetches 10.9.0.31 10.9.0.2
check "dry: others too" pings 10.9.0.32 10.9.0.2
check "dry: a connection counts" within 5 eval '[ "$(hits 10.9.0.31)" -gt 8 ]'
stop
check "dry: IPv6 counts" [ "$(hits fd00:9::31)" -ge 2 ]
equal "dry: what would have been dropped is what was counted" \
	"$(verdict 2)" "$(last '[.tables.denied.rows[].packets] | add')"

start blocklist -i in --interval "$(ms 20)" --watch --enforce --set "denied=@$LIST" \
	--set 'allowed[10.9.0.1]' || finish
refute "enforced: who is denied does not get through" pings 10.9.0.31 10.9.0.2
refute "enforced: by IPv6 neither" pings fd00:9::31 fd00:9::2
refute "enforced: nor over TCP" fetches 10.9.0.31 10.9.0.2
check "enforced: others do" pings 10.9.0.32 10.9.0.2
check "enforced: and over TCP" fetches fd00:9::32 "[fd00:9::2]"
printf '%s\n' 10.9.0.32 fd00:9::/64 198.51.100.0/24 >"$LIST"
check "saved: who is denied no more gets through" within 5 pings 10.9.0.31 10.9.0.2
refute "saved: who is now denied does not" pings 10.9.0.32 10.9.0.2
refute "saved: nor who is in a network that is" pings fd00:9::32 fd00:9::2
echo 10.9.0.0/24 >"$LIST"
check "saved again: all of a network is denied" within 5 eval '! pings 10.9.0.33 10.9.0.2'
check "saved again: but for who is allowed" pings 10.9.0.1 10.9.0.2
check "saved again: and IPv6 is as before" pings fd00:9::31 fd00:9::2
before=$(hits 10.9.0.0)
printf '%s\n' 10.9.0.0/24 10.9.9.9/24 >"$LIST"
check "host bits are told with their line" within 5 \
	grep -qF "$LIST:2:1: bits are set behind the prefix; the rows stay" "$ERRORS"
refute "and what was denied is" pings 10.9.0.33 10.9.0.2
check "counts went on meanwhile" within 5 eval '[ "$(hits 10.9.0.0)" -gt "$before" ]'
stop
check "afterwards all get through" pings 10.9.0.33 10.9.0.2

for ((i = 0; i < 10000; i++)); do echo "100.$((i >> 12)).$((i >> 4 & 255)).$((i << 4 & 255))/28"; done >"$LIST"
once -i in blocklist -D ROOM=9000 --set "denied=@$LIST"
equal "more networks than there is room for: status" "$STATUS" 2
contains "more networks than there is room for" "$ERRORS" "has room for 9000 rows, not for 10000"
once -i in blocklist --set "denied=@$LIST"
equal "a long list is taken whole" "$(gojq '.tables.denied.rows | length' <<<"$OUTPUT")" 10000
sed -i '1000s/.*/100.0.0.1\/28/' "$LIST"
once -i in blocklist --set "denied=@$LIST"
equal "a mistake in line 1000: status" "$STATUS" 2
contains "a mistake in line 1000" "$ERRORS" "$LIST:1000:1: bits are set behind the prefix"
contains "and what was meant" "$ERRORS" "the network is 100.0.0.0/28"

# --- rate_limit ---------------------------------------------------------------------

TOLERANCE=$(sed -n 's/.* Tolerance: \([0-9.]*\) %.*/\1/p' "$SOURCE/programs/rate_limit.c")
check "the program says its tolerance" test -n "$TOLERANCE"

# A capture as "TIME SOURCE BYTES", a packet a line.
packets() { # CAPTURE
	tshark -r "$1" -T fields -E occurrence=f -e frame.time_epoch -e ip.src -e ipv6.src \
		-e frame.len 2>/dev/null | tr -s '\t' ' '
}
# An ideal bucket for each source of these: "SOURCE BYTES", of what passes.
ideal() { # RATE BURST
	python3 -c '
import sys

rate, burst = int(sys.argv[1]), int(sys.argv[2]) * 10**9 # so that nothing is rounded
full, last, passed = {}, {}, {}
for line in sys.stdin:
    time, source, length = line.split()
    time, cost = int(time.replace(".", "")), int(length) * 10**9
    full[source] = min(burst, full.get(source, burst) + (time - last.get(source, time)) * rate)
    last[source] = time
    if full[source] >= cost:
        full[source] -= cost
        passed[source] = passed.get(source, 0) + int(length)
for source in sorted(passed):
    print(source, passed[source])' "$1" "$2"
}
# Both as "SOURCE BYTES": none is further off than the program says.
as_ideal() { # ACTUAL IDEAL
	join -a 1 -a 2 -e 0 -o 0,1.2,2.2 <(sort <<<"$1") <(sort <<<"$2") | awk -v most="$TOLERANCE" '
		{ off = 100 * ($2 - $3) / ($3 ? $3 : 1); if (off < 0) off = -off
		  printf "%s: %d bytes, ideally %d, %.4f %% off\n", $1, $2, $3, off
		  if (off > most) wrong = 1 }
		END { exit !NR || wrong }'
}

python3 - "$WORK/made.pcap" <<-'END'
	import random, socket, struct, sys

	random.seed(23)
	out = open(sys.argv[1], "wb")
	out.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 65535, 1)) # nanoseconds
	now = 1_700_000_000_000_000_000
	for _ in range(30000):
	    now += random.choice((100, 20_000, 400_000, 3_000_000))
	    who, data = random.randrange(1, 5), bytes(random.randrange(0, 1400))
	    if who < 4:
	        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), 0, 0, 64, 253, 0,
	                         socket.inet_aton("192.0.2.%d" % who), socket.inet_aton("198.51.100.1"))
	        kind = 0x800
	    else:
	        ip = struct.pack("!IHBB", 6 << 28, len(data), 253, 64) + \
	            socket.inet_pton(socket.AF_INET6, "2001:db8::") + \
	            socket.inet_pton(socket.AF_INET6, "2001:db8:1::1")
	        kind = 0x86dd
	    frame = bytes(12) + struct.pack("!H", kind) + ip + data
	    out.write(struct.pack("<IIII", now // 10**9, now % 10**9, len(frame), len(frame)) + frame)
END
limited_to() { # RATE BURST: from a recording, "SOURCE BYTES"
	"$SKBSCOPE" run -j rate_limit -r "$WORK/made.pcap" --set "limits[::/0]={rate=$1, burst=$2, per=ADDRESS}" \
		2>"$WORK/replay.err" | gojq -r '.tables.sources.rows[] | "\(.text.address) \(.passed_bytes)"' | sort
}
packets "$WORK/made.pcap" >"$WORK/made"
for bucket in "50000 3000" "1000000 100000" "12345678 1600"; do
	read -r rate burst <<<"$bucket"
	expected=$(ideal "$rate" "$burst" <"$WORK/made")
	equal "recorded, $rate bytes/s: all sources are in it" "$(wc -l <<<"$expected")" 4
	check "recorded, $rate bytes/s and a burst of $burst: as the ideal bucket" \
		as_ideal "$(limited_to "$rate" "$burst")" "$expected"
done

# Live, from two CPUs into one bucket.
"${IN[@]}" tcpdump -i in -s 64 -U -w "$WORK/live.pcap" --immediate-mode -B 32768 2>"$WORK/tcpdump.err" &
TCPDUMP=$!
check "tcpdump listens" within 10 grep -q listening "$WORK/tcpdump.err"
start rate_limit -i in --interval "$(ms 50)" --set 'limits[192.0.2.0/24]={rate=4MB, burst=64KiB}' || finish
use near
SENT=$(send out udp4 $((20000 / SLOWNESS)) -l 1000 -r $((5000 / SLOWNESS)) -t 2)
use far
counted() { [ "$(last '.tables.outcomes.rows | map(.packets) | add')" -ge "$SENT" ]; }
check "all packets are judged" within 10 counted
kill "$TCPDUMP"
wait "$TCPDUMP"
stop
check "tcpdump missed none" grep -qx "0 packets dropped by kernel" "$WORK/tcpdump.err"
actual="192.0.2.1 $(last '.tables.limits.rows[0]["bucket.passed_bytes"]')"
expected=$(packets "$WORK/live.pcap" | grep ' 192\.0\.2\.1 ' | ideal 4000000 65536)
check "live, on two CPUs: as the ideal bucket" as_ideal "$actual" "$expected"
equal "what is above the limit is what would have been dropped" "$(verdict 2)" \
	"$(last '.tables.limits.rows[0]["bucket.limited_packets"]')"

bucket() { last ".tables.limits.rows[0][\"bucket.$1\"]"; }

# As fast as two CPUs can, into a bucket that is half empty and will not be full again: each packet that
# passes, whatever the other CPU does, moves on what is used by what it costs.
frames=$((200000 / SLOWNESS)) rate=$((frames * 50 / 60)) # half of all in a minute
start rate_limit -i in --interval "$(ms 50)" \
	--set "limits[192.0.2.0/24]={rate=$rate, burst=$((rate * 60))}" || finish
use near
SENT=$(send out udp4 $((frames / 4)) -l 100)
use far
check "all packets of one CPU are judged" within 10 counted
used=$(bucket used) passed=$(bucket passed_packets)
equal "and pass" "$passed" "$SENT"
use near
SENT=$((SENT + $(send out udp4 "$frames" -l 100 -t 2)))
use far
check "all packets of two CPUs are judged" within 10 counted
stop
check "some are above the limit" [ "$(bucket limited_packets)" -gt 0 ]
equal "no packet that passes is not charged for" $(($(bucket used) - used)) \
	$((($(bucket passed_packets) - passed) * ((100 * 10 ** 9 + rate / 2) / rate)))

# Enforced: what passes arrives.
start rate_limit -i in --enforce --interval "$(ms 20)" --set 'limits[10.9.0.1]={rate=1kB, burst=1000}' || finish
before=$(delivered)
use near
datagrams 10.9.0.2 100
use far
check "enforced: some do not pass" within 5 \
	eval '[ "$(bucket limited_packets)" -gt 0 ] && [ $(($(bucket limited_packets) + $(bucket passed_packets))) -ge 100 ]'
stop
equal "enforced: those that pass arrive, and no others" $(($(delivered) - before)) "$(bucket passed_packets)"

# A merged packet counts with the headers of all that it was merged from: the bytes of a page are its own,
# 66 for each packet, and 8 more of options in the first. What is sent again is not to be foreseen.
sent_again() { nsenter --net=/run/netns/far -- awk '/^Tcp:/ { n = $13 } END { print n }' /proc/net/snmp; }
use near
for ((try = 1; try <= 5; try++)); do
	before=$(sent_again)
	start rate_limit -i out --interval "$(ms 20)" --set 'limits[10.9.0.2]={rate=1GB, burst=64MB}' || finish
	bytes=$("${IN[@]}" curl -sSo "$WORK/got" -w '%{size_header} + %{size_download}' http://10.9.0.2:8080/page)
	check "a page is counted" within 5 eval '[ "$(bucket passed_bytes)" -gt 2000000 ]'
	stop
	[ "$(sent_again)" != "$before" ] || break
done
equal "a page is as large as the packets of the wire" "$(bucket passed_bytes)" \
	$((bytes + 66 * $(bucket passed_packets) + 8))
check "some came merged" eval '[ "$(last "[.verdicts[].packets] | add")" -lt "$(bucket passed_packets)" ]'
kill "$SERVER"
nothing_left "secure" in
finish
