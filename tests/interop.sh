#!/usr/bin/env bash
# Installs what our tests compare with: the gRPC implementations that they talk to, python3-grpcio from Debian and @grpc/grpc-js from npm,
# and the schemas of Kubernetes and Compose from npm; into folders that git ignores. Never fails: what can't be had is said, and its tests are skipped.
set -u
folder="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/DistZO.Rpc.Tests/Interop"
packages=(@grpc/grpc-js@1.14 @grpc/proto-loader@0.8 grpc-health-check@2)
have() { command -v "$1" >/dev/null 2>&1; }

python=/usr/bin/python3
[ -x "$python" ] || python=python3
grpcio() { "$python" -c 'import grpc, google.protobuf' >/dev/null 2>&1; }
if ! grpcio && [ "$(id -u)" = 0 ] && have apt-get; then
  { timeout 120 apt-get update && timeout 300 apt-get install -y --no-install-recommends python3-grpcio python3-protobuf; } >/dev/null 2>&1
fi
if grpcio; then echo 'grpcio ✓'
else echo 'grpcio ✗ its tests are skipped: it is in Debian, as python3-grpcio and python3-protobuf, for root to install'; fi

grpcjs() { [ -d "$folder/node_modules/@grpc/grpc-js" ] && [ -d "$folder/node_modules/grpc-health-check" ]; }
if ! grpcjs && have node && have npm; then
  timeout 300 npm install --prefix "$folder" --no-save --no-package-lock --no-audit --no-fund "${packages[@]}" >/dev/null 2>&1
fi
if grpcjs; then echo 'grpc-js ✓'; else echo 'grpc-js ✗ its tests are skipped: it needs node, npm and a network'; fi

schemas="$(cd "$folder/../../DistZO.Deployment.Tests/Schemas" && pwd)"
schemas() { for package in kubernetes-models typescript yaml ajv dclint; do [ -d "$schemas/node_modules/$package" ] || return 1; done; }
if ! schemas && have node && have npm; then
  timeout 300 npm install --prefix "$schemas" --no-save --no-package-lock --no-audit --no-fund kubernetes-models@4 typescript@5 yaml@2 ajv@8 dclint@3 >/dev/null 2>&1
fi
if schemas; then echo 'schemas of Kubernetes and Compose ✓'; else echo 'schemas of Kubernetes and Compose ✗ their tests are skipped: they need node, npm and a network'; fi
exit 0
