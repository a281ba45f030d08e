SUMMARY = "Pantavisor's programs, by PANTAVISOR_FEATURES"

# Before the inherit: its contents differ from machine to machine.
PACKAGE_ARCH = "${TUNE_PKGARCH}"

inherit packagegroup

RDEPENDS:${PN} = "\
    pv-core \
    pv-ctrl \
    pvcontrol \
    pvcurl \
    pventer \
    ${@bb.utils.contains('PANTAVISOR_FEATURES', 'xconnect', 'pv-xconnect dbus', '', d)} \
    ${@bb.utils.contains('PANTAVISOR_FEATURES', 'wasmedge', 'wasmedge', '', d)} \
"
