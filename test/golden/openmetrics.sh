#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What Prometheus's own tools say of the metrics that are in this folder.
source "$(dirname "$0")/../assert.sh"
cd "$(dirname "$0")" || exit 1
source ../metrics.sh

for file in openmetrics openmetrics-few; do
	equal "an OpenMetrics parser reads $file" "$(openmetrics_complaints <$file.txt)" ""
done
equal "promtool has nothing to say against metrics" "$(promtool_complaints <metrics.txt)" ""

finish
