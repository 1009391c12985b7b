#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# dns, beside dig and a DNS server: what was asked, what was answered, what failed and how long it
# took are what tshark finds in what tcpdump recorded on the same interface.
. "$(dirname "$0")/lib.sh"
. "$HERE/recorded.sh"

for tool in dig dnsmasq; do
	type "$tool" >/dev/null 2>&1 || { echo "skipped: $tool is not installed"; exit 77; }
done

namespace near
namespace far
two_ends near out far in
serve() { # ADDRESS OPTIONS…: a server that knows nothing but what these say
	"${IN[@]}" dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts --no-resolv \
		--pid-file= --user=root --bind-interfaces --listen-address="$1" \
		"${@:2}" >>"$WORK/dnsmasq" 2>&1 &
	SERVERS+=($!)
}
SERVERS=()
LONG=$(printf 'x%.0s' {1..250})
use far
serve 10.9.0.2 --listen-address=fd00:9::2 --cache-size=0 --local=/example.test/ --no-negcache \
	--host-record=www.example.test,192.0.2.1,2001:db8::1 \
	--mx-host=example.test,mail.example.test,10 --srv-host=_sip._udp.example.test,www.example.test,5060 \
	--txt-record=big.example.test,"$LONG","$LONG","$LONG","$LONG"
# One that trusts in signatures that nobody can give it, and one that was never started.
serve 10.9.0.3 --server=10.9.0.2 --dnssec \
	--trust-anchor=.,20326,8,2,E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
query() { "${IN[@]}" dig +time=2 +tries=1 "$@"; }
answers() { query "@$1" www.example.test >/dev/null 2>&1; }

use near
for address in 10.9.0.2 10.9.0.3 fd00:9::2; do
	check "a server listens at $address" within 10 answers "$address"
done

traffic() {
	local i
	query @10.9.0.2 www.example.test A
	query @10.9.0.2 wWw.EXAMPLE.test AAAA
	query @fd00:9::2 www.example.test HTTPS
	query @fd00:9::2 example.test MX
	query @10.9.0.2 _sip._udp.example.test SRV
	query @10.9.0.2 -x 192.0.2.1
	query @10.9.0.2 . NS                            # refused: it knows of nobody to ask
	query @10.9.0.2 nothing.example.test A
	query @fd00:9::2 nothing.example.test TYPE65280
	query @10.9.0.2 version.bind CH TXT
	query @10.9.0.2 www.example.test +dnssec +bufsize=1232
	query @10.9.0.2 big.example.test TXT +noedns    # too long: again over TCP
	query @10.9.0.2 www.example.test +tcp
	query @10.9.0.3 www.example.test A              # cannot be proven
	query @10.9.0.2 'a\000\027\"\255b.example.test' # no letters
	query @10.9.0.2 "$(printf 'l%.0s' {1..63}).$(printf 'm%.0s' {1..63}).$(printf 'n%.0s' {1..63}).$(printf 'o%.0s' {1..47}).example.test"
	query @10.9.0.2 +opcode=notify example.test SOA
	query @10.9.0.9 lost.example.test +time=1 +tries=2 # nobody is there
	for i in {1..20}; do echo "@10.9.0.2 host-$i.example.test"; echo "@fd00:9::2 host-$i.example.test AAAA"; done >"$WORK/many"
	query -f "$WORK/many"
} >"$WORK/dig" 2>&1

record near out
start dns -i out
traffic
stop
equal "dns ends well" "$STATUS" 0
recorded near
kill "${SERVERS[@]}"
wait "${SERVERS[@]}"
contains "a query was refused" "$(<"$WORK/dig")" "status: REFUSED"
contains "a name is not there" "$(<"$WORK/dig")" "status: NXDOMAIN"
contains "an answer could not be proven" "$(<"$WORK/dig")" "status: SERVFAIL"
contains "an answer did not fit" "$(<"$WORK/dig")" "Truncated, retrying in TCP"

# --- what tshark has of each message, and what follows from it

MESSAGES="udp.port == 53 && dns && dns.flags.opcode == 0 && !icmp && !icmpv6"
# Client, server and its port, number, name, type, response?, result, truncated?, seconds
fields "$MESSAGES" ip.src ip.dst ipv6.src ipv6.dst udp.srcport udp.dstport dns.id dns.qry.name dns.qry.type \
	dns.flags.response dns.flags.rcode dns.flags.truncated dns.time |
	awk -F '\t' -v OFS='\t' '{
		from = $1 $3; to = $2 $4
		answer = $10 == 1
		print answer ? to : from, answer ? from : to, answer ? $6 : $5, $7, tolower($8), $9, answer, $11, $12, $13
	}' >"$WORK/messages"
# figures KEY: of the messages, by that column, what dns shows of each.
figures() {
	awk -F '\t' -v key="$1" '
		{ transaction = $1 " " $2 " " $3 " " $4 " " $5 " " $6; row = key == "name" ? $5 " " $6 : $2; rows[row] }
		!$7 && waits[transaction]++ { repeated[row]++ }
		!$7 { queries[row]++ }
		$7 { answers[row]++; if (waits[transaction]) { answered[row]++ } else unasked[row]++; delete waits[transaction] }
		$7 && $8 == 3 { nxdomain[row]++ }
		$7 && $8 == 2 { servfail[row]++ }
		$7 && $8 == 5 { refused[row]++ }
		$7 && $8 && $8 != 2 && $8 != 3 && $8 != 5 { other[row]++ }
		$7 && $9 == 1 { truncated[row]++ }
		END { for (row in rows) print row, queries[row] + 0, repeated[row] + 0, answers[row] + 0, nxdomain[row] + 0,
			servfail[row] + 0, refused[row] + 0, other[row] + 0, truncated[row] + 0, unasked[row] + 0,
			queries[row] - repeated[row] - answered[row] }' "$WORK/messages" | sort
}
FIGURES='\(.queries) \(.repeated) \(.answers) \(.nxdomain) \(.servfail) \(.refused) \(.other_failures) \(.truncated) \(.unasked) \(.unanswered)'

compare() { # CASE
	equal "$1: every name" "$(last ".tables.names.rows[] | \"\\(.name) \\(.type) $FIGURES\"" | plainly)" \
		"$(figures name | plainly)"
	equal "$1: every server" "$(last ".tables.servers.rows[] | \"\\(.text.address) $FIGURES\"" | sort)" \
		"$(figures server)"
	equal "$1: a time for every query that was answered" \
		"$(last '[.tables.servers.rows[].response.n] | add')" "$(awk -F '\t' '$10 != ""' "$WORK/messages" | wc -l)"
	equal "$1: what went over TCP" "$(not_counted OVER_TCP)" \
		"$(fields 'tcp.port == 53 && tcp.len > 0' tcp.len | wc -l)"
	equal "$1: notifications" "$(not_counted OTHER_OPERATION)" \
		"$(fields 'udp.port == 53 && dns.flags.opcode == 4' dns.id | wc -l)"
	equal "$1: nothing else is left out" "$(last '[.tables.not_counted.rows[] | select(.value > 0)] | length')" 2
	equal "$1: no loss is shown" "$(last '.losses | length')" 0
}
not_counted() { last ".tables.not_counted.rows[] | select(.text.why == \"$1\") | .value"; }
# Bytes that are no letters are written by each in its own way; the root has a name.
plainly() { tr -d '\0' | LC_ALL=C sed -E 's/^(a)[^ ]*(b\.example\.test)/\1?\2/; s/^<root>/./' | sort; }
compare "live"
check "there was something to compare" test "$(wc -l <"$WORK/messages")" -gt 100

case="what was recorded"
"${IN[@]}" "$SKBSCOPE" run -j dns -r "$CAPTURE" >"$WORK/replay.json" 2>"$WORK/replay.err"
READINGS=$WORK/replay.json
compare "$case"
# The time is the recording's, and so is tshark's: both have microseconds.
times() { # TABLE ROW: a line for each bucket of each row that has counted something
	last ".tables.$1.rows[] | \"$2\" as \$row | .response.buckets[] | select(.count > 0) | \"\\(\$row) \\(.le) \\(.count)\"" |
		plainly
}
waited() { # COLUMNS of messages, as awk has them
	awk -F '\t' '$10 != "" { ns = int($10 * 1e9 + 0.5); for (n = 0; 2 ^ n <= ns; n++); print '"$1"', 2 ^ n - 1, 1 }' \
		"$WORK/messages" | sums | cut -d" " -f1-"$2" | plainly
}
equal "$case: times of each server, by powers of two" \
	"$(times servers '\(.text.address)')" "$(waited '$2' 3)"
equal "$case: times of each name, by powers of two" \
	"$(times names '\(.name) \(.type)')" "$(waited '$5 " " $6' 4)"
finish
