inherit pv-example

IMAGE_INSTALL += "socat"
