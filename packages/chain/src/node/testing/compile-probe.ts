import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Abi, Hex } from "viem";
import { parseAbi } from "viem";

interface Compiler {
  compile(input: string): string;
}

interface Compiled {
  contracts?: { "Probe.sol"?: { Probe: { abi: Abi; evm: { bytecode: { object: string } } } } };
  errors?: { severity: string; formattedMessage: string }[];
}

/** What the tests and the benchmark call of the contract, typed. */
export const PROBE_ABI = parseAbi([
  "constructor(uint256 start) payable",
  "event Counted(address indexed who, uint256 count)",
  "event Random(uint256 value, address coinbase, bytes32 parent)",
  "error TooMuch(uint256 asked, uint256 limit)",
  "function count() view returns (uint256)",
  "function callers(uint256) view returns (address)",
  "function increment()",
  "function many(uint256 times)",
  "function exceed(uint256 asked)",
  "function refuse()",
  "function overflow(uint8 value) pure returns (uint8)",
  "function burn() pure",
  "function spin(uint256 times) returns (uint256)",
  "function clear()",
  "function pay(address to, uint256 amount)",
  "function makeChild(bytes32 salt) payable returns (address)",
  "function makeAndEnd(address heir) payable",
  "function tryInner(uint256 asked)",
  "function machine(bytes data) returns (bytes32, address)",
  "function precompiled(address target, bytes input) returns (bytes)",
  "function draw()",
  "function here() view returns (uint256 number, uint256 time, uint256 chain, uint256 fee)",
]);

/** The creation code of `Probe.sol`, for Cancun. */
export function compileProbe(): Hex {
  const compiler = createRequire(import.meta.url)("solc") as Compiler;
  const content = readFileSync(new URL("./Probe.sol", import.meta.url), "utf8");
  const settings = {
    evmVersion: "cancun",
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
  };
  const input = { language: "Solidity", sources: { "Probe.sol": { content } }, settings };
  const output = JSON.parse(compiler.compile(JSON.stringify(input))) as Compiled;
  const errors = (output.errors ?? []).filter((error) => error.severity === "error");
  const code = output.contracts?.["Probe.sol"]?.Probe.evm.bytecode.object;
  if (errors.length > 0 || code === undefined)
    throw new Error(errors.map((error) => error.formattedMessage).join("\n"));
  return `0x${code}`;
}
