SUMMARY = "runs Pantavisor containers on any Linux machine"

INITSCRIPT_NAME = "pv-appengine"
INITSCRIPT_PARAMS = "defaults 90 10"
SYSTEMD_SERVICE:${PN} = "pv-appengine.service"

inherit pv-program update-rc.d systemd

RDEPENDS:${PN} = "nodejs util-linux-flock pv-core pv-koffi"
