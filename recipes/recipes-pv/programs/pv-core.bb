SUMMARY = "state engine of Pantavisor"

USERADD_PACKAGES = "${PN}"
USERADD_PARAM:${PN} = "--system --uid 65412 --user-group --home-dir / --no-create-home --shell /sbin/nologin pv-dbus"

inherit pv-program useradd

RDEPENDS:${PN} = "nodejs lxc util-linux-setpriv pv-koffi pv-ctrl"
RRECOMMENDS:${PN} = "${@bb.utils.contains('PANTAVISOR_FEATURES', 'xconnect', 'pv-xconnect', '', d)}"
