SUMMARY = "initramfs that boots into Pantavisor"
DESCRIPTION = "Its process 1 is the script /init, which has pv-appengine run pv-core; pv-core itself cannot be process 1."
LICENSE = "MIT"

PACKAGE_INSTALL = "base-files base-passwd busybox pv-init packagegroup-pantavisor"
IMAGE_FEATURES = ""
IMAGE_LINGUAS = ""
NO_RECOMMENDATIONS = "1"

# No kernel in it: it is loaded beside, or built into the kernel (INITRAMFS_IMAGE).
PACKAGE_EXCLUDE = "kernel-image-*"
IMAGE_FSTYPES = "${INITRAMFS_FSTYPES}"
IMAGE_NAME_SUFFIX ?= ""
# Kilobytes. Node alone is a hundred megabytes.
INITRAMFS_MAXSIZE = "524288"
IMAGE_ROOTFS_SIZE = "8192"
IMAGE_ROOTFS_EXTRA_SPACE = "0"

inherit image
require pantavisor-initial-containers.inc
