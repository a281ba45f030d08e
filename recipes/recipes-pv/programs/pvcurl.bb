SUMMARY = "minimal HTTP client for unix sockets"

inherit pv-program

RDEPENDS:${PN} = "nodejs"
