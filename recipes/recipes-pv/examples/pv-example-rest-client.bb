inherit pv-example

IMAGE_INSTALL += "curl"
