SUMMARY = "shows and controls Pantavisor containers"

inherit pv-program

RDEPENDS:${PN} = "nodejs"
