import { bufferedTransfer, CairnClient } from "@cairn/client";

let csrf: string | undefined;

/** What the session's requests that change something must carry; set when the session opens. */
export const setCsrf = (value: string | undefined): void => {
  csrf = value;
};

/** What a claim to a wallet is signed for, in a session. */
export const sessionSecret = (): string => csrf ?? "";

const OPTIONS = {
  url: globalThis.location?.origin ?? "http://127.0.0.1",
  csrf: () => csrf,
  transfer: bufferedTransfer,
};

/** The gateway that sent this page. Failures are thrown as CairnError. */
export const client = new CairnClient(OPTIONS);

type WhenAway = NonNullable<ConstructorParameters<typeof CairnClient>[0]["whenAway"]>;

/** The same gateway for long work: `whenAway` waits until it is worth asking again. */
export const patientClient = (whenAway: WhenAway): CairnClient => new CairnClient({ ...OPTIONS, whenAway });
