/*
 * What a display server does first with a device node: opens it, asks for the driver, becomes DRM master, counts the
 * connectors and makes a buffer to scan out. Prints one line. Built statically; the structures are those of the
 * kernel's drm.h and drm_mode.h, which not every build machine has.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

struct version { int major, minor, patch; size_t name_len; char *name; size_t date_len; char *date; size_t desc_len; char *desc; };
struct resources { uint64_t fbs, crtcs, connectors, encoders; uint32_t count_fbs, count_crtcs, count_connectors, count_encoders, min_width, max_width, min_height, max_height; };
struct dumb { uint32_t height, width, bpp, flags, handle, pitch; uint64_t size; };

int main(int argc, char **argv)
{
	char name[32] = "";
	struct version version = { .name = name, .name_len = sizeof name - 1 };
	struct resources resources = { 0 };
	struct dumb dumb = { .width = 64, .height = 64, .bpp = 32 };
	int fd = open(argv[argc - 1], O_RDWR);
	if (fd < 0) {
		printf("open: %s\n", strerror(errno));
		return 1;
	}
	int known = ioctl(fd, _IOWR('d', 0x00, struct version), &version) == 0;
	int master = ioctl(fd, _IO('d', 0x1e)) == 0;
	int modes = ioctl(fd, _IOWR('d', 0xa0, struct resources), &resources) == 0;
	int buffer = ioctl(fd, _IOWR('d', 0xb2, struct dumb), &dumb) == 0;
	printf("driver %s, master %s, connectors %u, buffer %s\n", known ? name : "unknown", master ? "yes" : "no", modes ? resources.count_connectors : 0, buffer ? "yes" : "no");
	return 0;
}
