import type { WhoJson } from "@cairn/client";
import { CairnError } from "@cairn/protocol/errors";
import { client, setCsrf } from "../api/client.ts";
import { leave, store } from "../store.ts";

type SessionState =
  | { at: "opening" }
  /** `over`: there was one, and it ended. `fault`: why a link or the first question failed. */
  | { at: "out"; over: boolean; fault?: CairnError }
  | { at: "in"; who: WhoJson };

const states = store<SessionState>({ at: "opening" });
export const useSession = states.use;

function become(next: SessionState): void {
  const before = states.get();
  if (before.at === "in" && (next.at !== "in" || next.who.account !== before.who.account)) leave();
  states.set(next);
}

/** Who is logged in; for pages, which are shown only then. */
export function useWho(): WhoJson {
  const session = useSession();
  if (session.at !== "in") throw new Error("a page is shown without a session");
  return session.who;
}

const asFault = (error: unknown): CairnError =>
  error instanceof CairnError
    ? error
    : new CairnError("the session could not be opened", { code: "internal", kind: "internal", cause: error });

/** The secret of a link stands in the fragment, which is sent nowhere; it is taken out before anything else happens. */
function takeFragment(name: string): string | undefined {
  const parts = location.hash.slice(1).split("&");
  const found = parts.find((one) => one.startsWith(`${name}=`));
  if (found === undefined) return undefined;
  const rest = parts.filter((one) => one !== found).join("&");
  history.replaceState(null, "", location.pathname + location.search + (rest === "" ? "" : `#${rest}`));
  return found.slice(name.length + 1);
}

/** A link's secret is exchanged for a session; else the one that the browser's cookie has goes on. */
export async function openSession(): Promise<void> {
  const link = takeFragment("link");
  let fault: CairnError | undefined;
  if (link !== undefined) {
    try {
      await client.links.use({ secret: link });
    } catch (error) {
      // Somebody who is logged in and opens a used link stays logged in.
      fault = asFault(error);
    }
  }
  await resume(fault);
}

async function resume(fault?: CairnError): Promise<void> {
  try {
    const who = await client.whoAmI();
    setCsrf(who.csrf ?? undefined);
    become({ at: "in", who });
  } catch (error) {
    const known = asFault(error);
    const out = known.kind === "auth";
    become({
      at: "out",
      over: known.code === "session-over",
      ...(fault !== undefined ? { fault } : out ? {} : { fault: known }),
    });
  }
}

export async function logIn(name: string, password: string): Promise<void> {
  await client.logIn({ name, password });
  await resume();
}

export async function signUp(name: string, password: string, invite: string): Promise<void> {
  await client.signUp({ name, password, ...(invite === "" ? {} : { invite }) });
  await resume();
}

/**
 * The session ends at the gateway: only then does the page say so, as the browser's cookie would open it again.
 * @throws CairnError where the gateway did not end it: the user is logged in still
 */
export async function logOut(): Promise<void> {
  try {
    await client.logOut();
  } catch (error) {
    if (!isOver(error)) throw error;
  }
  setCsrf(undefined);
  become({ at: "out", over: false });
}

const isOver = (error: unknown): boolean =>
  error instanceof CairnError && (error.code === "session-over" || error.code === "no-token");

/** Shows the way back in where an answer says that the session has ended. @returns whether it does */
export function sessionIsOver(error: unknown): boolean {
  if (!isOver(error)) return false;
  setCsrf(undefined);
  if (states.get().at === "in") become({ at: "out", over: true });
  return true;
}

/** An invite that came in the fragment of a link. */
export const takeInvite = (): string => takeFragment("invite") ?? "";
