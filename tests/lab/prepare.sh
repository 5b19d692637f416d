#!/bin/bash
# prepare.sh [22|16] : make .cache/asterisk22.tar.gz, the Asterisk of the live tests. Does nothing if it is there.
#
# It takes about 35 seconds and 350 MB of disk while it runs; the archive has about 13 MB. No root is needed.
set -euo pipefail
version=${1:-22}
here=$(dirname "$(realpath "$0")")
cache=${CALLWARD_CACHE:-$(realpath -m "$here/../../.cache")}
archive=$cache/asterisk$version.tar.gz
case $version in
  22) suite=sid packages=() ;;
  16) suite=bullseye packages=(asterisk-voicemail) ;;
  *) echo "prepare.sh: there is no Asterisk $version here; ask for 22 or 16." >&2; exit 2 ;;
esac
# A module that was added to the list is not in an older archive.
if [ "$archive" -nt "$here/config/modules.conf" ]; then
  exit 0
fi
mkdir -p "$cache"
work=$(mktemp -d "$cache/prepare.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$here/unpack.sh" "$suite" "$work/tree" ${packages[@]+"${packages[@]}"}
python3 "$here/slim.py" "$work/tree" "$work/asterisk.tar.gz" "$here/config/modules.conf"
mv "$work/asterisk.tar.gz" "$archive"
echo "prepare.sh: $archive is ready."
