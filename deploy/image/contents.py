"""What an image consists of, by choice: packages, kernel modules, and what is left out of them.

Versions aren't chosen here: the lock files have them (lock_file.py). What the box's own parts need
is in their install.toml; this list is what every Linux of ours needs, and the hardware.
"""

from dataclasses import dataclass

# The root: enough to start systemd, to run Python, to mend a card. No apt, no ssh, no login prompt.
INSTALLED = (
    "usr-is-merged",  # /bin is /usr/bin from the first; else usrmerge would bring all of Perl
    "systemd",
    "systemd-sysv",
    "udev",
    "kmod",
    "mount",
    "util-linux",
    "e2fsprogs",  # checks and grows the data partition
    "dosfstools",  # checks the boot partition
    "netbase",
    "iproute2",
    "iw",
    "wireless-regdb",  # what a radio may do in which country
    "python3",
)
INSTALLED_BY_ARCHITECTURE: dict[str, tuple[str, ...]] = {
    "arm64": ("firmware-brcm80211",),  # the Raspberry Pi's radio
    "amd64": (),
}


@dataclass(frozen=True)
class Kind:
    """What differs between the architectures."""

    name: str
    kernel: str  # Debian's package that follows its kernels
    boot_loader: str  # in systemd-boot-efi
    boot_loader_place: str  # on the boot partition, where UEFI looks
    python_platform: str  # as wheels call it
    qemu: str  # who runs its programs on another machine: binfmt's name

    @property
    def firmware(self) -> tuple[str, ...]:
        """The package whose files start the board before any kernel."""
        return ("raspi-firmware",) if self.name == "arm64" else ()

    @property
    def unpacked(self) -> tuple[str, ...]:
        """Packages of which only files are taken: the kernel's is found by `kernel`."""
        return ("busybox-static", "systemd-boot-efi", *self.firmware)


KINDS = {
    "arm64": Kind(
        "arm64",
        "linux-image-arm64",
        "systemd-bootaa64.efi",
        "EFI/BOOT/BOOTAA64.EFI",
        "aarch64",
        "qemu-aarch64",
    ),
    "amd64": Kind(
        "amd64",
        "linux-image-amd64",
        "systemd-bootx64.efi",
        "EFI/BOOT/BOOTX64.EFI",
        "x86_64",
        "qemu-x86_64",
    ),
}

# Device trees of the boards that Debian's kernel carries. Others start from stock Raspberry Pi OS.
DEVICE_TREES = "broadcom/bcm2[78]*-rpi-*.dtb"

# Never unpacked, never shipped. Licences stay: they have to travel with the programs.
PATHS_LEFT_OUT = (
    "/usr/share/man/*",
    "/usr/share/locale/*",
    "/usr/share/info/*",
    "/usr/share/lintian/*",
    "/usr/share/bash-completion/*",
    "/usr/share/zsh/*",
    "/usr/share/bug/*",
    "/usr/share/doc/*",
)
PATHS_KEPT = ("/usr/share/doc/*/copyright",)

# Kernel modules that no school's box uses, below kernel/: two thirds of their bytes. Whatever needs
# one of these is left out with it.
MODULES_LEFT_OUT = (
    "drivers/accel",
    "drivers/android",
    "drivers/bluetooth",
    "drivers/comedi",
    "drivers/crypto/hisilicon",
    "drivers/crypto/marvell",
    "drivers/crypto/qat",
    "drivers/firewire",
    "drivers/gpu",
    "drivers/iio",
    "drivers/infiniband",
    "drivers/isdn",
    "drivers/md",
    "drivers/media",
    "drivers/message",
    "drivers/mtd",
    "drivers/net/ethernet/amazon",
    "drivers/net/ethernet/broadcom/bnx2x",
    "drivers/net/ethernet/broadcom/bnxt",
    "drivers/net/ethernet/brocade",
    "drivers/net/ethernet/cavium",
    "drivers/net/ethernet/chelsio",
    "drivers/net/ethernet/cisco",
    "drivers/net/ethernet/emulex",
    "drivers/net/ethernet/freescale",
    "drivers/net/ethernet/fungible",
    "drivers/net/ethernet/hisilicon",
    "drivers/net/ethernet/huawei",
    "drivers/net/ethernet/intel/fm10k",
    "drivers/net/ethernet/intel/i40e",
    "drivers/net/ethernet/intel/ice",
    "drivers/net/ethernet/intel/ixgbe",
    "drivers/net/ethernet/marvell/octeontx2",
    "drivers/net/ethernet/marvell/prestera",
    "drivers/net/ethernet/mellanox",
    "drivers/net/ethernet/myricom",
    "drivers/net/ethernet/neterion",
    "drivers/net/ethernet/netronome",
    "drivers/net/ethernet/pensando",
    "drivers/net/ethernet/qlogic",
    "drivers/net/ethernet/sfc",
    "drivers/net/ethernet/sun",
    "drivers/net/wireless/ath/ath10k",
    "drivers/net/wireless/ath/ath11k",
    "drivers/net/wireless/ath/ath6kl",
    "drivers/net/wireless/ath/wcn36xx",
    "drivers/net/wireless/ath/wil6210",
    "drivers/net/wireless/intel",
    "drivers/net/wireless/marvell",
    "drivers/net/wireless/ti",
    "drivers/nfc",
    "drivers/nvme/target",
    "drivers/power/supply",
    "drivers/scsi/aacraid",
    "drivers/scsi/be2iscsi",
    "drivers/scsi/bfa",
    "drivers/scsi/bnx2fc",
    "drivers/scsi/bnx2i",
    "drivers/scsi/csiostor",
    "drivers/scsi/cxgbi",
    "drivers/scsi/elx",
    "drivers/scsi/fcoe",
    "drivers/scsi/hisi_sas",
    "drivers/scsi/libfc",
    "drivers/scsi/lpfc",
    "drivers/scsi/megaraid",
    "drivers/scsi/mpi3mr",
    "drivers/scsi/mpt3sas",
    "drivers/scsi/pm8001",
    "drivers/scsi/qedf",
    "drivers/scsi/qedi",
    "drivers/scsi/qla2xxx",
    "drivers/scsi/qla4xxx",
    "drivers/scsi/smartpqi",
    "drivers/scsi/snic",
    "drivers/staging",
    "drivers/target",
    "drivers/thunderbolt",
    "drivers/vfio",
    "drivers/xen",
    "fs/9p",
    "fs/afs",
    "fs/btrfs",
    "fs/ceph",
    "fs/cifs",
    "fs/coda",
    "fs/dlm",
    "fs/f2fs",
    "fs/gfs2",
    "fs/jffs2",
    "fs/jfs",
    "fs/nfs",
    "fs/nfsd",
    "fs/nilfs2",
    "fs/ntfs",
    "fs/ntfs3",
    "fs/ocfs2",
    "fs/orangefs",
    "fs/reiserfs",
    "fs/smb",
    "fs/ubifs",
    "fs/ufs",
    "fs/xfs",
    "net/appletalk",
    "net/ax25",
    "net/batman-adv",
    "net/bluetooth",
    "net/can",
    "net/ceph",
    "net/dccp",
    "net/ieee802154",
    "net/mac802154",
    "net/netrom",
    "net/nfc",
    "net/openvswitch",
    "net/phonet",
    "net/rds",
    "net/rose",
    "net/rxrpc",
    "net/sctp",
    "net/smc",
    "net/sunrpc",
    "net/tipc",
    "net/vmw_vsock",
    "sound",
)

# A build fails where one of these is neither a module of the root nor built into the kernel.
MODULES_NEEDED = (
    "squashfs", "overlay", "ext4", "vfat", "exfat", "nls_ascii", "nls_cp437", "nls_utf8",
    "usb_storage", "uas", "sd_mod",
    "virtio_blk", "virtio_net", "virtio_pci",
    "nf_tables", "nft_ct", "nft_reject_inet", "nft_masq", "nft_chain_nat",
    "nft_fib_inet", "nft_limit", "nft_redir",
    "cfg80211", "mac80211", "mac80211_hwsim",
    "cdc_ether", "cdc_ncm", "rndis_host", "qmi_wwan", "option", "asix", "r8152",
    "softdog",
)  # fmt: skip
MODULES_NEEDED_BY_ARCHITECTURE: dict[str, tuple[str, ...]] = {
    "arm64": (
        "brcmfmac", "sdhci_iproc", "bcm2835", "genet", "lan78xx", "smsc95xx", "bcm2835_wdt",
        "virtio_mmio", "pcie_brcmstb",
    ),
    "amd64": ("ahci", "nvme", "xhci_pci", "e1000e", "igb", "r8169", "iTCO_wdt"),
}  # fmt: skip
