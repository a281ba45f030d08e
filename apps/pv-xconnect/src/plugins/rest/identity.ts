/** Who asks, in fields that no consumer can write: spec xconnect 4.2. */
import type { NamedValue } from '@pv/http-wire/write';

export function identityFields(client: string, role: string): NamedValue[] {
  return [{ name: 'X-PV-Client', value: client }, { name: 'X-PV-Role', value: role }];
}

/** `X-PV-`, with any separator: CGI and its like turn all of them into one. */
export function claimsIdentity({ name }: { readonly name: string }): boolean {
  return /^x[^a-z0-9]pv[^a-z0-9]/i.test(name);
}
