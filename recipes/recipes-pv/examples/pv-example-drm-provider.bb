inherit pv-example

PV_CONTAINER_SERVICES = "${PV_EXAMPLES}/containers/${PN}/services.json"
PV_CONTAINER_CONFIG = "${THISDIR}/files/${PN}.lxc.container.conf"
