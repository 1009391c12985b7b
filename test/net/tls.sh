#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tls, beside openssl s_server, s_client and curl: names, versions and protocols of each client are
# those that tshark finds in what tcpdump recorded on the same interface.
. "$(dirname "$0")/lib.sh"
. "$HERE/recorded.sh"

for tool in openssl curl; do
	type "$tool" >/dev/null 2>&1 || { echo "skipped: $tool is not installed"; exit 77; }
done

namespace near
namespace far
two_ends near out far in
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=example.test \
	-keyout "$WORK/key" -out "$WORK/certificate" 2>/dev/null
use far
"${IN[@]}" openssl s_server -accept 4433 -key "$WORK/key" -cert "$WORK/certificate" -www \
	-alpn h2,http/1.1 >"$WORK/server" 2>&1 &
SERVER=$!
use near
listens() { "${IN[@]}" bash -c 'exec 9<>/dev/tcp/10.9.0.2/4433' 2>/dev/null; }
check "the server listens" within 10 listens

client() { # ADDRESS OPTIONS…: as far as the handshake
	"${IN[@]}" openssl s_client -connect "$1:4433" "${@:2}" </dev/null >>"$WORK/clients" 2>&1
}

# The bytes of a real client, in two segments, the first of so many bytes.
two_segments() { # BYTES
	"${IN[@]}" python3 - "$1" <<-'END'
		import array, fcntl, socket, ssl, sys, termios, time

		context = ssl.create_default_context()
		context.set_alpn_protocols(["h2"])
		out = ssl.MemoryBIO()
		tls = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="cut.example.test")
		try:
		    tls.do_handshake()
		except ssl.SSLWantReadError:
		    pass
		hello = out.read()
		line = socket.create_connection(("10.9.0.2", 4433))
		line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		for part in hello[:int(sys.argv[1])], hello[int(sys.argv[1]):]:
		    line.send(part)
		    unacknowledged = array.array("i", [1])
		    while unacknowledged[0]: # or the next would be in the same segment
		        time.sleep(0.001)
		        fcntl.ioctl(line, termios.TIOCOUTQ, unacknowledged)
		line.recv(1)
	END
}

traffic() {
	client 10.9.0.2 -servername www.example.test -alpn h2,http/1.1
	client 10.9.0.2 -servername www.example.test -alpn h2,http/1.1
	client '[fd00:9::2]' -servername six.example.test -tls1_3
	client '[fd00:9::2]' -servername old.example.test -tls1_2 -alpn http/1.1
	client 10.9.0.2 -noservername -tls1_2
	client 10.9.0.2 -servername MiXed.Example.TEST -alpn "$(printf 'p%.0s' {1..30}),$(printf 'q%.0s' {1..30})"
	client 10.9.0.2 -servername "$(printf 'l%.0s' {1..63}).$(printf 'm%.0s' {1..63}).$(printf 'n%.0s' {1..63}).example.test"
	"${IN[@]}" curl -sk -m 30 --http1.1 -o "$WORK/got" --resolve curl.example.test:4433:10.9.0.2 https://curl.example.test:4433/
	"${IN[@]}" curl -sk -m 30 --no-alpn -o "$WORK/got" --resolve "curl.example.test:4433:[fd00:9::2]" https://curl.example.test:4433/
	datagrams 10.9.0.2 3
}

record far in
use far
start tls -i in
use near
traffic
two_segments 100
two_segments 250
stop
equal "tls ends well" "$STATUS" 0
recorded near
kill "$SERVER"
wait "$SERVER"

# CLIENT NAME VERSION ALPN, with - for what is not there, of each ClientHello that tshark finds. The
# version is the highest offered, which is no number of GREASE (0x?a?a).
hellos() { # FILTER
	OCCURRENCE=a fields "tls.handshake.type == 1 && $1" ip.src ipv6.src tls.handshake.extensions_server_name \
		tls.handshake.version tls.handshake.extensions.supported_version tls.handshake.extensions_alpn_str |
		awk -F '\t' '{
			highest = ""
			n = split($5, offered, ",")
			for (i = 1; i <= n; i++)
				if (offered[i] ~ /^0x030[0-4]$/ && offered[i] > highest) highest = offered[i]
			if (!highest) highest = $4
			print $1 $2, $3 == "" ? "-" : $3, "TLS_1_" substr(highest, 6) - 1, $6 == "" ? "-" : $6, 1
		}'
}
offers() { # which: of the last reading's rows
	last ".tables.clients.rows[] | select($1) | [.text.client, .server_name, .text.version, .alpn, (.hellos | tostring)] |
		map(if . == \"\" then \"-\" else . end) | join(\" \")" | sort
}
unread() { last ".tables.unread.rows[] | select(.text.why == \"$1\") | .value"; }
CUT='tls.handshake.extensions_server_name == "cut.example.test"'

compare() { # CASE
	equal "$1: who offered what" "$(offers '.text.version != "UNKNOWN"')" \
		"$(hellos "!($CUT)" | sums | cut -d" " -f1-5)"
	equal "$1: what goes on in another segment is told" "$(unread CONTINUED)" "$(hellos "$CUT" | wc -l)"
	equal "$1: of these, the first segment has all or nothing of a name" \
		"$(offers '.text.version == "UNKNOWN"' | awk '{ n += $5; names = names " " $2 } END { print n names }')" \
		"2 ? cut.example.test"
	equal "$1: all others were read" "$(last '[.tables.unread.rows[] | select(.value > 0)] | length')" 1
	equal "$1: no loss is shown" "$(last '.losses | length')" 0
}
compare "live"
equal "tshark finds them all" "$(hellos tcp | wc -l)" 11
case="what was recorded"
"${IN[@]}" "$SKBSCOPE" run -j tls -r "$CAPTURE" >"$WORK/replay.json" 2>"$WORK/replay.err"
READINGS=$WORK/replay.json
compare "$case"
finish
