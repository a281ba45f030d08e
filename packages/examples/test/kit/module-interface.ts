/** What a module needs and gives, by the engine of Node, which refuses one that is not valid. */

interface Named {
  readonly name: string;
}

/** Node has it, and its types do not. */
const { WebAssembly: engine } = globalThis as unknown as {
  readonly WebAssembly: {
    compile(bytes: Uint8Array): Promise<unknown>;
    readonly Module: { imports(module: unknown): (Named & { readonly module: string })[]; exports(module: unknown): Named[] };
  };
};

export async function moduleInterface(bytes: Uint8Array): Promise<{ readonly from: readonly string[]; readonly exports: readonly string[] }> {
  const compiled = await engine.compile(bytes);
  return { from: [...new Set(engine.Module.imports(compiled).map(({ module }) => module))], exports: engine.Module.exports(compiled).map(({ name }) => name).sort() };
}
