#!/bin/sh
# Runs the Release build of this checkout, from any directory and through any symbolic link. `make build` copies it to bin/distzo.
exec dotnet "$(dirname "$(readlink -f "$0")")/../src/DistZO.Cli/bin/Release/net10.0/distzo.dll" "$@"
