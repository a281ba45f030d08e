inherit pv-example

IMAGE_INSTALL += "perl"
PV_EXAMPLE_FILES = "dbus-perl dbus-service"
PV_CONTAINER_SERVICES = "${PV_EXAMPLES}/containers/${PN}/services.json"
