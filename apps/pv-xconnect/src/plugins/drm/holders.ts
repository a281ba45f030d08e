/** Who has which card: only one program can be DRM master of a device, so only one container gets its node. */
export class Holders {
  readonly #held = new Map<number, { readonly consumer: string; links: number }>();

  /** `device`: its number. A container may have several links to one card. The container that has it already, else a release. */
  claim(device: number, consumer: string): { readonly holder: string } | { release(): void } {
    const entry = this.#held.get(device) ?? { consumer, links: 0 };
    if (entry.consumer !== consumer) return { holder: entry.consumer };
    entry.links += 1;
    this.#held.set(device, entry);
    return {
      release: () => {
        entry.links -= 1;
        if (entry.links === 0) this.#held.delete(device);
      },
    };
  }
}
