inherit pv-example

IMAGE_INSTALL += "wayland-utils"
