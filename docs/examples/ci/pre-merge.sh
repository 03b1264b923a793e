#!/bin/sh
# A gate before a merge, for any CI: sh pre-merge.sh MAIN.json
# It judges the client as it is here, and fails when something is worse than in MAIN.json, the report of the main branch.
# Where there is none yet, everything counts.
set -eu
main=$1
new=stt-reports/stt.json

rm -f "$new"
status=0
pytest --stt-client=mypkg:Client --stt-report="$new" --junitxml=stt-reports/junit.xml stt || status=$?
if [ "$status" -gt 1 ]; then
    exit "$status" # there is no verdict to compare
elif [ ! -e "$main" ]; then
    echo "pre-merge: there is no $main; what fails here fails the gate" >&2
    exit "$status"
fi
pytest-openrouter-stt compare "$main" "$new"
