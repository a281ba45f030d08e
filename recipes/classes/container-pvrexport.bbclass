# A container of Pantavisor: an image recipe that gives <name>.pvrexport.tgz in the deploy folder. A recipe sets
#   IMAGE_INSTALL           the packages in it
#   PV_CONTAINER_ARGS       its args.json: group, restart policy, services it uses
#   PV_CONTAINER_SERVICES   its services.json, when it provides some
#   PV_CONTAINER_CONFIG     its lxc.container.conf; the usual one runs /start in an empty network namespace
#   PV_CONTAINER_FILES      folders that are laid over its root file system, such as one with /start

IMAGE_FSTYPES = "pvrexport"
IMAGE_FEATURES = ""
IMAGE_LINGUAS = ""
NO_RECOMMENDATIONS = "1"

IMAGE_CLASSES:append = " image_types_pantavisor"
inherit image

PV_CONTAINER_FILES ?= ""

lay_container_files() {
    install -d ${IMAGE_ROOTFS}/pantavisor/logs
    for folder in ${PV_CONTAINER_FILES}; do
        cp -R --preserve=mode "$folder/." ${IMAGE_ROOTFS}/
    done
}
ROOTFS_POSTPROCESS_COMMAND:append = " lay_container_files"
do_rootfs[file-checksums] += "${@' '.join(folder + ':True' for folder in d.getVar('PV_CONTAINER_FILES').split())}"
