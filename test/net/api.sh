#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/api.md is true: each of its commands is run as it stands there, on a capture of the incident
# that it tells of, and prints what is shown, figures apart.
#
# usage: api.sh [--write]: the document gets what came
for tool in curl python3 tcpdump; do
	command -v "$tool" >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
. "$(dirname "$0")/lib.sh"
. "$SOURCE/test/shape.sh"
DOCUMENT=$SOURCE/docs/api.md
WRITE=${1:-}

# --- the incident -------------------------------------------------------------------

namespace outside
namespace box
pair outside line box eth0
for space in outside box; do ip -n "$space" link set dev "$([ "$space" = box ] && echo eth0 || echo line)" arp on; done
ip -n box addr add 192.0.2.10/24 dev eth0
for address in 21 22 23 66; do ip -n outside addr add "192.0.2.$address/24" dev line; done
mkdir "$WORK/folder"
cd "$WORK/folder" || exit
use box
"${IN[@]}" python3 "$HERE/api/server.py" 8080 >"$WORK/server" 2>&1 &
SERVER=$!
"${IN[@]}" tcpdump -qni eth0 -U -w incident.pcap tcp port 8080 2>"$WORK/dump" &
DUMP=$!
ready() { grep -q 'listening on' "$WORK/dump" && [ -n "$("${IN[@]}" ss -Hltn 'sport = 8080')" ]; }
check "the server listens" within 20 ready || { cat "$WORK/server"; finish; }
use outside
ask() { # CLIENT KEY ARGUMENTS of curl…
	local key=()
	[ -z "$2" ] || key=(-H "Authorization: Bearer $2")
	"${IN[@]}" curl -sS --noproxy '*' --max-time 60 --interface "192.0.2.$1" "${key[@]}" "${@:3}" >/dev/null
}
URL=http://192.0.2.10:8080
for ((i = 1; i <= 5; i++)); do ask 21 new "$URL/v2/orders/$i"; done
for ((i = 1; i <= 3; i++)); do ask 22 old "$URL/v1/orders/$i"; done
ask 21 new "$URL/v2/reports" "$URL/v2/reports"
for ((i = 1; i <= 5; i++)); do ask 23 greedy "$URL/v2/orders/$i"; done
for path in v2/orders/1 .env wp-login.php admin/; do ask 66 '' "$URL/$path"; done
for ((i = 1; i <= 2; i++)); do
	ask 21 new -H 'content-type: application/json' \
		-d '{"model":"small-1","stream":true,"messages":[{"role":"user","content":"What time is it?"}]}' "$URL/v1/chat/completions"
done
written() { # to the end of each connection
	[ "$(tcpdump -r incident.pcap 'tcp[tcpflags] & tcp-fin != 0' 2>/dev/null | wc -l)" -ge 40 ]
}
check "all of it is in the capture" within 10 written
kill "$DUMP" "$SERVER"
wait "$DUMP" "$SERVER" 2>/dev/null

# --- the document -------------------------------------------------------------------

mkdir "$WORK/bin"
ln -s "$SKBSCOPE" "$WORK/bin/skbscope"
printf '#!/bin/sh\nexec gojq "$@"\n' >"$WORK/bin/jq"
chmod +x "$WORK/bin/jq"
PATH=$WORK/bin:$PATH
commands() { awk '/^```/ { fence = $0 == "```console"; next } fence && /^# / { print substr($0, 3) }' "$DOCUMENT"; }
shown_after() { # COMMAND
	COMMAND="# $1" awk '/^```/ { on = 0 } on && /^# / { on = 0 } on { print }
		$0 == ENVIRON["COMMAND"] { on = 1 }' "$DOCUMENT"
}
put_after() { # COMMAND FILE: in its place
	COMMAND="# $1" awk -v file="$2" '/^```/ || /^# / { on = 0 } !on { print }
		$0 == ENVIRON["COMMAND"] { on = 1; while ((getline line <file) > 0) print line }' "$DOCUMENT" >"$WORK/document" &&
		cat "$WORK/document" >"$DOCUMENT"
}
ran=0
while IFS= read -r command <&3; do
	limited 120 bash -c "$command" >"$WORK/out" 2>&1
	sed -E -i 's/ +$//; ${/^$/d}' "$WORK/out"
	ran=$((ran + 1))
	if [ "$WRITE" ]; then put_after "$command" "$WORK/out"; else
		printed "$command" "$(shown_after "$command" | sed -E 's/[0-9a-f]{16,}/HASH/g')" \
			"$(sed -E 's/[0-9a-f]{16,}/HASH/g' "$WORK/out")"
	fi
done 3< <(commands)
[ "$ran" -ge 7 ] || failed "the document has its commands" "$ran"

# What it says of members is what there is.
members() { awk -F'|' '/^\| `/ && /since the request|the |how|who|what|whether|1 / { n = split($2, names, ","); for (i = 1; i <= n; i++) if (match(names[i], /`[a-z_]+`/)) print substr(names[i], RSTART + 1, RLENGTH - 2) }' \
	<(sed -n '/^## What a call has/,/^## /p' "$DOCUMENT") | sort -u; }
skbscope http -r incident.pcap --port 8080 -qj 2>/dev/null | gojq -r 'select(.event == "calls") | keys[]' |
	grep -vxE 'event|text' | sort -u >"$WORK/keys"
equal "each member of a call is told of" "$(diff "$WORK/keys" <(members))" ""
finish
