SUMMARY = "Pantavisor in a container, for docker load"
LICENSE = "MIT"

IMAGE_INSTALL = "base-files base-passwd busybox curl pv-appengine packagegroup-pantavisor"
IMAGE_FEATURES = ""
IMAGE_LINGUAS = ""
NO_RECOMMENDATIONS = "1"

IMAGE_FSTYPES = "docker"
DOCKER_ENTRYPOINT = "/usr/bin/pv-appengine"
DOCKER_VOLUMES = "/var/pantavisor/storage"

IMAGE_CLASSES:append = " image_types_pantavisor"
inherit image
require pantavisor-initial-containers.inc
