inherit pv-example

IMAGE_INSTALL += "socat"
PV_CONTAINER_SERVICES = "${PV_EXAMPLES}/containers/${PN}/services.json"
