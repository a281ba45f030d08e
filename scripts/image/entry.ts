/** What a layer consists of. Owner and group are root, always: nothing in the image needs another. */
export type Entry = { readonly path: string } & (
  | { readonly type: 'directory'; readonly mode: number }
  | { readonly type: 'file'; readonly mode: number; readonly bytes: Buffer }
  | { readonly type: 'symlink'; readonly target: string }
);

export function directory(path: string, mode = 0o755): Entry {
  return { path, type: 'directory', mode };
}

export function file(path: string, bytes: Buffer | string, mode = 0o644): Entry {
  return { path, type: 'file', mode, bytes: Buffer.from(bytes) };
}

export function symlink(path: string, target: string): Entry {
  return { path, type: 'symlink', target };
}
