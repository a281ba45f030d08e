SUMMARY = "service mesh between Pantavisor containers"

inherit pv-program

RDEPENDS:${PN} = "nodejs pv-koffi"
