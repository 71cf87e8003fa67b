#!/usr/bin/env bash
# Runs the tests of every project under tests/ as last built, one project after the other: the numeric ones take all cores.
#   tests/run.sh [FILTER]    as in `dotnet test --filter`, for example Category=Goldens
# Shows what failed, lists what was skipped and why, and ends with the line "N passed, N failed, N skipped". Exits with 1 if
# anything failed, or if no test ran at all.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
filter=${1:-}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

broken=0
for project in DistZO.*.Tests; do
  echo "$project"
  dotnet test "$project" --no-build --configuration Release --nologo ${filter:+--filter "$filter"} \
    --results-directory "$results" --logger "trx;LogFileName=$project.trx" --logger "console;verbosity=minimal" 2>&1 |
    grep -Ev '^(Test run for|A total of|Results File:|No test matches|Passed!|Skipped!|  Skipped |$)|\[SKIP\]$'
  status=${PIPESTATUS[0]}
  # A run that ends without a failed test, but not well: the process died, or the project was not built.
  if [ "$status" -ne 0 ] && ! grep -q 'outcome="Failed" testListId' "$results/$project.trx" 2>/dev/null; then
    echo "$project: the run broke off (exit status $status)"
    broken=$((broken + 1))
  fi
done

shopt -s nullglob
set -- "$results"/*.trx
[ $# -gt 0 ] || set -- /dev/null
awk -v broken="$broken" '
  function text(s) {
    gsub(/&quot;/, "\"", s); gsub(/&apos;/, "\047", s); gsub(/&lt;/, "<", s); gsub(/&gt;/, ">", s); gsub(/&amp;/, "\\&", s)
    return s
  }
  /<UnitTestResult / {
    outcome = name = $0
    sub(/.* outcome="/, "", outcome); sub(/".*/, "", outcome)
    sub(/.* testName="/, "", name); sub(/".*/, "", name)
    count[outcome]++
  }
  /<Message>/ && outcome == "NotExecuted" {
    sub(/.*<Message>/, ""); sub(/<\/Message>.*/, "")
    skipped[text(name)] = text($0)
  }
  END {
    for (name in skipped) printf "skipped %s: %s\n", name, skipped[name] | "sort"
    close("sort")
    failed = count["Failed"] + broken
    printf "%d passed, %d failed, %d skipped\n", count["Passed"], failed, count["NotExecuted"]
    exit failed > 0 || count["Passed"] + count["NotExecuted"] == 0
  }' "$@"
