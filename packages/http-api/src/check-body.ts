/** A row's body, checked: the value its schema lets through, or the refusal upstream gives (spec control-api 2.2, 2.4). */
import type { ApiError } from '@pv/contract/errors';
import type { Route } from '@pv/contract/routes';

export type CheckedBody = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'error'; readonly error: ApiError };

export function checkBody(body: NonNullable<Route['body']>, bytes: Buffer): CheckedBody {
  const json = parseObject(bytes);
  if (json === undefined) return { kind: 'error', error: { code: 'bad-json' } };
  const checked = body.schema.safeParse(json);
  if (checked.success) return { kind: 'value', value: checked.data };
  const aboutAction = checked.error.issues.some((issue) => issue.path[0] === 'action');
  if (!aboutAction) return { kind: 'error', error: { code: 'bad-json' } };
  return { kind: 'error', error: { code: Object.hasOwn(json, 'action') ? 'bad-action' : 'missing-action' } };
}

function parseObject(bytes: Buffer): object | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : undefined;
  } catch {
    return undefined;
  }
}
