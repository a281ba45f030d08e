inherit pv-example

IMAGE_INSTALL += "dbus perl"
PV_EXAMPLE_FILES = "dbus-perl dbus-bus dbus-service"
PV_CONTAINER_SERVICES = "${PV_EXAMPLES}/containers/${PN}/services.json"
