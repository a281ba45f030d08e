/** Grammars of names, and names themselves, as plain expressions: for the tools, which start without schemas. names.ts builds the branded types on them. */

/** At most 63 characters, so that it is also a host name and a part of a socket's path. */
export const containerNameGrammar = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** The host's side in the graph and as a caller: Pantavisor itself. */
export const hostName = '_pv_';
