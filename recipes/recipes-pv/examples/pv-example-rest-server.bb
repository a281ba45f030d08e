inherit pv-example

IMAGE_INSTALL += "socat"
PV_EXAMPLE_FILES = "rest-handler"
PV_CONTAINER_SERVICES = "${PV_EXAMPLES}/containers/${PN}/services.json"
