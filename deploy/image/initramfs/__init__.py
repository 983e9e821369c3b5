"""Makes a box's initramfs on the machine that builds the image: nothing runs under emulation.

`python -m deploy.image.initramfs --root ROOTFS --kernel VERSION --busybox FILE --output FILE`, or
`building.build`. In it are one program (Debian's static busybox), `init` (the shell script beside
this file: it finds the system's partition, mounts it under a bounded overlay in memory, and starts
systemd), and the kernel modules that it takes to come that far (`modules.py`), in the order in
which they are loaded. The same input gives the same bytes: times are those given, owners are root,
names are sorted.
"""
