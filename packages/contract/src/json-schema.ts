/** JSON Schema of a contract's schema, for documents. Not for programs at run time: it costs memory that they need not spend. */
import * as z from 'zod/mini';

/** The part of JSON Schema that the contract's schemas come to. */
export interface JsonSchema {
  /** The exported name of the schema, where it has one. */
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** `names`: schemas that are known by name, at any depth. */
export function jsonSchema(schema: z.ZodMiniType, names: ReadonlyMap<unknown, string>): JsonSchema {
  return z.toJSONSchema(schema, {
    override: ({ zodSchema, jsonSchema: written }) => {
      const name = names.get(zodSchema);
      if (name !== undefined) written.title = name;
    },
  }) as JsonSchema;
}
