import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address, Hex } from "@cairn/protocol";
import { merkleTree, verifyPath } from "@cairn/protocol";
import * as fc from "fast-check";
import { type Abi, bytesToHex, hexToBytes } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileOutgoingStore } from "./file-outgoing-store.ts";
import { openHeads } from "./heads.ts";
import { readContract } from "./read-contracts.ts";
import { openRpc, type Rpc } from "./rpc.ts";
import { ANVIL_KEY, type Anvil, startAnvil } from "./testing/anvil.ts";
import { createSender } from "./transaction-sender.ts";

const SOURCE = `// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
contract Verifier {
  function verify(bytes32[] calldata path, bytes32 root, bytes32 leaf) external pure returns (bool) {
    return MerkleProof.verifyCalldata(path, root, leaf);
  }
}`;

const VERIFY = [
  {
    type: "function",
    name: "verify",
    stateMutability: "pure",
    inputs: [
      { name: "path", type: "bytes32[]" },
      { name: "root", type: "bytes32" },
      { name: "leaf", type: "bytes32" },
    ],
    outputs: [{ type: "bool" }],
  },
] as const;

interface Solc {
  compile(input: string, callbacks: { import(path: string): { contents: string } }): string;
}

function compileVerifier(): Hex {
  const require = createRequire(import.meta.url);
  const solc = require("solc") as Solc;
  const input = {
    language: "Solidity",
    sources: { "Verifier.sol": { content: SOURCE } },
    settings: { evmVersion: "cancun", outputSelection: { "*": { "*": ["evm.bytecode.object"] } } },
  };
  const output = solc.compile(JSON.stringify(input), {
    import: (path) => ({ contents: readFileSync(require.resolve(path), "utf8") }),
  });
  const { contracts } = JSON.parse(output) as {
    contracts: { "Verifier.sol": { Verifier: { evm: { bytecode: { object: string } } } } };
  };
  return `0x${contracts["Verifier.sol"].Verifier.evm.bytecode.object}`;
}

describe("merkleTree beside OpenZeppelin's MerkleProof in an EVM", () => {
  let anvil: Anvil;
  let rpc: Rpc;
  let directory: string;
  let verifier: Address;
  beforeAll(async () => {
    anvil = await startAnvil({ chainId: 31_340, blockSeconds: 0.2 });
    rpc = openRpc(anvil.url);
    directory = await mkdtemp(join(tmpdir(), "cairn-merkle-"));
    const sender = createSender({
      rpc,
      heads: openHeads(rpc),
      key: ANVIL_KEY,
      chainId: 31_340,
      store: fileOutgoingStore(directory),
      abi: VERIFY as Abi,
      pollMilliseconds: 50,
    });
    verifier = (await sender.submit("deploy", { data: compileVerifier() })).created as Address;
    sender.close();
  });
  afterAll(async () => {
    await anvil.stop();
    await rm(directory, { recursive: true });
  });

  it("agrees about true and false paths", async () => {
    const word = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytesToHex(bytes) as Hex);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(word, { minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.nat(),
        async (leaves, pick, other) => {
          const tree = merkleTree(leaves.map((leaf) => hexToBytes(leaf)));
          const leaf = leaves[pick % leaves.length] as Hex;
          const path = tree.path(other % leaves.length);
          const expected = verifyPath(leaf, path, tree.root);
          expect(await readContract(rpc, VERIFY, verifier, "verify", [path, tree.root, leaf])).toBe(expected);
          const own = tree.path(pick % leaves.length);
          expect(await readContract(rpc, VERIFY, verifier, "verify", [own, tree.root, leaf])).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
