# SPDX-License-Identifier: Apache-2.0
# JSON against docs/schema.json. To be sourced, where SOURCE is this repository.
# shellcheck shell=bash
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null ||
	{ echo "skipped: python3-jsonschema is not installed"; exit 77; }

# schema_complaints NAME…: what is wrong with the lines on stdin, each of which is to be one of
# these; also if there are none.
schema_complaints() {
	/usr/bin/python3 -c '
import json, sys
from jsonschema import Draft202012Validator

schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
del schema["anyOf"]
validators = [Draft202012Validator({**schema, "$ref": "#/$defs/" + name}) for name in sys.argv[2:]]
lines = 0
for line in sys.stdin:
    lines += 1
    found = [list(validator.iter_errors(json.loads(line))) for validator in validators]
    for error in min(found, key=len):
        print("line %d: %s: %.300s" % (lines, error.json_path, error.message))
if not lines:
    print("there are no lines")
' "$SOURCE/docs/schema.json" "$@" 2>&1 | head -n 20
}
