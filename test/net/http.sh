#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# skbscope http beside a real server: every call, its status and its bytes are those of the
# server's own log; of credentials nothing comes out; what strangers write stays text; what cannot
# be read is said; and a reader that dies or hangs takes nothing with it.
for tool in nginx curl openssl tcpdump; do
	command -v "$tool" >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
. "$(dirname "$0")/../metrics.sh"
. "$(dirname "$0")/lib.sh"
. "$SOURCE/test/schema.sh"

namespace near
namespace far
pair near out far in
for place in near:out:1 far:in:2; do
	IFS=: read -r space interface number <<<"$place"
	nsenter "--net=/run/netns/$space" -- sysctl -q "net.ipv6.conf.$interface.disable_ipv6=0"
	ip -n "$space" link set "$interface" arp on multicast on
	ip -n "$space" addr add "192.0.2.$number/24" dev "$interface"
	ip -n "$space" addr add "2001:db8::$number/64" dev "$interface" nodad
done
use far
COMMAND=http

# --- a server -----------------------------------------------------------------------

LOG=$WORK/access.log
mkdir "$WORK/www"
head -c 200000 /dev/urandom >"$WORK/www/big"
cat >"$WORK/nginx.conf" <<EOF
daemon off;
pid $WORK/nginx.pid;
user root;
worker_processes 1;
error_log $WORK/error.log;
events { worker_connections 256; }
http {
	log_format ends escape=none '\$remote_addr \$request_method \$uri \$status \$body_bytes_sent';
	access_log $LOG ends;
	client_body_temp_path $WORK/body;
	proxy_temp_path $WORK/proxy;
	keepalive_requests 10000;
	default_type text/plain;
	server {
		listen 80;
		listen [::]:80;
		root $WORK/www;
		location /v1/ok { add_header Deprecation true; add_header Sunset "Sat, 31 Oct 2026 00:00:00 GMT"; return 200 "old\n"; }
		location /v2/ok { return 200 "new and longer\n"; }
		location /v1/denied { return 401 "no\n"; }
		location /v1/limited { add_header Retry-After 7 always; return 429 "later\n"; }
		location /v2/broken { return 503; }
		location /v2/empty { return 204; }
		location /v2/upload { client_max_body_size 10m; proxy_pass http://127.0.0.1:81; }
	}
	server { listen 127.0.0.1:81; access_log off; client_max_body_size 10m; location / { return 201 "kept\n"; } }
}
EOF
"${IN[@]}" nginx -c "$WORK/nginx.conf" 2>"$WORK/nginx.err" &
SERVER=$!
listens() { [ -n "$("${IN[@]}" ss -Hltn 'sport = 80')" ]; }
check "the server listens" within 10 listens || { cat "$WORK/nginx.err"; finish; }

AUDIT=$WORK/audit.log KEY=$WORK/key OFFENDERS=$WORK/offenders METRICS=$WORK/http.prom
head -c 32 /dev/urandom >"$KEY"
ip -n far link set lo up
PORT=9464
"${IN[@]}" tcpdump -qni in -w "$WORK/all.pcap" -U tcp port 80 2>"$WORK/tcpdump.err" &
DUMP=$!
dumps() { grep -q 'listening on' "$WORK/tcpdump.err"; }
check "tcpdump listens" within 10 dumps
start -i in --port 80 --interval "$(ms 200)" --consumer-key "$KEY" --audit "$AUDIT" --audit-key "$KEY" \
	--audit-size 20k --offenders "$OFFENDERS" --metrics-file "$METRICS" --listen "$PORT" \
	--column header:user-agent || finish

# --- traffic ------------------------------------------------------------------------

use near
ask() { "${IN[@]}" curl -sS --noproxy "*" --max-time 60 "$@" >/dev/null; }
FOUR=http://192.0.2.2 SIX='http://[2001:db8::2]'
EVIL='<img src=x onerror=alert(1)>"&'"'"
mapfile -t many < <(for ((i = 0; i < 23; i++)); do echo "$FOUR/v1/ok?n=$i"; done)
ask "${many[@]}" # on one connection
for ((i = 0; i < 7; i++)); do ask "$SIX/v2/ok"; done
ask "$FOUR/big" "$SIX/big"
ask -I "$FOUR/big"
ask "$FOUR/v2/empty" "$FOUR/v2/broken"
ask "$FOUR/v1/denied" "$FOUR/v1/denied" "$FOUR/v1/limited"
ask "$FOUR/.env" "$FOUR/wp-login.php"
head -c 1500000 /dev/zero >"$WORK/zeros"
ask -H 'Expect: 100-continue' --data-binary "@$WORK/zeros" "$FOUR/v2/upload"
ask -H 'Authorization: Bearer PLANTED-bearer' -H 'Cookie: session=PLANTED-cookie' \
	-H 'X-Api-Key: PLANTED-key' -H 'api-key: PLANTED-azure' -H 'x-goog-api-key: PLANTED-goog' \
	-H 'Proxy-Authorization: Basic PLANTED-proxy' -H 'X-Auth-Token: PLANTED-token' \
	-d '{"password": "PLANTED-body"}' \
	"$FOUR/v2/ok?key=PLANTED-query&api_key=PLANTED-query2&access_token=PLANTED-query3"
ask -u 'user:PLANTED-password' "$FOUR/v2/ok"
ask --globoff --path-as-is -A "$EVIL"$'\tagent' "$FOUR/v1/<script>alert(1)</script>\"'"
CALLS=$(wc -l <"$LOG")
calls() { grep -c '^{"event":"calls"' "$READINGS"; }
all_there() { [ "$(calls)" = "$CALLS" ]; }
check "every call comes" within 20 all_there
wc -l <"$LOG" >"$WORK/at.least"
[ "$CALLS" -ge 40 ] || failed "the server had calls" "$CALLS"
gojq -r 'select(.event == "calls") | [.client, .method, .path, .status, .response_bytes // 0] | join(" ")' \
	"$READINGS" | sort >"$WORK/calls"
# What nginx counts as bytes of a body has the 25 of "100 Continue" in it.
sed 's|/v2/upload 201 30$|/v2/upload 201 5|' "$LOG" | sort >"$WORK/logged"
equal "each as the server logged it: who, what, status, bytes" "$(diff "$WORK/logged" "$WORK/calls")" ""
equal "all of them whole" "$(gojq -r 'select(.event == "calls" and .complete != true) | .path' "$READINGS")" ""
equal "what was sent, too" "$(gojq -r 'select(.event == "calls" and .request_bytes > 1000) | .request_bytes' "$READINGS")" 1500000
equal "the agent is a column" "$(gojq -r 'select(.event == "calls") | .["user-agent"]' "$READINGS" | sort -u | grep -c curl)" 1
call() { gojq -rc "select(.event == \"calls\" and .path == \"$1\") | $2" "$READINGS" | sort -u; }
equal "a version in the path" "$(call /v1/ok '[.api_version, .version_source, .deprecation, .sunset]')" \
	'["v1","path","true","Sat, 31 Oct 2026 00:00:00 GMT"]'
equal "when to come back" "$(call /v1/limited .retry_after_s)" 7
equal "times are in order" "$(gojq -r 'select(.event == "calls") |
	select((.request_end_ns <= .first_byte_ns and .first_byte_ns <= .last_ns) | not) | .path' "$READINGS")" ""

# --- tables -------------------------------------------------------------------------

counted() { reading && [[ $READING == *'"losses":'* ]] &&
	[ "$(gojq '[.tables.routes.rows[].requests] | add' <<<"$READING")" = "$CALLS" ]; }
check "the tables have all calls" within 10 counted
row() { last ".tables.$1.rows[] | select($2) | $3"; }
equal "by route and version" "$(row routes '.route == "/v1/ok"' '"\(.api_version) \(.requests) \(.ok) \(.first_byte.n) \(.deprecation)"')" "v1 23 23 23 true"
equal "ctl gets them, too" "$("$SKBSCOPE" ctl get -j routes | gojq '[.tables.routes.rows[].requests] | add')" "$CALLS"
equal "and one of them" "$("$SKBSCOPE" ctl get -j 'refused[{client="192.0.2.1", consumer="", reason="429"}]' | gojq -c '[.tables.refused.rows[].calls]')" "[1]"
equal "and the other" "$(row routes '.route == "/v2/ok"' '"\(.api_version) \(.requests)"')" "v2 9"
equal "statuses" "$(row routes '.route == "/v2/broken"' .server_errors)" 1
equal "clients by version" "$(last '[.tables.clients.rows[] | select(.api_version == "v1") | .requests] | add')" \
	"$(grep -c ' /v1/' "$LOG")"
equal "who was refused, and why" "$(last '.tables.refused.rows[] | "\(.client) \(.reason) \(.calls)"' | sort)" \
	"192.0.2.1 401 2
192.0.2.1 429 1
192.0.2.1 unknown route 3"
equal "is an event once" "$(gojq -r 'select(.event == "offenders") | .reason' "$READINGS" | sort)" "401
429
unknown route"
equal "and a line of the file" "$(cut -d' ' -f1 "$OFFENDERS")" 192.0.2.1
equal "two had credentials, each a hash" "$(gojq -r 'select(.event == "calls") | .consumer // empty' "$READINGS" |
	grep -cE '^[0-9a-f]{16}$')" 2
refute "an address that is no header's is none" limited 60 "${IN[@]}" "$SKBSCOPE" http -i lo --column uri
limited 60 "$SKBSCOPE" http -i lo --column header:Authorization >"$WORK/column" 2>&1
equal "credentials are no columns" $? 2
contains "by name" "$(<"$WORK/column")" "'Authorization'"
use far
page() { "${IN[@]}" curl -sS --noproxy '*' --max-time 60 "http://127.0.0.1:$PORT/$1"; }
for path in '' tables tables/routes.csv columns metrics; do page "$path"; done >"$WORK/page" 2>&1
"${IN[@]}" curl -sS --noproxy '*' --max-time 2 "http://127.0.0.1:$PORT/events" >>"$WORK/page" 2>/dev/null
equal "promtool has nothing against the metrics" "$(page metrics | promtool_complaints)" ""
contains "which have the routes" "$(page metrics)" 'skbscope_http_routes_requests_total{route="/v1/ok",api_version="v1"} 23'

# --- what cannot be read ------------------------------------------------------------

use near
"${IN[@]}" timeout 5 openssl s_client -connect 192.0.2.2:80 </dev/null >/dev/null 2>&1
ask --http2-prior-knowledge "$FOUR/v1/ok" 2>/dev/null
ask -A $'\e]0;title\a\e[31mred' "$FOUR/v1/ok" # no parser takes that for a header
use far
is_said() { reading && [ "$(gojq -r '[.tables.seen.rows[] | select(.what == "connections not readable") | .count] | add' <<<"$READING")" = 3 ]; }
check "TLS, HTTP/2 and what is no HTTP are said" within 10 is_said
contains "and are losses" "$(last '.losses[].what')" "connections not readable"
equal "and which they were" "$(last '.tables.unreadable.rows[].text.speaks' | sort)" "HTTP_2
TLS"

# --- the end, and the audit ---------------------------------------------------------

stop
equal "it ends well" "$STATUS" 0
kill "$DUMP"
wait "$DUMP" 2>/dev/null
contains "and says what to expect of the audit" "$(<"$ERRORS")" "audit: $AUDIT: lines up to "
EXPECT=$(sed -n 's/^audit: .*--expect \([^ ]*\)$/\1/p' "$ERRORS")
files=("$AUDIT" "$AUDIT".*)
[ "${#files[@]}" -gt 1 ] || failed "the audit has several files" "${files[*]}"
verify() { "$SKBSCOPE" http --verify --audit-key "$KEY" "$@" >"$WORK/verified" 2>&1; }
check "the audit is whole" verify --expect "$EXPECT" "${files[@]}"
equal "each call is in it" "$(cat "${files[@]}" | gojq -r 'select(.event == "calls") | .path' | wc -l)" \
	"$(calls)"
contains "so is what could not be read" "$(cat "${files[@]}" | grep -v '"event":"calls"')" '"what":"unreadable"'
mkdir "$WORK/forged"
forge() { rm -f "$WORK/forged/"*; cp "${files[@]}" "$WORK/forged"; }
middle=${AUDIT##*/}
middle=$(basename "$(printf '%s\n' "$AUDIT".* | head -1)")
forge
sed -i '5s/"status":200/"status":500/; 5s/GET/PUT/' "$WORK/forged/$middle"
refute "an edit is found" verify "$WORK/forged/"*
contains "with its place" "$(<"$WORK/verified")" "line 5 is not what it was"
forge
sed -i 5d "$WORK/forged/$middle"
refute "a line that is missing is found" verify "$WORK/forged/"*
contains "by its number" "$(<"$WORK/verified")" "lines 5 to 5 are missing"
forge
sed -i '5{h;d};6G' "$WORK/forged/$middle"
refute "lines that were swapped are found" verify "$WORK/forged/"*
forge
rm "$WORK/forged/$middle"
check "of a part all is well that is there" verify "$WORK/forged/"*
contains "and what is not there is said" "$(<"$WORK/verified")" "are not in these files"
forge
sed -i '$d' "$WORK/forged/${AUDIT##*/}"
refute "an end that was cut is found" verify "$WORK/forged/"*
refute "and not what is expected" verify --expect "$EXPECT" "$WORK/forged/"*
forge
head -c 32 /dev/urandom >"$WORK/other"
another() { "$SKBSCOPE" http --verify "$@" "$WORK/forged/"* >"$WORK/verified" 2>&1; }
refute "another key finds none of it" another --audit-key "$WORK/other"
equal "and that is one sentence" "$(sed 's/^[^:]*: //; s/:.*//' "$WORK/verified")" "no line fits the key of --audit-key"
refute "without a key it is not read, either" another
equal "in one sentence, too" "$(sed 's/^[^:]*: //; s/:.*//' "$WORK/verified")" "no line fits without a key"
for other in "--audit-key $WORK/other" ""; do
	# shellcheck disable=SC2086
	limited 60 "${IN[@]}" "$SKBSCOPE" http -i in --audit "$WORK/forged/${AUDIT##*/}" $other >"$WORK/refused" 2>&1
	equal "nothing is appended with another key ($other)" $? 2
	contains "which is said" "$(<"$WORK/refused")" "was written with a"
done
equal "the file is as it was" "$(cmp "$AUDIT" "$WORK/forged/${AUDIT##*/}")" ""
forge
sed -i 1d "$WORK/forged/$middle"
refute "a head that was cut is found" verify "$WORK/forged/$middle"
contains "by the closing line" "$(<"$WORK/verified")" "are missing: the file began with them"

# --- the same by a capture ----------------------------------------------------------

replay() { "$SKBSCOPE" http -r "$WORK/all.pcap" --port 80 --consumer-key "$KEY" "$@"; }
members='del(.time, .request_end_ns, .first_byte_ns, .last_ns, .text, .["user-agent"])'
replay -j --local 192.0.2.2 --local 2001:db8::2 >"$WORK/replayed" 2>"$WORK/replay.err"
equal "a capture is read" $? 0
same() { gojq -c "select(.event == \"calls\" and .status != 400) | $members" "$1" | sort; }
equal "and has the same calls" "$(diff <(same "$READINGS") <(same "$WORK/replayed"))" ""
replay --plain >"$WORK/as.text" 2>&1
replay -o csv --table calls >"$WORK/as.csv" 2>&1
replay -o openmetrics >"$WORK/as.metrics" 2>"$WORK/as.err"
replay --ai -p >"$WORK/as.pretty" 2>&1

equal "JSON is what its schema says" "$(schema_complaints reading event <"$WORK/replayed")" ""

# --- nothing comes out that should not ----------------------------------------------

equal "of credentials, cookies, bodies and queries nothing is anywhere" \
	"$(grep -rl PLANTED "$READINGS" "$ERRORS" "${files[@]}" "$OFFENDERS" "$METRICS" "$WORK/page" "$WORK"/as.* \
		"$WORK/replayed" "$WORK/replay.err")" ""
contains "though they were sent" "$(strings "$WORK/all.pcap" 2>/dev/null || grep -a PLANTED "$WORK/all.pcap")" PLANTED-bearer
contains "markup is text in JSON" "$(<"$WORK/replayed")" '<script>alert(1)</script>'
equal "no output has an escape code" "$(grep -lP '\x1b|\x07' "$READINGS" "$WORK"/as.* "${files[@]}" "$METRICS")" ""
equal "a quote in a label is escaped" "$(promtool_complaints <"$WORK/http.prom")" ""
equal "the tool for OpenMetrics agrees" "$(openmetrics_complaints <"$WORK/as.metrics")" ""

# --- a reader that dies, and one that hangs -----------------------------------------

reader() { pgrep -P "$SCOPE" -x skbscope-http; }
status_of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
crashes() { # SIGNAL SENTENCE [SIGNAL of the run…]
	rm -f "$WORK/$1.log"
	start -i in --port 80 --interval "$(ms 200)" --audit "$WORK/$1.log" || finish
	READER_PROCESS=$(reader)
	kill "-$1" "$READER_PROCESS"
	hears "${@:3}"
	within 30 gone "$SCOPE"
	wait "$SCOPE"
	equal "SIG$1: the run ends by it" $? 1
	contains "SIG$1: and says so" "$(<"$ERRORS")" "$2"
	check "SIG$1: nothing stays attached" within 5 unhooked in
	refute "SIG$1: nor a process" gone_not "$READER_PROCESS"
	equal "SIG$1: the audit says how it ended" "$(gojq -r 'select(.audit == "closed") | .why' "$WORK/$1.log")" "reader lost"
	equal "SIG$1: and that this is a loss" "$(gojq -r 'select(.audit == "loss" and .what == "reader lost") | .count' "$WORK/$1.log")" 1
}
gone_not() { ! gone "$1"; }
start -i in --port 80 --interval "$(ms 200)" || finish
READER_PROCESS=$(reader)
equal "the reader is nobody" "$(status_of "$READER_PROCESS" Uid | cut -f1)" 65534
equal "without capabilities" "$(status_of "$READER_PROCESS" CapEff)" 0000000000000000
equal "under seccomp" "$(status_of "$READER_PROCESS" Seccomp)" 2
equal "it has a socket and nothing else" "$(find "/proc/$READER_PROCESS/fd" -type l -printf '%l\n' | grep -vc '^/dev/null$')" 1
stop
crashes SEGV "was killed by signal 11"
crashes STOP "does not answer, and was ended"
crashes STOP "does not answer, and was ended" TERM
crashes STOP "had not answered when a second signal came" INT TERM

PREFIX_OF_LIES=$WORK/lies
mkdir -p "$PREFIX_OF_LIES"/{bin,libexec/skbscope,share/skbscope}
cp "$SKBSCOPE" "$PREFIX_OF_LIES/bin/skbscope"
ln -s "$BUILD/skbscope-compile" "$PREFIX_OF_LIES/libexec/skbscope/"
cp "$TOOLS/liar" "$PREFIX_OF_LIES/libexec/skbscope/skbscope-http"
ln -s "$SOURCE/programs" "$SOURCE/programs/kernel" "$PREFIX_OF_LIES/share/skbscope/"
chmod 755 "$WORK"
SKBSCOPE=$PREFIX_OF_LIES/bin/skbscope launch -i in --port 80 --interval "$(ms 200)"
within 30 gone "$SCOPE"
wait "$SCOPE"
equal "a reader that makes no sense is the end" $? 1
contains "and is said" "$(<"$ERRORS")" "said something that makes no sense"
equal "what it said before is a call, whose texts end" "$(gojq -c 'select(.event == "calls") | .path | length' "$READINGS" | head -n 1)" 636
check "nothing stays attached" within 5 unhooked in

# --- what is said to the reader ------------------------------------------------------

reads() { # PYTHON: bytes for the reader; prints its exit status
	python3 - "$BUILD/skbscope-http" <<EOT
import os, socket, struct, subprocess, sys, random
pair = socket.socketpair()
os.dup2(pair[0].fileno(), 61)
os.dup2(pair[1].fileno(), 60)
for end in pair:
    end.close()
ours = socket.socket(fileno=61)
os.dup2(60, 3)
reader = subprocess.Popen(sys.argv[1], pass_fds=[3], close_fds=True)
os.close(3)
os.close(60)
ours.recv(1)
def message(kind, data=b""):
    return struct.pack("II", kind, len(data)) + data
def start(name=b""):
    return message(1, bytes(32) + struct.pack("QQ", 7, 1 if name else 0) + name.ljust(64, b"\0") + bytes(192))
try:
    ours.sendall($1)
except OSError:
    pass
ours.shutdown(socket.SHUT_WR)
try:
    while ours.recv(1 << 16):
        pass
except OSError:
    pass
print(reader.wait())
EOT
}
equal "nothing is no fault" "$(reads 'b""')" 0
equal "a beginning is none" "$(reads 'start()')" 0
equal "two of them are" "$(reads 'start() + start()')" 42
equal "pieces come after it" "$(reads 'message(2, bytes(80))')" 42
equal "with what they carry" "$(reads 'start() + message(2, bytes(60) + struct.pack("I", 99) + bytes(8))')" 42
equal "a piece of nothing is one" "$(reads 'start() + message(2, bytes(72))')" 0
equal "messages have an end" "$(reads 'start() + struct.pack("II", 2, 1 << 20)')" 42
equal "and are known" "$(reads 'start() + message(77)')" 42
equal "credentials are no column there, either" "$(reads 'start(b"x-api-key")')" 42
equal "pieces of chance are read" "$(reads 'start() + b"".join(message(2, random.randbytes(60) + struct.pack("I", 100) + random.randbytes(108)) for _ in range(2000))')" 0

# --- an audit that goes on, and one without room -------------------------------------

start -i in --port 80 --audit "$WORK/crash.log" || finish
use near
ask "$FOUR/v2/ok"
use far
written() { grep -q '"event":"calls"' "$WORK/crash.log"; }
check "a call is in the audit at once" within 10 written
stop KILL
printf '{"seq":9,"to' >>"$WORK/crash.log"
start -i in --port 80 --audit "$WORK/crash.log" || finish
stop
whole() { "$SKBSCOPE" http --verify "$1" >"$WORK/verified" 2>&1; }
check "after a crash the chain goes on" whole "$WORK/crash.log"
contains "and the seam is seen" "$(<"$WORK/verified")" "1 times a run did not end by itself"
mkdir "$WORK/small"
mount -t tmpfs -o size=16k small "$WORK/small"
start -i in --port 80 --audit "$WORK/small/audit.log" --interval "$(ms 200)" || finish
use near
mapfile -t many < <(for ((i = 0; i < 40; i++)); do echo "$FOUR/v2/ok"; done)
ask "${many[@]}"
use far
says_full() { grep -q 'No space left on device): lines are lost' "$ERRORS"; }
check "a full disk is said" within 10 says_full
lost() { reading && [ "$(gojq '[.losses[] | select(.what == "audit lines lost") | .count] | add' <<<"$READING")" -gt 0 ]; }
check "and is a loss" within 10 lost
mount -o remount,size=1m "$WORK/small"
use near
ask "$FOUR/v2/ok"
use far
written_again() { grep -q '"audit":"lost"' "$WORK/small/audit.log"; }
check "the audit says so when it can" within 10 written_again
stop
check "and is whole" whole "$WORK/small/audit.log"
equal "written and lost are all" "$(($(grep -c '"event":' "$WORK/small/audit.log") + $(sed -n 's/^\([0-9]*\) lines could not be written.*/\1/p' "$WORK/verified")))" \
	"$(grep -c '^{"event":' "$READINGS")"
umount "$WORK/small"
kill "$SERVER"
wait "$SERVER" 2>/dev/null
nothing_left "http" in
finish
