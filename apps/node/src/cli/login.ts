import { readFile, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { CairnClient } from "@cairn/client/client";
import { asCairnError, CairnError } from "@cairn/protocol/errors";
import { type Home, homeAt } from "../home/home.ts";
import { type Remote, readRemote, removeRemote, writeRemote } from "../home/remote.ts";
import { trustAlso } from "../home/trust-also.ts";
import { chainUrlOf } from "../up/environment.ts";
import { askUnseen } from "./ask-unseen.ts";
import { firstLineOf } from "./first-line.ts";
import { gatewayUrl } from "./gateway-url.ts";
import { nodeTransfer } from "./node-transfer.ts";
import { createOutput } from "./output.ts";
import type { CommonOptions } from "./session.ts";
import { sessionTransfer } from "./session-transfer.ts";

export interface LoginOptions extends CommonOptions {
  user?: string;
  passwordFile?: string;
  /** Become the user first, by the invite in its first line. */
  inviteFile?: string;
  /** Use the token in its first line instead of a user's password. */
  tokenFile?: string;
  /** A chain node that the user trusts. */
  chain?: string;
  /** Of the token that is made. */
  days?: number;
  /** PEM file with what vouches for the gateway's certificate. */
  ca?: string;
  /** http to another machine, all the same. */
  insecure?: boolean;
}

const DAY_SECONDS = 86_400;

/** Have this home use a gateway elsewhere, with an account there: a user's, for whom a token is made, or that of a token. */
export async function login(address: string, options: LoginOptions): Promise<void> {
  const url = gatewayUrl(address, options.insecure ?? false);
  const chainUrl = chainUrlOf(options.chain);
  const home = homeAt(options.home);
  await requireFree(home);
  const ca = options.ca === undefined ? {} : { ca: await certificateIn(options.ca) };
  trustAlso(ca.ca);
  const known = { url, ...ca, ...(chainUrl === undefined ? {} : { chainUrl }) };
  const { remote, who } = await saysWhichFile(options.ca, async () => {
    const remote: Remote = { ...known, ...(await tokenFor(url, options)) };
    return { remote, who: await new CairnClient({ url, token: remote.token, transfer: nodeTransfer }).whoAmI() };
  });
  const { account, user, scopes } = who;
  await writeRemote(home, remote);
  const output = createOutput(options);
  output.result({ home: home.directory, url, account, user: user?.name ?? null, scopes, chain: chainUrl ?? null });
  output.say(
    `Logged in at ${url}${user === null ? "" : ` as ${user.name}`}, account ${account}, for ${scopes.join(", ")}.`,
    `The token is in ${home.remoteFile}, and your keys come to lie beside it: both stay on this machine.`,
    ...(chainUrl === undefined
      ? [
          "This home knows no chain node, so that nothing is held against the chain: name one that you trust with --chain.",
        ]
      : []),
  );
}

/** Forget the gateway; the token that the login had made is revoked, and the account's keys stay. */
export async function logout(options: CommonOptions): Promise<void> {
  const home = homeAt(options.home);
  const remote = await readRemote(home);
  if (remote === undefined) {
    throw new CairnError(`${home.directory} is logged in nowhere`, {
      code: "not-logged-in",
      kind: "missing",
      next: "Name the home with --home, or log in with `cairn login URL`.",
    });
  }
  const { url, token, tokenId } = remote;
  trustAlso(remote.ca);
  const left = tokenId === undefined ? "it was brought with --token-file" : await revoke(url, token, tokenId);
  await removeRemote(home);
  const output = createOutput(options);
  output.result({ home: home.directory, url, revoked: left === undefined });
  output.say(
    left === undefined
      ? `Logged out of ${url}: its token is revoked.`
      : `Logged out of ${url}. Its token is still good (${left}): an owner of the account ends it with \`cairn token revoke\`.`,
  );
}

/** Where an authority was named, it is said that it is another one. */
async function saysWhichFile<T>(ca: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const refused = error instanceof CairnError && error.code === "certificate-refused" ? error : undefined;
    if (ca === undefined || refused?.details?.reason !== "unknown-issuer") throw error;
    const { url } = refused.details;
    throw new CairnError(
      `the certificate of ${url} is refused: neither an authority that this system trusts nor that in ${ca} has signed it; nothing was sent`,
      {
        ...{ code: refused.code, kind: refused.kind, details: refused.details, cause: refused },
        next: "Compare the file with what whoever runs the gateway has: it is another authority's, or somebody else answers at this address.",
      },
    );
  }
}

async function certificateIn(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause) => {
    throw new CairnError(`cannot read the certificate in ${file}`, {
      code: "unreadable-path",
      kind: "input",
      cause,
      next: "Name a PEM file.",
    });
  });
}

/** @returns why it was not revoked, where it was not */
async function revoke(url: string, token: string, id: string): Promise<string | undefined> {
  try {
    await new CairnClient({ url, token, transfer: nodeTransfer }).revokeToken(id);
    return undefined;
  } catch (error) {
    const { code, message } = asCairnError(error);
    return code === "wrong-token" ? undefined : message;
  }
}

async function requireFree(home: Home): Promise<void> {
  const remote = await readRemote(home);
  if (remote !== undefined) {
    throw new CairnError(`${home.directory} is logged in at ${remote.url}`, {
      code: "logged-in",
      kind: "conflict",
      next: "Log out first with `cairn logout`, or name another home with --home.",
    });
  }
  if ((await stat(home.settingsFile).catch(() => undefined)) === undefined) return;
  throw new CairnError(`${home.directory} is the home of a network of its own`, {
    code: "logged-in",
    kind: "conflict",
    next: "Name another home with --home, such as ~/.cairn-there.",
  });
}

async function tokenFor(url: string, options: LoginOptions): Promise<Pick<Remote, "token" | "tokenId">> {
  const { user, tokenFile, passwordFile, inviteFile, days } = options;
  if (tokenFile !== undefined) {
    if (user !== undefined || passwordFile !== undefined || inviteFile !== undefined || days !== undefined)
      throw contradiction();
    return { token: (await firstLineOf(tokenFile, "the token")).trim() };
  }
  if (user === undefined) {
    throw new CairnError("a login needs --user or --token-file", {
      code: "missing-value",
      kind: "input",
      next: "Give --user NAME, and the password when asked or in --password-file; or a token's file.",
    });
  }
  const invite = inviteFile === undefined ? undefined : (await firstLineOf(inviteFile, "the invite")).trim();
  const password =
    passwordFile === undefined
      ? await askUnseen(`Password of ${user}: `, "Give --password-file FILE, whose first line is the password.")
      : await firstLineOf(passwordFile, "the password");
  let csrf: string | undefined;
  const client = new CairnClient({ url, transfer: sessionTransfer(url), csrf: () => csrf });
  const opened =
    invite === undefined
      ? await client.logIn({ name: user, password })
      : await client.signUp({ name: user, password, invite });
  csrf = opened.csrf;
  try {
    if (opened.user.role === "member") throw makesNoTokens(user);
    const expiresAt = days === undefined ? {} : { expiresAt: Math.floor(Date.now() / 1000) + days * DAY_SECONDS };
    const label = `login at ${hostname()}`.slice(0, 100);
    const made = await client.createToken({ label, scopes: ["read", "write", "admin"], ...expiresAt });
    return { token: made.secret, tokenId: made.token.id };
  } finally {
    // The token is what is used from now on; a session that is left ends by itself.
    await client.logOut().catch(() => undefined);
  }
}

function contradiction(): CairnError {
  return new CairnError("--token-file cannot be used with --user, --password-file, --invite-file or --days", {
    code: "bad-options",
    kind: "input",
    next: "A token is somebody's already: leave the others out.",
  });
}

function makesNoTokens(user: string): CairnError {
  return new CairnError(`${user} is a member of its account, and members make no tokens`, {
    code: "scope-missing",
    kind: "auth",
    next: "Ask an owner of the account for one (`cairn token create NAME`), and log in with --token-file.",
  });
}
