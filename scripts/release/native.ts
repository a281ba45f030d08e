/** `pv-native`: koffi with its prebuilt addon, for one architecture and C library each. koffi has none for 32-bit ARM with musl. */
import type { Program } from './programs.ts';

export interface Native extends Omit<Program, 'name'> {
  readonly name: 'pv-native';
  /** Ends the tarball's name: Node's name of the architecture, and `-musl` where it is for that. */
  readonly variant: string;
  /** npm's name of the addon's package. */
  readonly addon: string;
  /** Debian's name of the architecture; undefined for musl, which Debian's Node does not use. */
  readonly debian?: string;
}

const modules = 'usr/lib/node_modules';

export const natives: readonly Native[] = [
  native('x64', 'linux_x64', 'amd64'),
  native('x64', 'musl_x64'),
  native('arm64', 'linux_arm64', 'arm64'),
  native('arm64', 'musl_arm64'),
  native('arm', 'linux_armhf', 'armhf'),
];

function native(arch: string, folder: string, debian?: string): Native {
  const addon = `@koromix/koffi-linux-${arch}`;
  return {
    name: 'pv-native',
    summary: 'system calls for the programs of Pantavisor',
    description: 'koffi, which lets programs for Node call C functions, with the addon of one architecture.',
    needs: ['libstdc++'],
    variant: folder.startsWith('musl') ? `${arch}-musl` : arch,
    addon,
    ...(debian === undefined ? {} : { debian }),
    files: [
      ...['package.json', 'index.js', 'src/koffi/index.js', 'src/koffi/src/static.js'].map((file) => `${modules}/koffi/${file}`),
      ...['package.json', 'index.js', `${folder}/koffi.node`].map((file) => `${modules}/${addon}/${file}`),
      'usr/share/doc/pv-native/copyright',
    ],
  };
}
