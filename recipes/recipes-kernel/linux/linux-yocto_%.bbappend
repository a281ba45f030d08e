require recipes-kernel/linux/pantavisor-kernel.inc
