#!/bin/bash
# unpack.sh SUITE FOLDER [PACKAGE...] : Asterisk of another Debian suite, unpacked (not installed) into FOLDER.
#
# Debian 12 carries no Asterisk, other suites do. Their packages are fetched from the mirror that this machine's apt
# already uses, together with their own C library and loader, so that they run here without touching the system.
set -euo pipefail
suite=$1 folder=$(realpath -m "$2")
shift 2
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  echo "unpack.sh: this machine has no apt; the lab's Asterisk needs Debian." >&2
  exit 1
fi
if [ "$(uname -m)" != x86_64 ]; then
  echo "unpack.sh: this machine is a $(uname -m); the lab's Asterisk is made for x86_64." >&2
  exit 1
fi

# The first archive of apt's own sources that is not a security archive.
mirror=$(apt-get --print-uris update | sed -n "s#^'\(.*\)/dists/.*#\1#p" | grep -v security | sed -n 1p) || true
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
if [ -z "${mirror:-}" ]; then
  echo "unpack.sh: apt has no archive in its sources; add a Debian mirror to them." >&2
  exit 1
fi

# apt with a state of its own. The status file is empty, so apt fetches the whole closure, libc included.
state=$folder.apt
mkdir -p "$folder" "$state"/lists/partial "$state"/archives/partial "$state"/preferences.d
: > "$state/status"
[ -e "$keyring" ] && signed="[signed-by=$keyring]"
echo "deb ${signed:-} $mirror $suite main" > "$state/sources.list"
apt=(apt-get -qq -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status"
  -o Dir::Cache="$state" -o Dir::Cache::archives="$state/archives"
  -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o Dir::Etc::preferencesparts="$state/preferences.d" -o Dir::Etc::preferences=/dev/null
  -o APT::Install-Recommends=false -o APT::Get::List-Cleanup=false -o APT::Sandbox::User="$(id -un)"
  -o Acquire::Languages=none -o Acquire::Retries=2 -o Debug::NoLocking=true)
"${apt[@]}" update
"${apt[@]}" -y --download-only install asterisk "$@" > /dev/null

# A merged /usr, as in every current suite. tar follows these links for an old package that ships ./lib/...
mkdir -p "$folder"/usr/{bin,sbin,lib,lib64}
for part in bin sbin lib lib64; do ln -sfn "usr/$part" "$folder/$part"; done
for package in "$state"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$folder" --keep-directory-symlink --no-same-owner \
    --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' --exclude='./dev/*'
done
rm -rf "$state"

# Absolute links would point out of the folder: make them relative.
find "$folder/usr" -type l -lname '/*' | while read -r link; do
  target=$folder$(readlink "$link")
  if [ -e "$target" ]; then
    ln -sfn "$(realpath -m --no-symlinks --relative-to="$(dirname "$link")" "$target")" "$link"
  fi
done
# Configuring the package would make this link; without it no prompt is found.
sounds=$folder/usr/share/asterisk/sounds
[ -e "$sounds/en" ] || ln -sfn en_US_f_Allison "$sounds/en"
