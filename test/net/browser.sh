#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The page in a browser: its numbers are the map's, what packets say is text, there is no error
# on its console and no fault that axe-core finds, wide and narrow, dark and light, by keyboard.
# SKBSCOPE_SCREENSHOTS=DIRECTORY keeps pictures of it, to be looked at.
AXE=${SKBSCOPE_BUILD:-$(dirname "$0")/../../build}/test/axe
for tool in chromium chromedriver npm; do
	command -v "$tool" >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
if [ $$ != 1 ] && [ ! -e "$AXE/node_modules/axe-core/axe.min.js" ]; then # before there is no network
	npm install --silent --no-audit --no-fund --prefix "$AXE" axe-core@4 ||
		{ echo "skipped: npm does not get axe-core"; exit 77; }
fi
. "$(dirname "$0")/lib.sh"
AXE=$(realpath "$AXE")/node_modules/axe-core/axe.min.js
PICTURES=${SKBSCOPE_SCREENSHOTS:-$WORK}
ip link set lo up
PORT=9464
URL=http://127.0.0.1:$PORT

mkdir "$WORK/browser" # it leaves things there
coproc BROWSER { TMPDIR=$WORK/browser exec python3 "$HERE/browser.py" "$WORK/browser" 2>"$WORK/browser.err"; }
exec {TO}>&"${BROWSER[1]}" {FROM}<&"${BROWSER[0]}" # also for subshells
browser() { # COMMAND…: sets ANSWER
	echo "$*" >&"$TO"
	IFS= read -r -t $((120 * SLOWNESS)) ANSWER <&"$FROM" ||
		{ failed "the browser answers" "$(<"$WORK/browser.err")"; finish; }
}
shown() { browser run "return $*"; gojq -rc . <<<"$ANSWER"; }
waits_for() { # SENTENCE JAVASCRIPT
	browser wait "$2"
	lacks "$1" "$ANSWER" false
}

say() { # TIMES TEXT: of 24 bytes
	local i
	for ((i = 0; i < $1; i++)); do printf '%s' "$2" >/dev/udp/127.0.0.1/2323; done
}
MARKUP='<img src=x onerror=a(1)>' QUOTED='"&amp;<b>'\''\"</td><script>' SOME='nothing in particular ..'
start "$PROGRAMS/page.c" -i lo --interval "$(ms 100)" --listen "$PORT" udp port 2323 || finish
say 23 "$MARKUP"
say 5 "${QUOTED:0:24}"
say 107 "$SOME"

# --- what it shows ------------------------------------------------------------------

browser size 1280 900
browser scheme light
browser open "$URL/"
TABLE=${PREFIX}texts
rows="[...document.querySelectorAll('[data-table=$TABLE] tbody tr')]"
waits_for "the rows come" "$rows.length === 3"
waits_for "with what was counted" "$rows.some((row) => row.querySelectorAll('data')[0].value === '107')"
page=$(shown "$rows.map((row) => [row.cells[0].textContent, row.querySelectorAll('data')[0].value, row.querySelectorAll('data')[1].value].join(' '))" |
	gojq -r '.[]' | sort)
map=$(bpftool -j map dump name "$TABLE" | gojq -r '.[].formatted | "\(.key.words | implode) \(.value.packets) \(.value.bytes)"' | sort)
equal "its numbers are the map's" "$page" "$map"
contains "what packets say is text" "$page" "$MARKUP"
equal "and never markup" "$(shown "document.querySelectorAll('main img, main script, td b').length")" 0
sizes="[data-table=${PREFIX}sizes] tbody tr"
waits_for "a histogram has its bars" "document.querySelectorAll('$sizes .bar').length > 0"
equal "its buckets add up" "$(shown "[...document.querySelectorAll('$sizes data')].reduce((sum, data) => sum + Number(data.value), 0)")" 135
equal "so do a row's" "$(shown "$rows.reduce((sum, row) => sum + Number(row.querySelectorAll('data')[2].value), 0)")" 135
waits_for "events are there" "document.querySelectorAll('#events-list li').length >= 50"
contains "as they were submitted" "$(shown "document.querySelector('#events-list').textContent")" "$SOME"
first=$(shown "document.body.dataset.reading")
waits_for "it is live" "Number(document.body.dataset.reading) > $first && document.querySelector('#state').dataset.state === 'live'"
equal "all of it is from here" "$(shown "performance.getEntriesByType('resource').filter((entry) => !entry.name.startsWith('$URL/')).length")" 0

# --- for everybody ------------------------------------------------------------------

for scheme in light dark; do
	for size in "1280 900" "400 800"; do
		browser scheme "$scheme"
		browser size "$size"
		name="$scheme-${size% *}"
		waits_for "$name: it is that wide" "innerWidth === ${size% *}"
		equal "$name: it does not run over" "$(shown "document.documentElement.scrollWidth <= innerWidth")" true
		browser audit "$AXE"
		equal "$name: axe-core finds nothing" "$(gojq -r '.[]' <<<"$ANSWER")" ""
		browser shoot "$PICTURES/page-$name.png"
	done
done
browser size "1280 900"

browser keys /
equal "a key leads to the filter" "$(shown "document.activeElement.id")" filter
browser keys onerror
waits_for "what is typed chooses rows" "$rows.length === 1"
browser keys TAB
browser keys TAB
for _ in {1..6}; do
	[ "$(shown "document.activeElement.textContent")" != words ] || break
	browser keys TAB
done
browser run "document.querySelector('#filter').value = ''; document.querySelector('#filter').dispatchEvent(new Event('input'))"
waits_for "all are back" "$rows.length === 3"
browser keys ENTER
sorted="document.querySelector('[data-table=$TABLE] th[aria-sort]')"
waits_for "Enter sorts by the column" "$sorted && $sorted.textContent === 'words' && $sorted.getAttribute('aria-sort') === 'ascending'"
equal "they are in order" "$(shown "$rows.map((row) => row.cells[0].textContent)" | gojq -r '.[]')" \
	"$(gojq -r '.[]' <<<"$(shown "$rows.map((row) => row.cells[0].textContent).sort()")")"
browser keys f
before=$(shown "document.body.dataset.reading")
say 3 "$SOME"
check "readings go on" within 10 eval '[ "$(curl -s "$URL/tables" | gojq ".tables.$TABLE.rows | map(.packets) | add")" = 138 ]'
equal "frozen, it stays as it is" "$(shown "document.body.dataset.reading")" "$before"
browser keys f
waits_for "and then goes on" "$rows.some((row) => row.querySelectorAll('data')[0].value === '110')"

# What moves has a line of its last minute.
while :; do say 3 "$SOME"; read -rt "$POLL" <>"$NEVER"; done &
TALKER=$!
spark="[data-table=$TABLE] svg.spark polyline"
waits_for "counters have sparklines" "document.querySelectorAll('$spark').length >= 3"
kill "$TALKER"
wait "$TALKER" 2>/dev/null
browser errors
equal "nothing is wrong on its console" "$(gojq -r '.[]' <<<"$ANSWER")" ""

# --- and at the end -----------------------------------------------------------------

stop
waits_for "that the run has ended is told" "document.querySelector('#state').textContent.startsWith('the run has ended')"
equal "its latest reading stays" "$(shown "$rows.length")" 3
exec {TO}>&- {BROWSER[1]}>&-
within 20 gone "$BROWSER_PID"
nothing_left "browser" lo
finish
