#!/bin/sh
# The demo: one coordinator and two workers fine-tune the small model; then one process alone does the same. `make demo` runs it.
set -eu
cd "$(dirname "$0")/../.."
here=examples/support-tickets
rm -rf $here/output

# On CPUs: of GPUs the losses may differ in the last digits with the split of the work, and so the weights.
bin/distzo train --config $here/recipe.yaml --model $here/model --data $here/train.jsonl --eval-data $here/dev.jsonl --device cpu \
  --workers 2 --output $here/output

echo 'The same once more in one process, without evaluations:'
bin/distzo train --config $here/recipe.yaml --model $here/model --data $here/train.jsonl --device cpu --output $here/output/alone

digest() { bin/distzo inspect "$1" | sed -n 's/^weights digest //p'; }
two=$(digest $here/output)
one=$(digest $here/output/alone)
if [ "$two" = "$one" ] && [ -n "$two" ]; then
  echo "The weights of two workers equal those of one process: digest $two, digest $one"
else
  echo "The weights of two workers DIFFER from those of one process: digest $two, digest $one"
  exit 1
fi
