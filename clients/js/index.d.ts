/** The package's types: what the sources' JSDoc says, and the interfaces they share. */

export * from "./types/index.js";
export type * from "./interfaces.js";
