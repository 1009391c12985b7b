#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# --listen: what is served is what is in the maps, the same for every reader, by a process
# without any right; strangers ask too much, too slowly, too often, under other names, and the
# run does not mind. The page itself is net/browser's.
. "$(dirname "$0")/../metrics.sh"
. "$(dirname "$0")/lib.sh"

namespace near
namespace far
pair near out far in
use far
ip -n far link set lo up
PORT=9464
URL=http://127.0.0.1:$PORT

get() { "${IN[@]}" curl -sS --noproxy '*' --max-time 60 "$@"; }
code() { get -o "$WORK/answer" -w '%{http_code}' "$@"; }
json() { get "$URL/$1" | gojq -rc "$2"; }
told() { grep -qF -- "$1" "$ERRORS"; }
server() { pgrep -x skbscope-serve; }
no_server() { ! server; }
status_of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }

# --- what is served is what is there ------------------------------------------------

start "$PROGRAMS/count.c" -i in --interval "$(ms 50)" --listen "$PORT" || finish
contains "it says where" "$(<"$ERRORS")" "page: $URL/"
use near
sent=$(send out udp4 23)
use far
TABLE=${PREFIX}in
served() { json tables "[.tables.$TABLE.rows[].value] | add"; }
is_served() { [ "$(served)" = "$sent" ]; }
check "what was sent is served" within 10 is_served
in_map() { bpftool -j map dump name "$TABLE" | gojq '[.[] | (.formatted // .) | .values[]?.value // .value] | add'; }
equal "and is what the map holds, by bpftool's word" "$(in_map)" "$sent"
json "tables/$TABLE" . >"$WORK/table"
equal "a table is served by its name" "$(gojq '[.rows[].value] | add' "$WORK/table")" "$sent"
equal "it is as it is in the whole" "$(gojq -c 'keys' "$WORK/table")" \
	"$(json tables ".tables.$TABLE | keys")"
csv=$(get "$URL/tables/$TABLE.csv")
equal "by its suffix as CSV" "$(cut -d, -f2- <<<"$csv")" \
	"$(get -H 'Accept: text/csv, */*;q=0.1' "$URL/tables/$TABLE" | cut -d, -f2-)"
contains "with the same number" "$(tail -n 1 <<<"$csv")," ",$sent,"
equal "that is said to be CSV" "$(get -o /dev/null -w '%{content_type}' "$URL/tables/$TABLE.csv" | cut -d';' -f1)" text/csv
equal "another is not there" "$(code "$URL/tables/nothing")" 404
equal "nor as CSV" "$(code "$URL/tables/nothing.csv")" 404
equal "nor what is part of its name" "$(code "$URL/tables/${TABLE%?}")" 404
equal "nor is another path" "$(code "$URL/nothing")" 404
equal "it is healthy" "$(code "$URL/healthz")" 200
contains "by the latest reading" "$(<"$WORK/answer")" "ok: reading "
metrics() { get -H "Accept: $1" "$URL/metrics"; }
typed() { get -o /dev/null -w '%{content_type}' -H "Accept: $1" "$URL/metrics"; }
OPEN="application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
equal "Prometheus gets what it prefers" "$(typed "$OPEN")" "application/openmetrics-text; version=1.0.0; charset=utf-8"
equal "others what is older" "$(typed "*/*")" "text/plain; version=0.0.4; charset=utf-8"
equal "promtool has nothing against it" "$(metrics "*/*" | promtool_complaints)" ""
equal "nor has the OpenMetrics parser" "$(metrics "$OPEN" | openmetrics_complaints)" ""
equal "its number is the same" "$(metrics "$OPEN" | sed -n "s/^skbscope.*_${TABLE}_.*total[^ ]* \([0-9]*\).*/\1/p")" "$sent"
for path in / /page.js /page.css /icon.svg; do
	equal "$path is served" "$(code "$URL$path")" 200
done

# --- who serves it ------------------------------------------------------------------

SERVER=$(server)
equal "another process has the port" "$("${IN[@]}" ss -Hltnp "sport = :$PORT" | grep -o 'pid=[0-9]*')" \
	"pid=$SERVER"
equal "it is nobody" "$(status_of "$SERVER" Uid) $(status_of "$SERVER" Groups)" \
	"$(printf '65534\t65534\t65534\t65534 ')"
for set in CapInh CapPrm CapEff CapBnd CapAmb; do
	equal "without capabilities: $set" "$(status_of "$SERVER" $set)" 0000000000000000
done
equal "without new ones" "$(status_of "$SERVER" NoNewPrivs)" 1
equal "under a filter of system calls" "$(status_of "$SERVER" Seccomp)" 2
equal "it has nothing else open" \
	"$(find "/proc/$SERVER/fd" -mindepth 1 -printf '%l\n' | grep -cvE '^(socket|anon_inode|pipe):|^/dev/null$')" 0

# --- names and words ----------------------------------------------------------------

for host in localhost "localhost:$PORT" "127.0.0.1" "[::1]:8080" "192.0.2.1:80" "$(uname -n)" router; do
	equal "it is called '$host'" "$(code -H "Host: $host" "$URL/tables")" 200
done
for host in evil.example "127.0.0.1.evil.example" "localhost.evil.example:$PORT" "[::1" "[::1].evil.example" \
	"" "127.0.0.1@evil.example" ":$PORT" "router:x"; do
	status=$(code -H "Host: $host" -H "Host;" "$URL/tables")
	[ -z "$host" ] || status=$(code -H "Host: $host" "$URL/tables")
	check "it is not called '$host': $status" eval '[ "$status" = 421 ] || [ "$status" = 400 ]'
	lacks "and tells '$host' nothing" "$(<"$WORK/answer")" "$TABLE"
done
"${IN[@]}" python3 - "$PORT" >"$WORK/said" <<-'END'
	import socket, sys
	s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
	s.sendall(b"GET /tables HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
	print(s.recv(100).decode().splitlines()[0])
END
equal "who names two hosts means neither" "$(<"$WORK/said")" "HTTP/1.1 421 Misdirected Request"
for path in /metrics%00 "/tables/$TABLE%00.csv" /%74ables; do
	equal "$path is no name of anything" "$(code "$URL$path")" 404
done
for method in POST PUT DELETE OPTIONS PATCH; do
	equal "$method is nothing to do here" "$(code -X "$method" "$URL/tables")" 405
done
equal "a head without its body" "$(get -I "$URL/tables" | grep -ci '^content-type: application/json')" 1
head -c 1000000 /dev/zero | tr '\0' a >"$WORK/much"
# Who does not listen while it says so much may hear no more than that the connection ends.
status=$(code -X GET --data-binary "@$WORK/much" "$URL/tables" 2>/dev/null)
check "a body of 1 MB is refused: $status" eval '[ "$status" = 413 ] || [ "$status" = 000 ]'
equal "so is a short one" "$(code -X GET --data-binary x "$URL/tables")" 413
for what in "a head" "a path"; do
	{ if [ "$what" = "a head" ]; then printf 'GET / HTTP/1.1\r\nHost: localhost\r\nX: '; else printf 'GET /'; fi
	cat "$WORK/much"; printf '\r\n\r\n'; } >"$WORK/request"
	"${IN[@]}" python3 - "$PORT" "$WORK/request" >"$WORK/said" <<-'END'
		import socket, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		s.settimeout(60)
		try: s.sendall(open(sys.argv[2], "rb").read())
		except OSError: pass
		try: print(s.recv(100).decode().splitlines()[0])
		except OSError: print("HTTP/1.1 400, and reset")
	END
	contains "$what of 1 MB is refused" "$(<"$WORK/said")" "HTTP/1.1 4"
done
check "and a thousand that were damaged on the way" "${IN[@]}" python3 "$HERE/strangers.py" "$PORT" 1000
equal "it is healthy" "$(code "$URL/healthz")" 200
equal "and the same process" "$(server)" "$SERVER"
said=$(get -D - -o /dev/null "$URL/")
for rule in "default-src 'none'" "script-src 'self'" "frame-ancestors 'none'" "nosniff" "Cross-Origin-Resource-Policy: same-origin"; do
	contains "browsers are told: $rule" "$said" "$rule"
done
lacks "nobody else's page may read it" "$said" "Access-Control-Allow"
lacks "and nothing in the page is obeyed" "$said" "unsafe"

# --- ten thousand -------------------------------------------------------------------

before=$(last .monotonic_ns)
"${IN[@]}" python3 - "$PORT" "$WORK/crowd" <<-'END' &
	import errno, resource, select, socket, sys, time
	resource.setrlimit(resource.RLIMIT_NOFILE, (10100, 10100))
	held = []
	for i in range(10000):
	    s = socket.socket(); s.setblocking(False)
	    r = s.connect_ex(("127.0.0.1", int(sys.argv[1]))); held.append(s)
	    assert r in (0, errno.EINPROGRESS), r
	open(sys.argv[2], "w").close()
	gone = select.poll()
	for s in held: gone.register(s, select.POLLIN)
	gone.poll()
	open(sys.argv[2] + ".gone", "w").close()
	select.select([], [], [])
END
crowd=$!
check "ten thousand come and are silent" within 60 test -e "$WORK/crowd"
check "few of them are let in" eval '[ "$(find "/proc/$SERVER/fd" -mindepth 1 | wc -l)" -lt 300 ]'
check "the run goes on" within 10 eval '[ "$(last .monotonic_ns)" -gt "$before" ]'
check "who says nothing is sent away" within 30 test -e "$WORK/crowd.gone"
answers() { [ "$(code --max-time 2 "$URL/healthz" 2>/dev/null)" = 200 ]; }
kill "$crowd"
wait "$crowd" 2>/dev/null
check "when they are gone, it answers" within 30 answers # those who still wait are found to be gone first
check "it has not grown" eval '[ "$(status_of "$SERVER" VmRSS | tr -dc 0-9)" -lt 65536 ]'
equal "it is the same process" "$(server)" "$SERVER"

# --- it may end, the run does not ---------------------------------------------------

kill -KILL "$SERVER"
check "that it was killed is told" within 10 told "the page's process was killed by signal 9"
before=$(last .monotonic_ns)
check "the run goes on without it" within 10 eval '[ "$(last .monotonic_ns)" -gt "$before" ]'
equal "nobody listens any more" "$("${IN[@]}" ss -Hltn "sport = :$PORT")" ""
stop
equal "and ends as ever" "$STATUS" 0
nothing_left "killed" in

# --- events as they come ------------------------------------------------------------

# Little room on the way, so that a reader who is slow is soon noticed.
"${IN[@]}" sysctl -q net.ipv4.tcp_wmem="4096 4096 4096" net.ipv4.tcp_rmem="4096 4096 4096"
start "$PROGRAMS/events.c" -i in --interval "$(ms 100)" --listen "$PORT" || finish
get -N "$URL/events" >"$WORK/events" &
reader=$!
mkfifo "$WORK/go"
"${IN[@]}" python3 - "$PORT" "$WORK/go" "$WORK/came" >"$WORK/slow" <<-'END' &
	import socket, sys
	s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
	s.sendall(b"GET /events HTTP/1.0\r\nHost: localhost\r\n\r\n")
	sys.stdout.write(s.recv(1).decode())
	open(sys.argv[3], "w").close()
	open(sys.argv[2]).read()
	while True:
	    said = s.recv(65536)
	    sys.stdout.write(said.decode())
	    sys.stdout.flush()
	    if not said or b"event: end" in said: break
END
slow=$!
check "both read" within 10 test -e "$WORK/came"
check "the first has heard of a reading" within 10 grep -q "^event: reading" "$WORK/events"
got() { # FILE: events that it has, and that it was told it has not
	awk '{ sub(/\r$/, "") } /^event: / { kind = $2 } /^data: / && kind == "event" { n++; kind = "" }
		/^data: / && kind == "lost" { n += $2; kind = "" } END { print n + 0 }' "$1"
}
lost_by() { awk '{ sub(/\r$/, "") } /^event: / { kind = $2 } /^data: / && kind == "lost" { n += $2; kind = "" } END { print n + 0 }' "$1"; }
use near
start_sending out udp4 3000
check "more come than anybody keeps" within 30 eval '[ "$(grep -c "^id: " "$WORK/events")" -gt 2500 ]'
stop_sending
use far
check "who reads has all, or was told how many he has not" within 20 eval '[ "$(got "$WORK/events")" = "$SENT" ]'
check "and has most of what is let through" eval '[ "$(grep -c "^id: " "$WORK/events")" -gt 2500 ]'
: >"$WORK/go"
check "who was slow, too" within 20 eval '[ "$(got "$WORK/slow")" = "$SENT" ]'
check "he has missed more" eval '[ "$(lost_by "$WORK/slow")" -gt "$(lost_by "$WORK/events")" ]'
equal "they are numbered in order" "$(sed -n 's/^id: //p' "$WORK/events" | sort -nuc 2>&1)" ""
equal "an event is as -j has it" "$(sed -n 's/^data: //p' "$WORK/events" | grep '^{' | gojq -c '[.event, .shown]' | sort -u)" \
	"[\"${PREFIX}events\",1]"
equal "they are lost for readers alone" "$(last ".tables.nt_events.lost")" 0
stop
contains "the end is told" "$(<"$WORK/events")" "event: end"
check "and is one" within 10 gone "$reader"
check "for him as well" within 10 gone "$slow"
nothing_left "events" in

# --- each reader has the same -------------------------------------------------------

start "$PROGRAMS/count.c" -i in --interval 1h --listen "127.0.0.1:$PORT" || finish
"${IN[@]}" curl -s --no-progress-meter --parallel --parallel-immediate --parallel-max 40 -o "$WORK/same#1" "$URL/tables?[1-40]"
equal "forty have one reading, to the byte" "$(md5sum "$WORK"/same* | cut -d' ' -f1 | sort | uniq -c | xargs | cut -d' ' -f1)" 40
contains "known by its number" "$(get -D - -o /dev/null "$URL/tables")" 'ETag: "1"'

# --- where it may listen ------------------------------------------------------------

refused() { # SENTENCE STATUS PART ADDRESS
	"${IN[@]}" "$SKBSCOPE" run "$PROGRAMS/count.c" -i in --listen "$4" >"$WORK/out" 2>"$WORK/err" </dev/null
	equal "$1: status" "$?" "$2"
	contains "$1: it says why" "$(<"$WORK/err")" "$3"
}
hooks=$(hooked in)
refused "a port in use" 1 "cannot listen on 127.0.0.1:$PORT: Address already in use" "$PORT"
contains "it says what to do" "$(<"$WORK/err")" "ss -ltnp sport = $PORT"
equal "nothing was attached" "$(hooked in)" "$hooks"
refused "another's address" 1 "has no such address" "192.0.2.77:$PORT"
for word in x :80 65536 80x 080 "-1" 127.0.0.1 "127.0.0.1:" localhost:80 "::1:80" "[::1]80" "[::1:80" "[192.0.2.1]:80" "[]:80" "1.2.3:80" "%:1"; do
	refused "'$word' is no place" 2 "--listen takes a port" "$word"
done

stop
start "$PROGRAMS/count.c" -i in --interval "$(ms 50)" --listen "$PORT" || finish
check "there are readings" within 10 eval '[ -n "$(last .monotonic_ns)" ]'
kill -STOP "$(server)"
before=$(last .monotonic_ns)
check "a page that is stopped is not waited for" within 10 eval '[ "$(last .monotonic_ns)" -gt "$before" ]'
stop
equal "not at the end either" "$STATUS" 0
check "and is gone then" no_server

start "$PROGRAMS/count.c" -i in --listen "$PORT" || finish
kill -KILL "$SCOPE"
wait "$SCOPE" 2>/dev/null
check "a run that is killed takes its page along" within 10 no_server
"${IN[@]}" "$SKBSCOPE" detach >/dev/null 2>&1

start "$PROGRAMS/count.c" -i in --listen "[::]:0" || finish
contains "to others it is said that there is no password" "$(<"$ERRORS")" "it asks nobody for a password"
free=$(grep -o 'http://\[::\]:[0-9]*' "$ERRORS" | grep -o '[0-9]*$')
equal "a port that was free" "$(code "http://[::1]:$free/healthz")" 200
stop
equal "it ends" "$STATUS" 0
check "and its page with it" no_server

nothing_left "all" in
finish
