import { NODE_BYTES } from "./sizes.ts";

/** Nodes of one height, appended as units are done. */
export class NodeList {
  #bytes = new Uint8Array(NODE_BYTES * 1024);
  #length = 0;

  append(nodes: Uint8Array): void {
    if (this.#length + nodes.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + nodes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(nodes, this.#length);
    this.#length += nodes.length;
  }

  get nodes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }
}
