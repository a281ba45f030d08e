import { HttpWireError } from './errors.ts';

export type Version = '1.0' | '1.1';

/** Of a start line. Throws for what is neither: HTTP/2's preface, say. */
export function readVersion(word: string): Version {
  if (word === 'HTTP/1.1') return '1.1';
  if (word === 'HTTP/1.0') return '1.0';
  throw new HttpWireError('a version that is neither HTTP/1.0 nor HTTP/1.1');
}
