# A box's network under a real systemd: run by test_under_systemd.py in namespaces of its own (mount,
# pid, network, …). It never returns: what it becomes is the init of that pid namespace.
#
#   box_under_systemd.sh FOLDER CHECKOUT PYTHON    FOLDER/result gets what the box says of itself
set -e
folder=$1 checkout=$2 python=$3

mount -t tmpfs changes "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
mount -t overlay box -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
cd "$folder/root"
mount -t proc proc proc
mount -t sysfs sys sys
mount -t cgroup2 cgroup sys/fs/cgroup
mount --rbind /dev dev
mount -t tmpfs run run
ip link add eth0 type veth peer name phone
ip link set lo up
ip link set phone up
# A cable of a namespace has no hardware: it is said to have.
mount -t tmpfs net sys/class/net
mkdir -p sys/class/net/eth0/device
echo 1 > sys/class/net/eth0/type
# Nor does udev see it, which runs here, too: it is said to be through with it.
echo 7 > sys/class/net/eth0/ifindex
mkdir -p run/udev/data
touch run/udev/data/n7

rm -rf etc/systemd/system
mkdir -p etc/systemd/system var/lib/satchel/box
(cd "$checkout" && "$python" -m deploy.node.installing --root "$folder/root")
systemd-sysusers --root="$folder/root" satchel-network.conf
rm -rf etc/systemd/system/*.wants
cat > etc/systemd/system/trial.target << 'END'
[Unit]
Wants=satchel-network.service systemd-networkd.service trial.service
END
cat > etc/systemd/system/trial.service << 'END'
[Service]
Type=oneshot
StandardOutput=file:/result.part
ExecStart=/bin/sh /trial
ExecStartPost=/bin/mv /result.part /result
END
cat > trial << 'END'
n=0
until [ -s /run/satchel/network/portal.json ] || [ $n = 60 ]; do sleep 0.5; n=$((n + 1)); done
systemctl --no-pager show -p ActiveState,User satchel-network satchel-addresses
ip -4 -o address show dev eth0
nft list tables
ls -ld /run/satchel/leases
readlink /etc/resolv.conf
cat /run/satchel/network/portal.json
# The radio's unit, around what stands in for hostapd; it is killed, and has to come back.
systemctl start satchel-wifi
said() { # said TIMES: waits until it said so often that a phone is there
  n=0
  until [ "$(grep -c phone /said)" -ge "$1" ] || [ $n = 60 ]; do sleep 0.5; n=$((n + 1)); done
}
said 1
before=$(systemctl show -P MainPID satchel-wifi)
echo "Radio=$(tr '\0' ' ' < "/proc/$before/cmdline")"
systemctl kill --signal=KILL satchel-wifi
said 2
echo "Restarts=$(systemctl show -P NRestarts,ActiveState --value satchel-wifi | tr '\n' ' ')"
cat /said
END
mv usr/sbin/hostapd usr/sbin/hostapd.real 2> /dev/null || true
printf '%s\n' '#!/bin/sh' 'echo "$1: STA 02:00:00:00:00:07 is here"' 'sleep 1000' > usr/sbin/hostapd
chmod 755 usr/sbin/hostapd
mkdir etc/systemd/system/satchel-wifi.service.d
printf '[Service]\nStandardOutput=append:/said\n' > etc/systemd/system/satchel-wifi.service.d/trial.conf
printf 'format = 1\nmode = "access-points"\n' > var/lib/satchel/box/wifi.toml
chown -R 990:990 var/lib/satchel
chmod 0750 var/lib/satchel
chmod 0600 var/lib/satchel/box/wifi.toml
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . /lib/systemd/systemd \
  --unit=trial.target --log-target=console
