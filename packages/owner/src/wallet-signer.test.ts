import { ownerSignerSuite } from "@cairn/core/ports/owner-signer.suite";
import { walletSigner } from "./wallet-signer.ts";

ownerSignerSuite("a key of this process", () => walletSigner(`0x${"7e".repeat(32)}`));
