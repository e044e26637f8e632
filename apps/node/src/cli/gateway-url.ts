import { BlockList, isIP } from "node:net";
import { CairnError } from "@cairn/protocol/errors";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * The address of a gateway as a person gives it, without a path.
 * @param insecure http to another machine is wanted all the same
 * @throws CairnError `bad-value`, `insecure-url`
 */
export function gatewayUrl(text: string, insecure: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url !== undefined && url.username === "" && url.password === "" && url.pathname === "/";
  if (!plain || url.search !== "" || url.hash !== "" || !["http:", "https:"].includes(url.protocol)) {
    throw new CairnError(`"${text}" is not the address of a gateway`, {
      code: "bad-value",
      kind: "input",
      next: "Give it as https://gateway.example, without a path, a name or a password in it.",
    });
  }
  if (url.protocol === "https:" || insecure || isLoopback(url.hostname)) return url.origin;
  throw new CairnError(
    `${url.origin} is not encrypted: whoever is on the way there reads your password and your token, and can do with your account what you can`,
    {
      code: "insecure-url",
      kind: "input",
      next: `Use https, or a tunnel (\`ssh -L 4400:127.0.0.1:${url.port || "80"} ${url.hostname}\`, then http://127.0.0.1:4400). With --insecure it is done all the same.`,
    },
  );
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  const version = isIP(host);
  return version !== 0 && LOOPBACK.check(host, version === 4 ? "ipv4" : "ipv6");
}
