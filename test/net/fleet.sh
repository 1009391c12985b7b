#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Three hosts, each with a run as systemd starts it (systemd/skbscope@.service: that user's
# rights and no more), and one Prometheus: what it adds up is what was sent, to the packet, also
# when a host dies and comes back with counters that begin anew.
type prometheus promtool >/dev/null 2>&1 || { echo "skipped: there is no prometheus"; exit 77; }
. "$(dirname "$0")/lib.sh"
has_tcx || { echo "skipped: without tcx a run has no place to write its filters down (net/unit has)"; exit 77; }

# --- the unit -----------------------------------------------------------------------

UNIT=$WORK/skbscope@talkers.service
sed "s@\@CMAKE_INSTALL_FULL_BINDIR\@@/usr/bin@g" "$SOURCE/systemd/skbscope@.service.in" >"$UNIT"
if command -v systemd-analyze >/dev/null; then
	said=$(systemd-analyze security --offline=yes --no-pager "$UNIT" 2>&1 | grep -o 'exposure level for.*')
	check "the unit is confined: $said" eval '[ "$(grep -oE "[0-9]+\.[0-9]+" <<<"$said" | tr -d .)" -lt 20 ]'
else
	echo "skipped: how confined the unit is: there is no systemd-analyze"
fi
caps=
for cap in $(sed -n 's/^AmbientCapabilities=//p' "$UNIT"); do
	cap=${cap#CAP_}
	caps+=,+${cap,,}
done
AS=(setpriv --reuid=1023 --regid=1023 --clear-groups --inh-caps="${caps#,}" --ambient-caps="${caps#,}"
	--bounding-set="-all$caps")
"${AS[@]}" test -x "$SKBSCOPE" || { echo "skipped: what was built is not another user's to run"; exit 77; }
chmod -R a+rX "$PROGRAMS"
chmod 755 "$WORK"
options=$(sed -n 's/^ExecStart=.* %i \(.*\) \$OPTIONS/\1/p' "$UNIT" | sed "s/--interval 5s/--interval $(ms 200)/")

# --- the hosts ----------------------------------------------------------------------

# Each sends to itself from a namespace beside it; Prometheus is in the middle.
namespace middle
ip -n middle link add name bridge type bridge
ip -n middle link set bridge up
ip -n middle addr add 10.9.0.100/24 dev bridge
HOSTS=(1 2 3)
for host in "${HOSTS[@]}"; do
	namespace "host$host"
	namespace "beside$host"
	pair "beside$host" out "host$host" in
	ip -n "host$host" link add uplink type veth peer name "port$host" netns middle
	ip -n middle link set "port$host" master bridge up
	ip -n "host$host" addr add "10.9.0.$host/24" dev uplink
	ip -n "host$host" link set uplink up
	mkdir "$WORK/cache$host"
	chown 1023:1023 "$WORK/cache$host"
done
declare -A RUN
run_on() { # HOST
	local words
	use "host$1"
	read -ra words <<<"$options"
	XDG_CACHE_HOME=$WORK/cache$1 "${IN[@]}" "${AS[@]}" "$SKBSCOPE" run "$PROGRAMS/count.c" -i in \
		--listen "10.9.0.$1:9464" "${words[@]}" >/dev/null 2>"$WORK/host$1.err" &
	RUN[$1]=$!
	use middle
	check "host $1 answers" within 20 "${IN[@]}" curl -sf -o /dev/null "http://10.9.0.$1:9464/healthz" ||
		cat "$WORK/host$1.err"
}
send_to() { # HOST FRAMES
	use "beside$1"
	send out udp4 "$2" >/dev/null
	use middle
}

# --- Prometheus ---------------------------------------------------------------------

# As docs/fleet.md has it, but for the hosts and the time.
documented() { # FIRST: the block that begins with that line
	awk -v first="$1" '/^```/ { on = 0; fence = !fence; start = fence; next }
		start { on = $0 == first; start = 0 } on' "$SOURCE/docs/fleet.md"
}
documented groups: >"$WORK/rules.yml"
check "promtool finds no fault with the rules" promtool check rules "$WORK/rules.yml"
{
	printf 'global:\n  evaluation_interval: 1s\nrule_files: [%s]\n' "$WORK/rules.yml"
	documented scrape_configs: | sed "s/scrape_interval: .*/scrape_interval: 1s/
		s/targets: .*/targets: [$(printf '"10.9.0.%s:9464",' "${HOSTS[@]}")]/"
} >"$WORK/prometheus.yml"
check "nor with the configuration" promtool check config "$WORK/prometheus.yml"
for host in "${HOSTS[@]}"; do run_on "$host"; done
use middle
"${IN[@]}" prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/tsdb" \
	--web.listen-address=127.0.0.1:9090 >"$WORK/prometheus.log" 2>&1 &
PROMETHEUS=$!
ask() { # PROMQL: the values that it gives
	"${IN[@]}" curl -sS --get --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query |
		gojq -r '.data.result[] | (.value // empty)[1]'
}
is() { [ "$(ask "$1")" = "$2" ]; }
METRIC=skbscope_count_${PREFIX}in_total
check "Prometheus sees three hosts" within 60 is 'sum(up{job="skbscope"})' 3 || tail "$WORK/prometheus.log"

SENT=0
for host in "${HOSTS[@]}"; do
	send_to "$host" $((host * 1023))
	SENT=$((SENT + host * 1023))
done
check "what it adds up was sent" within 20 is "sum($METRIC)" "$SENT" || ask "sum($METRIC)"
equal "and host by host" "$(ask "sort($METRIC)" | xargs)" "1023 2046 3069"
equal "without losses" "$(ask 'sum(skbscope_lost_total) or vector(0)')" 0
equal "each is attached" "$(ask 'sum(skbscope_attached) / count(skbscope_attached)')" 1

# --- one dies, and comes back -------------------------------------------------------

kill -KILL "${RUN[2]}"
wait "${RUN[2]}" 2>/dev/null
check "that a host is gone is seen" within 20 is 'sum(up{job="skbscope"})' 2
check "it is about to raise an alarm" within 20 is 'count(ALERTS{alertname="SkbscopeSilent",instance="10.9.0.2:9464"})' 1
check "what it counted is no longer current" within 20 is "count($METRIC)" 2
send_to 1 123
SENT=$((SENT + 123))
run_on 2
send_to 2 323
SENT=$((SENT + 323))
check "the alarm is off" within 20 is 'count(ALERTS{alertname="SkbscopeSilent"}) or vector(0)' 0
check "it is back" within 20 is 'sum(up{job="skbscope"})' 3
check "and counts anew" within 20 is "$METRIC{instance=\"10.9.0.2:9464\"}" 323

# As rate() and increase() see it, without their estimate of the edges: what a counter grew by,
# from 0 where it fell.
grown() {
	"${IN[@]}" curl -sS --get --data-urlencode "query=$METRIC[1h]" http://127.0.0.1:9090/api/v1/query |
		gojq '[.data.result[].values | [.[] | .[1] | tonumber] |
			reduce .[] as $v ({last: 0, sum: 0}; {last: $v, sum: (.sum + (if $v < .last then $v else $v - .last end))}) | .sum] | add'
}
equal "in all, it has what was sent" "$(grown)" "$SENT"
equal "one counter fell, once" "$(ask "sum(resets($METRIC[1h]))")" 1
rates() { ask "$1(rate($METRIC{instance=\"10.9.0.2:9464\"}[3s])[1h:1s])"; }
check "no rate was below 0: $(rates min_over_time)" eval '[[ "$(rates min_over_time)" != -* ]]'
check "none is of what was counted before it fell: $(rates max_over_time)" \
	eval 'awk -v r="$(rates max_over_time)" "BEGIN { exit !(r <= 2 * 2046) }"'

kill "$PROMETHEUS"
wait "$PROMETHEUS" 2>/dev/null
for host in "${HOSTS[@]}"; do
	kill -TERM "${RUN[$host]}"
	wait "${RUN[$host]}"
	equal "host $host ends well" "$?" 0
done
use host2
nothing_left "fleet" in
finish
