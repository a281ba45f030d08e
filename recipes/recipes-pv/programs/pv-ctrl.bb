SUMMARY = "control API of Pantavisor"

USERADD_PACKAGES = "${PN}"
USERADD_PARAM:${PN} = "--system --uid 65411 --user-group --home-dir / --no-create-home --shell /sbin/nologin pv-ctrl"

inherit pv-program useradd

RDEPENDS:${PN} = "nodejs"
