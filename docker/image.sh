#!/usr/bin/env bash
# Builds an image of this checkout and says how large it is.
#   docker/image.sh cpu|cuda TAG    SDK, BASE and CUDA_BASE in the environment name other base images
# Where the bases cannot be pulled, but docker/base.sh has made some, these are taken.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=$1 tag=$2
docker info >/dev/null 2>&1 || { echo "$tag ✗: no Docker daemon answers" >&2; exit 1; }
here() { docker image inspect "$1" >/dev/null 2>&1; }

sdk=${SDK:-} base=${BASE:-}
[ -n "$sdk" ] || ! here distzo/sdk || sdk=distzo/sdk
[ -n "$base" ] || ! here distzo/base || base=distzo/base
DOCKER_BUILDKIT=${DOCKER_BUILDKIT:-0} docker build --quiet --file docker/Dockerfile --target "$target" --tag "$tag" \
  ${sdk:+--build-arg SDK="$sdk"} ${base:+--build-arg BASE="$base"} ${CUDA_BASE:+--build-arg CUDA_BASE="$CUDA_BASE"} . >/dev/null

size() { docker image inspect --format '{{.Size}}' "$1"; }
from=$base
[ "$target" = cpu ] || from=${CUDA_BASE:-}
text="$tag $(($(size "$tag") / 1000000)) MB"
[ -z "$from" ] || text="$text, of which its base $from $(($(size "$from") / 1000000)) MB"
echo "$text ✓"
