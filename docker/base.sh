#!/usr/bin/env bash
# Makes base images where no registry can be reached: distzo/base, of the Debian packages that the program needs, and distzo/sdk, of
# Debian packages and this machine's .NET SDK with the packages of this checkout. Needs a Debian machine with apt, and a Docker daemon.
#   docker/base.sh [base|sdk]...    both without arguments
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One folder of the files of packages; no script of theirs runs.
unpack() {
  local root=$1
  shift
  mkdir -p "$work/debs" "$root"
  (cd "$work/debs" && apt-get download -qq -o APT::Sandbox::User=root "$@" >/dev/null)
  for deb in "$work"/debs/*.deb; do dpkg-deb --extract "$deb" "$root"; done
  rm -rf "$work/debs"
  rm -rf "$root"/usr/share/{doc,man,locale,lintian,bug} "$root"/var
  # What the package's script would have made: the authorities in one file, where OpenSSL looks for it.
  mkdir -p "$root/etc/ssl/certs" "$root/tmp"
  cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  chmod 1777 "$root/tmp"
  echo 'root:x:0:0::/root:/bin/sh' >"$root/etc/passwd"
  echo 'app:x:1654:1654::/nonexistent:/usr/sbin/nologin' >>"$root/etc/passwd"
  printf 'root:x:0:\napp:x:1654:\n' >"$root/etc/group"
}

# As `docker import`, with times and owners that do not depend on when and by whom it was made.
import() {
  tar --create --directory "$1" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner . |
    docker import --change 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 HOME=/tmp NUGET_PACKAGES=/packages' - "$2" >/dev/null
  echo "$2 $(($(docker image inspect --format '{{.Size}}' "$2") / 1000000)) MB ✓"
}

runtime=(libc6 libgcc-s1 libstdc++6 libssl3 zlib1g ca-certificates)

base() {
  unpack "$work/base" "${runtime[@]}"
  import "$work/base" distzo/base
}

sdk() {
  unpack "$work/sdk" "${runtime[@]}" dash coreutils libacl1 libattr1 libselinux1 libpcre2-8-0 libgmp10
  ln -sf dash "$work/sdk/bin/sh"
  local dotnet
  dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
  mkdir -p "$work/sdk/usr/share"
  cp -a "$dotnet" "$work/sdk/usr/share/dotnet"
  ln -sf ../share/dotnet/dotnet "$work/sdk/usr/bin/dotnet"
  # What a publish restores, as this machine restores it.
  dotnet restore src/DistZO.Cli -p:PublishProfile=single-file --runtime linux-x64 --packages "$work/sdk/packages" --verbosity quiet
  import "$work/sdk" distzo/sdk
}

[ $# -gt 0 ] || set -- base sdk
for what in "$@"; do
  case $what in
    base | sdk) "$what" ;;
    *) echo "docker/base.sh: '$what' is not one of base, sdk" >&2; exit 2 ;;
  esac
done
