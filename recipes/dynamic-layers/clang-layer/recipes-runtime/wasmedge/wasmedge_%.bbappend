# meta-clang has LLVM with the libraries of its linker, which oe-core has from whinlatter on.
PACKAGECONFIG:append = " aot"
PACKAGECONFIG:remove:armv7ve = "aot"
