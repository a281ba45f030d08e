# pv-native everywhere else: bitbake takes a recipe with such a name for one that is for the machine that builds.
SUMMARY = "system calls for the programs of Pantavisor"
DESCRIPTION = "koffi with its prebuilt addon: for x86-64 and aarch64 with glibc or musl, for 32-bit ARM with glibc and hardware \
floating point. For others build koffi from its sources, and provide it as pv-koffi."

PV_VARIANT = "none"
PV_VARIANT:x86-64 = "x64"
PV_VARIANT:aarch64 = "arm64"
PV_VARIANT:arm = "arm"
PV_VARIANT:append:libc-musl = "-musl"
PV_NAME = "pv-native"
PV_ARCHIVE = "${PV_NAME}-${PV_VARIANT}"
PV_TARBALL = "${PV_NAME}-${PV}-${PV_VARIANT}.tgz"

# The libraries that the addon is linked with.
INHIBIT_DEFAULT_DEPS = ""

inherit pv-program

python () {
    variant = d.getVar('PV_VARIANT')
    if not d.getVar('PV_SHA256_pv-native-' + variant) or (variant == 'arm' and 'callconvention-hard' not in d.getVar('TUNE_FEATURES').split()):
        raise bb.parse.SkipRecipe('koffi has no prebuilt addon for this machine; see the DESCRIPTION')
}

# Node looks there from /usr/lib/pantavisor.
RDEPENDS:${PN} = "nodejs"

# Built by others, and stripped by them.
INHIBIT_PACKAGE_STRIP = "1"
INHIBIT_SYSROOT_STRIP = "1"
INHIBIT_PACKAGE_DEBUG_SPLIT = "1"
INSANE_SKIP:${PN} = "already-stripped ldflags"
