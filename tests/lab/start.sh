#!/bin/bash
# start.sh TREE WORK : run the lab's Asterisk in the foreground. SIGTERM stops it (`core stop now`).
#
# TREE is an unpacked asterisk22.tar.gz. Everything Asterisk reads and writes is under WORK: etc/, log/ (full,
# queue_log, cdr-custom/Master.csv, cel-custom/Master.csv), spool/. No root, no chroot; every port is on 127.0.0.1.
# The variables AMI_PORT, SIP_PORT, PROVIDER_PORT, PHONE_101_PORT to PHONE_104_PORT, RTP_FIRST_PORT and RTP_LAST_PORT
# move the ports. WORK/etc/extra.d/*.conf is included in the dialplan.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
TREE=$(realpath "$1") WORK=$(realpath -m "$2")
mkdir -p "$WORK"/etc/extra.d "$WORK"/lib/moh "$WORK"/lib/keys "$WORK"/spool/monitor "$WORK"/spool/voicemail \
  "$WORK"/run "$WORK"/log/cdr-custom "$WORK"/log/cel-custom
for MODULES in "$TREE"/usr/lib/x86_64-linux-gnu/asterisk/modules "$TREE"/usr/lib/asterisk/modules; do
  [ -d "$MODULES" ] && break
done

cp "$here"/config/*.conf "$WORK/etc/"
for name in acl pjproject; do : > "$WORK/etc/$name.conf"; done
for name in ccss udptl; do printf '[general]\n' > "$WORK/etc/$name.conf"; done
sed -i "s#{TREE}#$TREE#; s#{WORK}#$WORK#; s#{MODULES}#$MODULES#
  s/{AMI_PORT}/${AMI_PORT:-5038}/; s/{SIP_PORT}/${SIP_PORT:-5060}/; s/{PROVIDER_PORT}/${PROVIDER_PORT:-5080}/
  s/{PHONE_101_PORT}/${PHONE_101_PORT:-5101}/; s/{PHONE_102_PORT}/${PHONE_102_PORT:-5102}/
  s/{PHONE_103_PORT}/${PHONE_103_PORT:-5103}/; s/{PHONE_104_PORT}/${PHONE_104_PORT:-5104}/
  s/{RTP_FIRST_PORT}/${RTP_FIRST_PORT:-20000}/; s/{RTP_LAST_PORT}/${RTP_LAST_PORT:-24998}/" "$WORK"/etc/*.conf
# A module that this version does not have (res_cdrel_custom on 16) is not asked for.
while read -r module; do
  [ -e "$MODULES/$module" ] || sed -i "/^load = $module$/d" "$WORK/etc/modules.conf"
done < <(sed -n 's/^load = //p' "$here/config/modules.conf")
# Five seconds of silence as music on hold.
head -c 40000 /dev/zero | tr '\0' '\177' > "$WORK/lib/moh/silence.ulaw"

cd "$WORK"
exec "$TREE/lib64/ld-linux-x86-64.so.2" \
  --library-path "$TREE/usr/lib/x86_64-linux-gnu:$TREE/usr/lib:$TREE/usr/lib/x86_64-linux-gnu/asterisk" \
  "$TREE/usr/sbin/asterisk" -f -C "$WORK/etc/asterisk.conf"
