# Two more types for IMAGE_FSTYPES.

IMAGE_TYPES += "pvrexport docker"

# pvrexport: a container for Pantavisor; see container-pvrexport.bbclass.
PV_CONTAINER_NAME ?= "${PN}"
PV_CONTAINER_ARGS ?= ""
PV_CONTAINER_SERVICES ?= ""
PV_CONTAINER_CONFIG ?= "${PV_LAYERDIR}/files/lxc.container.conf"
# Keys of args.json that keep their name in run.json.
PV_CONTAINER_VERBATIM ?= ""

IMAGE_TYPEDEP:pvrexport = "squashfs"
IMAGE_CMD:pvrexport () {
    python3 ${PV_LAYERDIR}/scripts/pvrexport.py --name '${PV_CONTAINER_NAME}' --args '${PV_CONTAINER_ARGS}' --config '${PV_CONTAINER_CONFIG}' \
        ${@'--services ' + d.getVar('PV_CONTAINER_SERVICES') if d.getVar('PV_CONTAINER_SERVICES') else ''} \
        ${@' '.join('--verbatim ' + key for key in d.getVar('PV_CONTAINER_VERBATIM').split())} \
        --root '${IMGDEPLOYDIR}/${IMAGE_NAME}.squashfs' --out '${IMGDEPLOYDIR}/${IMAGE_NAME}.pvrexport.tgz'
    ln -sf '${IMAGE_NAME}.pvrexport.tgz' '${IMGDEPLOYDIR}/${PV_CONTAINER_NAME}.pvrexport.tgz'
}
do_image_pvrexport[file-checksums] += "${PV_LAYERDIR}/scripts/pvrexport.py:True ${PV_CONTAINER_CONFIG}:True ${@' '.join(d.getVar(name) + ':True' for name in ('PV_CONTAINER_ARGS', 'PV_CONTAINER_SERVICES') if d.getVar(name))}"

# docker: for `docker load`.
DOCKER_TAG ?= "${PN}:latest"
DOCKER_ENTRYPOINT ?= "/bin/sh"
DOCKER_VOLUMES ?= ""
DOCKER_ARCH = "${@{'x86_64': 'amd64', 'aarch64': 'arm64'}.get(d.getVar('TARGET_ARCH'), d.getVar('TARGET_ARCH'))}"

IMAGE_TYPEDEP:docker = "tar"
IMAGE_CMD:docker () {
    python3 ${PV_LAYERDIR}/scripts/docker-archive.py --layer '${IMGDEPLOYDIR}/${IMAGE_NAME}.tar' --arch '${DOCKER_ARCH}' --tag '${DOCKER_TAG}' \
        --entrypoint '${DOCKER_ENTRYPOINT}' ${@' '.join('--volume ' + path for path in d.getVar('DOCKER_VOLUMES').split())} \
        --out '${IMGDEPLOYDIR}/${IMAGE_NAME}.docker.tar'
    ln -sf '${IMAGE_NAME}.docker.tar' '${IMGDEPLOYDIR}/${PN}-docker.tar'
}
do_image_docker[file-checksums] += "${PV_LAYERDIR}/scripts/docker-archive.py:True"
