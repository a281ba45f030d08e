SUMMARY = "opens a shell in a Pantavisor container"

inherit pv-program

RDEPENDS:${PN} = "nodejs lxc"
