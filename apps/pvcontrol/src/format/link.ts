/** A link of the mesh in words and marks. Pure. */
import type { LinkState, LinkStatus } from '@pv/contract/graph';

/** What tells a link from every other one. */
export const linkKey = ({ consumer, target }: Pick<LinkStatus, 'consumer' | 'target'>): string => `${consumer} ${target}`;

/** `failed: Read-only file system`. */
export function stateText({ state, reason }: { readonly state: LinkState; readonly reason?: string | undefined }): string {
  return reason === undefined ? state : `${state}: ${reason}`;
}

/** What there is to say beside its state, a sentence each: traffic, sandbox, last error. */
export function detailTexts(link: LinkStatus): string[] {
  const { sandboxed, last_error: error } = link;
  return [
    trafficText(link),
    sandboxed === undefined ? '' : sandboxed ? 'sandboxed' : 'not sandboxed: the compositor offers no security context',
    error === undefined ? '' : `last error: ${error}`,
  ].filter((text) => text !== '');
}

/** `2 open of 17, 1.2 kB to the provider, 3.4 MB back`; empty when nobody connected yet. */
function trafficText({ sessions, accepted, bytes_to_provider: there, bytes_to_consumer: back, descriptors, refused }: LinkStatus): string {
  const parts = [
    ...(accepted > 0 ? [`${sessions} open of ${accepted}`] : []),
    ...(there > 0 || back > 0 ? [`${bytesText(there)} to the provider`, `${bytesText(back)} back`] : []),
    ...(descriptors > 0 ? [`${descriptors} descriptor${descriptors === 1 ? '' : 's'}`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ];
  return parts.join(', ');
}

function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return power === 0 ? `${bytes} B` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power] ?? ''}`;
}
