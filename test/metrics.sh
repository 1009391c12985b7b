# SPDX-License-Identifier: Apache-2.0
# Judges of metrics that are not ours; each prints what it has against those on stdin. To be
# sourced. Debian has promtool in prometheus (12) or in a package of its own (13).
# shellcheck shell=bash
type promtool >/dev/null 2>&1 || { echo "skipped: promtool is not installed"; exit 77; }
/usr/bin/python3 -c 'import prometheus_client' 2>/dev/null ||
	{ echo "skipped: python3-prometheus-client is not installed"; exit 77; }

promtool_complaints() { promtool check metrics 2>&1; }

# Its own rules, and those of histograms that it leaves out.
openmetrics_complaints() {
	/usr/bin/python3 -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse

seen = set()
for family in parse(sys.stdin.read()):
    buckets = {}
    for sample in family.samples:
        labels = dict(sample.labels)
        le = labels.pop("le", None)
        key = (sample.name, le, tuple(sorted(labels.items())))
        if key in seen:
            print("twice:", key)
        seen.add(key)
        if le is not None:
            buckets.setdefault(key[2], []).append((float(le), sample.value))
    for labels, all in buckets.items():
        if all != sorted(all) or [n for _, n in all] != sorted(n for _, n in all):
            print("not cumulative:", family.name, labels)
        if all[-1][0] != float("inf"):
            print("without +Inf:", family.name, labels)
' 2>&1
}
