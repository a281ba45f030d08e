inherit pv-example

IMAGE_INSTALL += "dbus-tools"
