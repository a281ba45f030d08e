/** What Debian 12's weston needs besides the libraries that it is linked with. */

/** All of it is in the package or in those that it needs. */
export const westonPackage = 'weston (version 10, of Debian 12)';

const multiarch: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu', arm: 'arm-linux-gnueabihf' };
const libraries = `/usr/lib/${multiarch[process.arch]}`;

/** Modules, the client that draws the background, and keyboard layouts, without which it does not start. */
const parts = [`${libraries}/weston/desktop-shell.so`, `${libraries}/weston-desktop-shell`, '/usr/share/X11/xkb'];

/** Parts of an example that runs weston on a backend: `drm`, `headless`. */
export const weston = (backend: string) => ({ programs: ['/usr/bin/weston'], inPlace: [`${libraries}/libweston-10/${backend}-backend.so`, ...parts], files: ['weston'] });
