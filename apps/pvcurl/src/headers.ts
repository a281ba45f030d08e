/**
 * The header fields of a request, in order: Host, the given ones, the rest of ours. Pure. Length and transfer coding
 * are what the body has; they cannot be given, so that a request always says what it is.
 */
export type FieldsResult = { readonly kind: 'fields'; readonly fields: readonly string[] } | { readonly kind: 'wrong'; readonly message: string };

/** Bytes of the body; undefined: not known before it is sent. */
export type BodyLength = number | undefined;

const computed = /^(?:content-length|transfer-encoding|connection)$/i;

/** `fields`: names and values in turn. */
export function headerFields(given: readonly string[], length: BodyLength): FieldsResult {
  const own: string[] = [];
  const named = new Set<string>();
  for (const text of given) {
    const field = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:;|:[ \t]*([^\u0000-\u0008\u000a-\u001f\u007f]*))$/.exec(text);
    if (field === null) return wrong(text, "is not 'Name: value' without control characters");
    const [, name = '', value] = field;
    if (computed.test(name)) return wrong(text, 'is computed from the request and cannot be given');
    named.add(name.toLowerCase());
    // curl's spellings: `Name:` takes a default away, `Name;` sends an empty field.
    if (value !== '') own.push(name, asBytes(value?.trimEnd() ?? ''));
  }
  const host = named.has('host') ? [] : ['Host', 'localhost'];
  const type = named.has('content-type') ? [] : ['Content-Type', 'application/json'];
  const coding = length === undefined ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(length)];
  return { kind: 'fields', fields: [...host, ...own, ...type, ...coding, 'Connection', 'close'] };
}

const wrong = (text: string, why: string): FieldsResult => ({ kind: 'wrong', message: `-H '${text}' ${why}` });

/** Node sends a character per byte. */
const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
