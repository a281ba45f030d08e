/**
 * The part of kas's format that our files keep to, as a JSON schema: kas refuses what its own does not know. Stricter than that are: one version
 * of the format, whole commits, and no empty list of layers (what that means, kas's documents and kas itself do not agree on).
 */
const text = { type: 'string' };
const map = (values: object) => ({ type: 'object', additionalProperties: values });
const closed = (properties: object, required: readonly string[] = []) => ({ type: 'object', additionalProperties: false, properties, required });

const repository = closed({
  url: text,
  branch: text,
  commit: { type: 'string', pattern: '^[0-9a-f]{40}$' },
  layers: { ...map({ enum: [null, 'disabled'] }), minProperties: 1 },
});

export const kasSchema = closed({
  header: closed({ version: { const: 16 }, includes: { type: 'array', items: text } }, ['version']),
  machine: text,
  distro: text,
  target: { anyOf: [text, { type: 'array', items: text }] },
  env: map(text),
  repos: map(repository),
  local_conf_header: map(text),
}, ['header']);
