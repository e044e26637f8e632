/** The part of the WebAssembly API used here, typed by hand so that neither the DOM's types nor Node's are needed. */
interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object;
  Memory: new (limits: { initial: number }) => { readonly buffer: ArrayBuffer };
  Instance: new (module: object, imports: { env: { memory: object } }) => { readonly exports: object };
}

const { Module, Memory, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;

const PAGE = 65_536;
const modules = new Map<string, object>();

/** Bytes of a base64 text, without Buffer so that it runs in a browser too. */
function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/**
 * Start a kernel in at least `size` bytes of fresh memory, which never grows, so that views of it stay valid. A kernel is compiled
 * once per thread. `Exports` is what its .as.ts source exports.
 */
export function startKernel<Exports extends object>(
  wasmBase64: string,
  size: number,
): { kernel: Exports; bytes: Uint8Array<ArrayBuffer> } {
  let module = modules.get(wasmBase64);
  if (module === undefined) {
    module = new Module(decodeBase64(wasmBase64));
    modules.set(wasmBase64, module);
  }
  const memory = new Memory({ initial: Math.ceil(size / PAGE) });
  const instance = new Instance(module, { env: { memory } });
  return { kernel: instance.exports as Exports, bytes: new Uint8Array(memory.buffer) };
}

/** At least `size` bytes that begin at a page of the system's memory, as direct I/O wants them; no other memory of JavaScript's does for certain. */
export function pageAligned(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Memory({ initial: Math.ceil(size / PAGE) }).buffer);
}
