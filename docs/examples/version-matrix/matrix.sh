#!/bin/sh
# Several versions of a client side by side, with uv: sh matrix.sh 0.9.2 1.0.0 1.3.84
set -eu
package=openrouter client=openrouter
mkdir -p stt-reports
for version in "$@"; do
    report="stt-reports/$version.json"
    rm -f "$report"
    uv run --no-project --with "$package==$version" --with pytest-openrouter-stt \
        pytest "--stt-client=$client" "--stt-report=$report" stt || test $? -eq 1
    set -- "$@" "$report" # the reports go behind the versions
    shift                 # and the version is done with
done
uv run --no-project --with pytest-openrouter-stt \
    pytest-openrouter-stt merge --markdown stt-reports/matrix.md --badge stt-reports/badge.json "$@"
