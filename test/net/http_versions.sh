#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# http_versions, beside nginx: what it counts is what nginx has logged, by client, version, method and
# status, of curl, h2load (requests that do not wait for answers), wrk, and Python's client, which
# sends head and body apart. Live, and of what tcpdump recorded.
. "$(dirname "$0")/lib.sh"
. "$HERE/recorded.sh"

for tool in nginx curl h2load wrk python3; do
	type "$tool" >/dev/null 2>&1 || { echo "skipped: $tool is not installed"; exit 77; }
done

namespace near
namespace far
two_ends near out far in
mkdir "$WORK/www" "$WORK/nginx"
head -c 200000 /dev/urandom >"$WORK/www/large"
seq 20000 >"$WORK/www/text" # packed as it is sent, in chunks
cat >"$WORK/nginx.conf" <<-END
	daemon off; master_process off; user root; pid $WORK/nginx/pid; error_log $WORK/nginx/log;
	events {}
	http {
		log_format calls '\$remote_addr|\$server_port|\$request_method|\$request_uri|\$http_api_version|\$status';
		access_log $WORK/calls calls;
		client_body_temp_path $WORK/nginx/1; proxy_temp_path $WORK/nginx/2; fastcgi_temp_path $WORK/nginx/3;
		uwsgi_temp_path $WORK/nginx/4; scgi_temp_path $WORK/nginx/5;
		gzip on; gzip_types *; keepalive_requests 1000000; client_max_body_size 10m; root $WORK/www;
		server {
			listen 80; listen [::]:80; listen 8080;
			location ~ ^/(v[0-9]+|api/2.0)/ { return 200 "a small answer"; }
			location = /v1/moved { return 301 /v2/moved; }
			location = /v1/none { return 204; }
			location = /v2/limited { return 429; }
			location = /v2/broken { return 500; }
		}
	}
END
use far
"${IN[@]}" nginx -e "$WORK/nginx/log" -c "$WORK/nginx.conf" &
NGINX=$!
listens() { [[ $("${IN[@]}" ss -Hltn 'sport = :8080') == *:8080* ]]; }
check "nginx listens" within 10 listens
start http_versions -i in
use near

A=http://10.9.0.2 B=http://10.9.0.2:8080
get() { "${IN[@]}" curl -gsS -m 60 "$@"; }
all() { # OPTIONS… URL…: on one connection
	local word words=()
	for word; do
		[[ $word != http://* ]] || words+=(-o "$WORK/got")
		words+=("$word")
	done
	get "${words[@]}"
}
traffic() {
	all "$A/v1/a" "$A/v1/b?x=1" "$B/v2/a" "$A/v1/moved" "$A/v1/none" "$A/v2/limited" "$A/v2/broken" "$A/nowhere"
	all 'http://[fd00:9::2]/v3/six' 'http://[fd00:9::2]/large'
	all --compressed "$A/text" "$A/v1/a" "$A/text" "$A/large" "$A/v1/a"
	all -H "Api-Version: 2024-10-21" "$A/v1/a" "$A/v1/a"
	all --http1.0 "$A/large"
	all -I "$A/large" "$A/v1/a" "$A/large"
	all --data-binary "@$WORK/www/large" "$A/v1/up" "$A/v1/up"
	all -T "$WORK/www/large" -H "Transfer-Encoding: chunked" "$A/v2/up"
	all -H "Cookie: $(printf 'c%.0s' {1..3000})" "$A/v1/a?api-version=7" "$A/v1/a"
	"${IN[@]}" python3 - <<-'END'
		import http.client
		connection = http.client.HTTPConnection("10.9.0.2")
		for i in range(230):
		    connection.request("POST", "/api/2.0/runs", b'{"run": %d}' % i, {"Content-Type": "application/json"})
		    connection.getresponse().read()
	END
	requests 230 16 "$A/v1/many"
}
requests() { # NUMBER WAITING URL
	"${IN[@]}" h2load --h1 -n "$1" -c 4 -m "$2" "$3" >"$WORK/h2load" || cat "$WORK/h2load"
}

# CLIENT PORT VERSION METHOD REQUESTS 2XX 3XX 4XX 5XX
logged() { # FILE
	awk -F'|' '{
			version = $5 == "-" ? "" : $5
			if (!version && match($4, /[?&]api-version=[^&]*/))
				version = substr($4, RSTART + 13, RLENGTH - 13)
			if (!version && match($4, /\/(v[0-9]+|2\.0)\//))
				version = substr($4, RSTART + 1, RLENGTH - 2)
			key = $1 " " $2 " " version " " $3
			n[key]++; of[key, substr($6, 1, 1)]++
		}
		END { for (key in n) print key, n[key], of[key, 2] + 0, of[key, 3] + 0, of[key, 4] + 0, of[key, 5] + 0 }' \
		"${1:-$WORK/calls}" | sort
}
counted() {
	last '.tables.versions.rows[] | [.text.client, .port, .version, .method, .requests, .s2xx, .s3xx, .s4xx, .s5xx] |
		map(tostring) | join(" ")' | sort
}
agrees() { reading && [ "$(counted)" = "$(logged)" ]; }
unread() { last '[.tables.not_read.rows[] | .text.why] | unique | join(" ")'; }

record far in
traffic
recorded near
cp "$WORK/calls" "$WORK/recorded"
# As many as tcpdump has no room for; heads in the middle of packets of 64 KB, of which it has 16.
requests 4600 16 "$A/v1/many"
requests 460 4 "$A/large"
check "what is counted comes to what nginx has logged" within 20 agrees
stop
equal "http_versions ends well" "$STATUS" 0
equal "requests and answers are those that nginx has logged" "$(counted)" "$(logged)"
check "all that was sent was logged" test "$(wc -l <"$WORK/calls")" = $((8 + 2 + 5 + 2 + 1 + 3 + 2 + 1 + 2 + 230 + 230 + 4600 + 460))
equal "nothing was not read" "$(unread)" ""
"${IN[@]}" "$SKBSCOPE" run -j http_versions -r "$CAPTURE" >"$WORK/replay.json" 2>"$WORK/replay.err"
READINGS=$WORK/replay.json
equal "so they are where the traffic was recorded" "$(counted)" "$(logged "$WORK/recorded")"

# --- packets of more than 64 KB, where this kernel and this ip have them for veth (BIG TCP)

use far
: >"$WORK/calls"
if ip -n near link set out gso_max_size 200000 gro_max_size 200000 2>/dev/null &&
	ip -n far link set in gso_max_size 200000 gro_max_size 200000; then
	head -c 2000000 "$WORK/www/text" /dev/urandom >"$WORK/www/huge"
	start http_versions -i in
	READINGS_OF_VERSIONS=$READINGS VERSIONS=$SCOPE
	start -e 'BPF_ARRAY(largest, u64, 1); int zero = 0; u64 *most = largest.lookup(&zero);
		if (most && *most < skb->len) *most = skb->len;' -i in -Q out
	use near
	requests 46 4 'http://[fd00:9::2]/huge'
	large() { reaches largest 70000; }
	check "packets are large" within 20 large
	stop
	READINGS=$READINGS_OF_VERSIONS SCOPE=$VERSIONS
	check "what large packets carry is counted, too" within 20 agrees
	stop
	equal "nothing of them was not read" "$(unread)" ""
else
	echo "skipped: packets of more than 64 KB: this kernel or this ip has none"
fi

# --- clients who stop when they like

use far
: >"$WORK/calls"
start http_versions -i in
use near
"${IN[@]}" wrk -t 1 -c 8 -d 1 "$A/v1/wrk" >"$WORK/wrk"
# What is cut off at the end was sent, and perhaps not read.
as_many() {
	local asked logged
	reading
	asked=$(last '.tables.versions.rows[0].requests // 0')
	logged=$(wc -l <"$WORK/calls")
	[ "$logged" -gt 0 ] && [ "$asked" -ge "$logged" ] && [ "$asked" -le $((logged + 8)) ]
}
check "of wrk's requests none is missing, but for one a connection that nginx did not read" within 20 as_many

# --- what is not HTTP/1.x

"${IN[@]}" curl -s -m 10 --http2-prior-knowledge -o "$WORK/got" "$A/v1/a"
"${IN[@]}" curl -s -m 10 -o "$WORK/got" https://10.9.0.2:8080/
told() { reading && [ "$(unread)" = "HTTP_2 TLS" ]; }
check "TLS and HTTP/2 are told, and nothing else" within 20 told
stop
kill "$NGINX"
wait "$NGINX"
finish
