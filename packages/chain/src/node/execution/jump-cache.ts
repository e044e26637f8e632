import type { Common } from "@ethereumjs/common";
import { createEVM } from "@ethereumjs/evm";

/** Contracts whose analysis is kept: some 200 kB each for the largest. */
const KEPT = 64;

interface Analysed {
  _getValidJumpDestinations?(code: Uint8Array): unknown;
}

let installed = false;

/**
 * `@ethereumjs/evm` looks for jump destinations anew in every call frame, a third of a millisecond for a contract of 24 kB. This keeps the answer by the
 * identity of the code array, which the code cache hands out again and again. The interpreter's class is not exported: an opcode of our own, run once,
 * gets hold of it.
 */
export async function installJumpCache(common: Common): Promise<void> {
  if (installed) return;
  installed = true;
  let prototype: Analysed | undefined;
  const spy = {
    opcode: 0x0c,
    opcodeName: "SPY",
    baseFee: 0,
    logicFunction: (runState: { interpreter: object }) => {
      prototype = Object.getPrototypeOf(runState.interpreter) as Analysed;
    },
  };
  const evm = await createEVM({ common, customOpcodes: [spy] });
  await evm.runCode({ code: Uint8Array.of(0x0c), gasLimit: 100n });
  const analyse = prototype?._getValidJumpDestinations;
  if (prototype === undefined || analyse === undefined) return;
  const known = new Map<Uint8Array, unknown>();
  prototype._getValidJumpDestinations = function (this: unknown, code: Uint8Array): unknown {
    const found = known.get(code) ?? analyse.call(this, code);
    known.delete(code);
    known.set(code, found);
    const [oldest] = known.keys();
    if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
    return found;
  };
}
