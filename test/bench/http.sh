#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What it costs to look at HTTP: CPU time of nginx, its client and who looks, for a fixed number of
# requests: by nobody, http_versions, "skbscope http", tcpdump and tshark. What of it programs in the kernel
# take, by its run-time statistics, which cost some 20 ns a run themselves; and how many of the
# requests each of them has. The rows take turns.
#
# usage: http.sh [--contend] [ROUNDS [ROW…]]    (default 3, or SKBSCOPE_BENCH_ROUNDS, and all rows:
#                                               nobody versions pieces http tcpdump tshark)
#
# --contend: once each, with two busy loops beside, 279,000 requests (fewer with SKBSCOPE_BENCH_ROUNDS).
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$HERE/recorded.sh"

CONTEND=
[ "${1:-}" != --contend ] || { CONTEND=yes && shift; }
ROUNDS=${1:-${SKBSCOPE_BENCH_ROUNDS:-3}}
ROWS=("${@:2}")
[ ${#ROWS[@]} != 0 ] || ROWS=(nobody versions pieces http tcpdump tshark)
PART=$([ -n "${SKBSCOPE_BENCH_ROUNDS:-}" ] && echo 100 || echo 1)
for tool in nginx h2load; do
	type "$tool" >/dev/null 2>&1 || { echo "skipped: $tool is not installed"; exit 77; }
done

# --- a server, and four kinds of requests

namespace near
namespace far
two_ends near out far in
mkdir "$WORK/www" "$WORK/nginx"
head -c 200000 /dev/zero >"$WORK/www/large"
head -c 3000 /dev/zero >"$WORK/www/chunks.txt"
cat >"$WORK/nginx.conf" <<-END
	daemon off; master_process off; user root; pid $WORK/nginx/pid; error_log $WORK/nginx/log;
	events { worker_connections 1024; }
	http {
		access_log off;
		client_body_temp_path $WORK/nginx/1; proxy_temp_path $WORK/nginx/2; fastcgi_temp_path $WORK/nginx/3;
		uwsgi_temp_path $WORK/nginx/4; scgi_temp_path $WORK/nginx/5;
		keepalive_requests 10000000; root $WORK/www; gzip_types text/plain; gzip_min_length 1;
		server {
			listen 8080;
			location /v1/ { return 200 "a small answer"; }
			location = /chunks.txt { gzip on; }
		}
	}
END
use far
"${IN[@]}" nginx -e "$WORK/nginx/log" -c "$WORK/nginx.conf" &
NGINX=$!
listens() { [[ $("${IN[@]}" ss -Hltn 'sport = :8080') == *:8080* ]]; }
within 10 listens || { failed "nginx listens" "$(cat "$WORK/nginx/log")"; finish; }

load() { # REQUESTS WAITING PATH [OPTIONS…]: on four connections
	use near
	"${IN[@]}" h2load --h1 -n "$1" -c 4 -m "$2" "${@:4}" "http://10.9.0.2:8080$3" >"$WORK/h2load" 2>&1 &&
		grep -q " $1 succeeded, 0 failed" "$WORK/h2load" || tail -n 3 "$WORK/h2load"
}
KINDS=(keep large pipelined chunks)
if [ "$CONTEND" ]; then
	declare -A REQUESTS=([keep]=100000 [large]=9000 [pipelined]=150000 [chunks]=20000)
else
	declare -A REQUESTS=([keep]=20000 [large]=4000 [pipelined]=60000 [chunks]=10000)
fi
for kind in "${KINDS[@]}"; do REQUESTS[$kind]=$((REQUESTS[$kind] / PART)); done
send_keep() { load "${REQUESTS[keep]}" 1 /v1/keep; }
send_large() { load "${REQUESTS[large]}" 1 /large; }
send_pipelined() { load "${REQUESTS[pipelined]}" 16 /v1/pipelined; }
send_chunks() { load "${REQUESTS[chunks]}" 1 /chunks.txt -H "accept-encoding: gzip"; }

# --- who looks

READER=
start_reader() { # COMMAND…
	ERRORS=$WORK/err
	: >"$ERRORS" # not of the one before
	use far
	"${IN[@]}" env --default-signal=INT "$@" >"$WORK/seen" 2>"$ERRORS" &
	READER=$!
	within 60 looks || { cat "$ERRORS" >&2; return 1; }
}
looks() { grep -qi 'attached to\|listening on\|capturing on' "$ERRORS" || gone "$READER"; }
all_is_said() { # of what lags behind
	local lines
	lines=$(wc -l <"$WORK/seen")
	sleep 1
	[ "$(wc -l <"$WORK/seen")" = "$lines" ]
}
end_reader() { # ROW
	[ -n "$READER" ] || return
	[ "$1" != tshark ] || within 60 all_is_said
	kill -INT "$READER" 2>/dev/null
	wait "$READER"
	READER=
}
begin_nobody() { :; }
begin_versions() { start_reader "$SKBSCOPE" http_versions -i in -j; }
begin_pieces() { start_reader "$SKBSCOPE" run "$SOURCE/programs/http/calls.c" --set 'ports[8080]' -i in -j; }
begin_http() { start_reader "$SKBSCOPE" http -i in --port 8080 -j; }
begin_tcpdump() { start_reader tcpdump -i in -w /dev/null; }
begin_tshark() { start_reader tshark -i in -f 'tcp port 8080' -d tcp.port==8080,http -Y http.request -T fields -e http.request.uri; }
TITLE[nobody]="nobody"
TITLE[versions]="skbscope http_versions"
TITLE[pieces]="http/calls.c, its pieces as JSON"
TITLE[http]="skbscope http"
TITLE[tcpdump]="tcpdump -w /dev/null"
TITLE[tshark]="tshark, a line a request"
OURS=(nobody versions pieces http)
"$SKBSCOPE" http --help >/dev/null 2>&1 || LEFT_OUT[http]="this skbscope has no such command"
for tool in tcpdump tshark; do
	command -v "$tool" >/dev/null || LEFT_OUT[$tool]="apt-get install $tool"
done

# Requests that it has seen; what it says of losses.
seen_nobody() { echo -; }
seen_versions() {
	tail -n 1 "$WORK/seen" | gojq -r '(.tables.versions.rows | map(.requests) | add // 0) as $asked |
		(.tables.not_read.rows | map("\(.text.why) \(.times)") | join(", ")) as $unread |
		(.tables.versions.rows | map(.s2xx) | add // 0) as $answered |
		"\($asked), \($answered) answered\(if $unread != "" then "; " + $unread else "" end)"'
}
seen_pieces() {
	tail -n 1 "$WORK/seen" | gojq -r '.tables | (.amounts.rows | map({(.text.fate): .bytes}) | add) as $bytes |
		"\($bytes.CARRIED / 1e6 | floor) MB carried, \($bytes.SKIPPED / 1e6 | floor) MB skipped, \(.pieces.lost // 0) pieces lost"'
}
seen_http() {
	grep '^{"event":"calls"' "$WORK/seen" | awk '{ n++; whole += /"complete":true/ } END { printf "%d, %d complete; ", n, whole }'
	tail -n 1 "$WORK/seen" | gojq -r '"\(.tables.pieces.lost) pieces lost, \(.tables.calls.lost) calls"'
}
seen_tcpdump() { sed -n 's/ packets dropped by kernel/ packets lost/p' "$ERRORS"; }
seen_tshark() { # those of one packet are in one line
	echo "$(tr , '\n' <"$WORK/seen" | wc -l)$(sed -n 's/^\([0-9]*\) packets\? dropped from.*/; \1 packets lost/p' "$ERRORS")"
}

# --- measuring

# ns of CPU of a process, in hundredths of a second.
spent() { # PROCESS
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || { echo 0; return; }
	read -r -a stat <<<"${stat##*) }"
	echo $(((stat[11] + stat[12]) * 10000000))
}
all_spent() { # by nginx, who looks, and the processes that this has for it
	local process sum
	sum=$(spent "$NGINX")
	for process in $READER $([ -z "$READER" ] || pgrep -P "$READER"); do
		[ "$(cat "/proc/$process/comm")" = skbscope-compil ] || sum=$((sum + $(spent "$process")))
	done
	echo "$sum"
}
# ns that the reader's programs have run.
run_time() {
	[ -n "$READER" ] || { echo 0; return; }
	cat "/proc/$READER/fdinfo/"* 2>/dev/null | awk '/^run_time_ns:/ { t += $2 } END { print t + 0 }'
}
measure() { # ROW: a line "KIND US-A-REQUEST OF-THAT-IN-PROGRAMS" for each kind
	local kind before ran client
	"begin_$1" || { end_reader "$1"; return 1; }
	for kind in "${KINDS[@]}"; do
		before=$(all_spent) ran=$(run_time)
		TIMEFORMAT='%U %S'
		client=$({ time "send_$kind"; } 2>&1)
		[[ $client =~ ^[0-9.]+\ [0-9.]+$ ]] || failed "h2load goes through" "$client"
		awk -v kind="$kind" -v ns=$(($(all_spent) - before)) -v ran=$(($(run_time) - ran)) \
			-v n="${REQUESTS[$kind]}" -v client="$client" \
			'BEGIN { split(client, c, " "); printf "%s %.1f %.2f\n", kind, ns / n / 1e3 + (c[1] + c[2]) / n * 1e6, ran / n / 1e3 }' >>"$WORK/$1.us"
	done
	end_reader "$1"
	"seen_$1" >"$WORK/$1.seen"
}
of_kind() { # ROW KIND COLUMN: the median
	awk -v kind="$2" -v c="$3" '$1 == kind { print $c }' "$WORK/$1.us" | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

STATISTICS=/proc/sys/kernel/bpf_stats_enabled
WERE_ON=$(cat "$STATISTICS" 2>/dev/null) && [ ! "$CONTEND" ] && echo 1 >"$STATISTICS"
LOOPS=()
trap '[ -z "$WERE_ON" ] || echo "$WERE_ON" >"$STATISTICS"; [ ${#LOOPS[@]} = 0 ] || kill "${LOOPS[@]}"' EXIT

total=0
for kind in "${KINDS[@]}"; do total=$((total + REQUESTS[$kind])); done
machine
if [ "$CONTEND" ]; then
	ROUNDS=1
	for i in 1 2; do
		while :; do :; done &
		LOOPS+=($!)
	done
fi
for ((round = 0; round < ROUNDS; round++)); do
	for row in "${ROWS[@]}"; do
		[ -z "${LEFT_OUT[$row]:-}" ] || continue
		measure "$row" || { LEFT_OUT[$row]="failed: $(tail -n 2 "$ERRORS")" && FAILURE=1; }
	done
done

printf '\n%s requests: %s\n' "$total" "$(for kind in "${KINDS[@]}"; do printf '%s %s  ' "${REQUESTS[$kind]}" "$kind"; done)"
if [ "$CONTEND" ]; then
	printf '\n%-34s %s\n' "with two busy loops beside" "what it has"
	for row in "${ROWS[@]}"; do
		[ -s "$WORK/$row.seen" ] && printf '%-34s %s\n' "${TITLE[$row]}" "$(cat "$WORK/$row.seen")"
	done
else
	printf '\n%-34s' "CPU us a request (in programs)"
	printf ' %15s' "${KINDS[@]}"
	printf '  %s\n' "what it has"
	for row in "${ROWS[@]}"; do
		[ -s "$WORK/$row.us" ] || continue
		printf '%-34s' "${TITLE[$row]}"
		for kind in "${KINDS[@]}"; do
			printf ' %15s' "$(of_kind "$row" "$kind" 2) ($(of_kind "$row" "$kind" 3))"
		done
		printf '  %s\n' "$(cat "$WORK/$row.seen")"
	done
fi
say_left_out
kill "$NGINX"
wait "$NGINX"
check "ours can be measured" test "$FAILURE" = 0
finish
