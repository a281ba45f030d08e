SUMMARY = "WasmEdge, which runs WebAssembly containers"
HOMEPAGE = "https://wasmedge.org"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=86d3f3a95c324c9479bd8986968f4327"

# The tag 0.14.1. A commit's name is the sum of its contents.
SRC_URI = "git://github.com/WasmEdge/WasmEdge.git;protocol=https;nobranch=1;destsuffix=wasmedge"
SRCREV = "2900031c24f3c49ad3596244dba4c5723048c8ad"
S = "${UNPACKDIR}/wasmedge"

DEPENDS = "spdlog"

inherit cmake

# Its compiler: `wasmedge compile`, and modules compiled ahead of time. Without it, it interprets.
PACKAGECONFIG ??= ""
PACKAGECONFIG[aot] = "-DWASMEDGE_USE_LLVM=ON,-DWASMEDGE_USE_LLVM=OFF,clang libxml2 ncurses"

EXTRA_OECMAKE = "\
    -DCMAKE_BUILD_TYPE=Release \
    -DWASMEDGE_BUILD_PLUGINS=OFF \
    -DWASMEDGE_FORCE_DISABLE_LTO=ON \
    -DFETCHCONTENT_FULLY_DISCONNECTED=ON \
"

# pv-core asks the program for its version, which it would take from the tags of a clone.
do_configure:prepend() {
    printf %s ${PV} > ${S}/VERSION
}

python () {
    if not bb.utils.contains('PANTAVISOR_FEATURES', 'wasmedge', True, False, d):
        raise bb.parse.SkipRecipe('wasmedge is not in PANTAVISOR_FEATURES')
}
