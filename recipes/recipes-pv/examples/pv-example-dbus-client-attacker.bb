inherit pv-example

IMAGE_INSTALL += "perl"
PV_EXAMPLE_FILES = "dbus-perl dbus-attack"
