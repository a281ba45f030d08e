# One of the example containers: what it runs and declares is packages/examples of the repository that this layer lies in.

SUMMARY ?= "example container ${PN} for Pantavisor"
LICENSE = "MIT"

PV_EXAMPLES ?= "${@os.path.normpath(d.getVar('PV_LAYERDIR') + '/../packages/examples')}"
# Folders of packages/examples/files.
PV_EXAMPLE_FILES ?= ""

IMAGE_INSTALL = "base-files busybox"
PV_CONTAINER_ARGS = "${PV_EXAMPLES}/containers/${PN}/args.json"
PV_CONTAINER_FILES = "${@' '.join(d.getVar('PV_EXAMPLES') + '/files/' + folder for folder in d.getVar('PV_EXAMPLE_FILES').split())}"

inherit container-pvrexport

install_start() {
    install -m 0755 ${PV_EXAMPLES}/containers/${PN}/start ${IMAGE_ROOTFS}/start
}
ROOTFS_POSTPROCESS_COMMAND:append = " install_start"
do_rootfs[file-checksums] += "${PV_EXAMPLES}/containers/${PN}/start:True"
