#!/usr/bin/env bash
# Dev accuracy of training all of a model, LoRA and a prefix, over five seeds at equal forwards: the table of docs/results.md.
#
#   examples/results/run.sh MODEL DATA [OUT] [JOBS]
#
# MODEL is a Hugging Face directory, DATA holds sst2/{train,dev}.jsonl and trec/{train,test}.jsonl with the fields text and label. A run
# that is finished is not done again, so the same command goes on after it was stopped.
set -euo pipefail
model=$1 data=$2 out=${3:-results} jobs=${4:-1}
distzo=${DISTZO:-$(dirname "$0")/../../bin/distzo}
steps=${STEPS:-1000} seeds=${SEEDS:-0 1 2 3 4}

# task, part, learning rate, eps: of 3 learning rates the best by `distzo sweep` on 600 training rows that were left out.
runs='sst2 lora 1e-3 1e-2
sst2 prefix 1e-2 1e-1
trec lora 3e-3 1e-2
trec prefix 1e-1 1e-1
trec full 5e-5 1e-3
sst2 full 5e-5 1e-3'

run() { # task part learning-rate eps seed
  local folder=$out/$1-$2-$5 held=$data/$1/dev.jsonl prompt choices
  case $1 in
    sst2) prompt='{text} It was' choices='{0: " terrible", 1: " great"}' ;;
    trec)
      held=$data/$1/test.jsonl prompt=$'Question: {text}\nThe answer is a'
      choices='{abbreviation: " short", entity: " thing", description: " story", human: " man", location: " place", number: " number"}'
      ;;
  esac
  mkdir -p "$folder"
  [ -s "$folder/result.json" ] && return
  "$distzo" train --model "$model" --data "$data/$1/train.jsonl" --eval-data "$held" --output "$folder" --prompt "$prompt" --choices "$choices" \
    --train "$2" --learning-rate "$3" --zo-eps "$4" --seed "$5" --max-steps "$steps" --batch-size 16 --lr-scheduler-type linear \
    --threads "${THREADS:-1}" --logging-steps 100 --json 2>"$folder/log" >"$folder/stdout"
  tail -n 1 "$folder/stdout" >"$folder/result.json"
}

table() {
  echo '| task | trained | learning rate, eps | seed by seed | mean |'
  echo '|---|---|---|---|---|'
  while read -r task part rate eps; do
    local values=()
    for seed in $seeds; do
      values+=("$(grep -h '"eval_accuracy"' "$out/$task-$part-$seed/metrics.jsonl" | tail -n 1 | sed 's/.*"eval_accuracy":\([0-9.]*\).*/\1/')")
    done
    printf '%s\n' "${values[@]}" | awk -v head="| $task | $part | $rate, $eps |" \
      '{ sum += $1; list = list (NR > 1 ? ", " : " ") sprintf("%.4f", $1) } END { printf "%s%s | %.4f |\n", head, list, sum / NR }'
  done <<<"$runs"
}

while read -r task part rate eps; do
  for seed in $seeds; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
    run "$task" "$part" "$rate" "$eps" "$seed" </dev/null &
  done
done <<<"$runs"
wait
table
