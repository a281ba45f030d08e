# A program of a release: one tarball, laid over the root file system as it is. Version, sums and files come from
# pantavisor-release.inc; a recipe adds what the program needs to run.

require recipes-pv/programs/pantavisor-release.inc

# As the release calls it; its tarball, with and without version. They differ where there is one per architecture.
PV_NAME ?= "${BPN}"
PV_ARCHIVE ?= "${PV_NAME}"
PV_TARBALL ?= "${PV_NAME}-${PV}.tgz"

SECTION = "pantavisor"
LICENSE = "${PV_LICENSE_${PV_ARCHIVE}}"
LIC_FILES_CHKSUM = "file://usr/share/doc/${PV_NAME}/copyright;md5=${PV_COPYRIGHT_${PV_ARCHIVE}}"

# Not straight into WORKDIR: do_package has a folder of the same name there.
SRC_URI = "${PV_RELEASE_URI}/${PV_TARBALL};subdir=release"
SRC_URI[sha256sum] = "${PV_SHA256_${PV_ARCHIVE}}"
S = "${UNPACKDIR}/release/package"

# Nothing is compiled, so no compiler is needed.
INHIBIT_DEFAULT_DEPS ?= "1"
do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    cp -R --preserve=mode,timestamps ${S}/. ${D}/
}

# The first that matches a file takes it: what is below /usr/share/doc is ${PN}-doc's.
PACKAGES = "${PN}-doc ${PN}"
FILES:${PN} = "${PV_FILES_${PV_ARCHIVE}}"
