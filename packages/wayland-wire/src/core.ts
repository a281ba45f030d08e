/** The parts of wayland.xml that everything starts with: numbers of requests and events. */
export const display = {
  /** Every connection has this object from its first byte. */
  id: 1,
  request: { sync: 0, getRegistry: 1 },
  event: { error: 0 },
  error: { invalidObject: 0 },
} as const;

export const registry = {
  /** bind: name (uint), then interface (string), version (uint) and id (new_id), as every new_id without a fixed interface. */
  request: { bind: 0 },
  /** global: name (uint), interface (string), version (uint). global_remove: name (uint). */
  event: { global: 0, globalRemove: 1 },
} as const;

/** Has a destructor of registries. */
export const fixes = { interface: 'wl_fixes' } as const;

export const callback = { event: { done: 0 } } as const;
