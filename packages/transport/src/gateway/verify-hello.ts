import { type Ledger, lowest } from "@cairn/core";
import { type Address, CairnError, type ErrorCode, recoverTyped, type Seconds } from "@cairn/protocol";
import { HELLO_SKEW_SECONDS, type SignedHello } from "@cairn/protocol/wire";
import type { Nonces } from "../nonces.ts";

function refused(code: ErrorCode, message: string, next: string): CairnError {
  return new CairnError(message, { code, kind: "auth", next });
}

/**
 * Check a provider's hello: meant for this gateway, fresh to ±60 s by one of the clocks, its nonce not seen before, signed by the hot key that the chain names.
 * @returns the provider's cold address
 * @throws CairnError `wrong-audience`, `stale-hello`, `used-nonce`, `unknown-provider`, `wrong-key`
 */
export async function verifyHello(
  hello: SignedHello,
  options: { ledger: Ledger; audience: Address; nonces: Nonces; clocks: [Seconds, ...Seconds[]] },
): Promise<Address> {
  const { message } = hello;
  const { ledger, clocks } = options;
  if (message.audience !== options.audience.toLowerCase()) {
    throw refused("wrong-audience", "the hello is meant for another gateway", "Ask /api/v1/network for the executor.");
  }
  const time = Number(message.time);
  if (clocks.every((now) => Math.abs(time - now) > HELLO_SKEW_SECONDS)) {
    const off = time - clocks[0];
    throw refused("stale-hello", `the hello's time is ${off} s off`, "Set this machine's clock.");
  }
  const signer = recoverTyped("Hello", message, ledger.deployment, hello.signature);
  const record = await ledger.provider(message.provider);
  if (record === undefined) {
    throw refused("unknown-provider", `${message.provider} is not registered`, "Register, then connect again.");
  }
  if (record.hot.toLowerCase() !== signer.toLowerCase()) {
    throw refused("wrong-key", "the hello is not signed by the registered hot key", "Register the present hot key.");
  }
  if (!options.nonces.use(message.nonce, time + HELLO_SKEW_SECONDS + 1, lowest(clocks))) {
    throw refused("used-nonce", "the hello's nonce was used before", "Connect again with a new nonce.");
  }
  return message.provider;
}
