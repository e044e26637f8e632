import { bufferedTransfer, CairnClient } from "@cairn/client";

let csrf: string | undefined;

/** What the session's requests that change something must carry; set when the session opens. */
export const setCsrf = (value: string | undefined): void => {
  csrf = value;
};

/** The gateway that sent this page. Failures are thrown as CairnError. */
export const client = new CairnClient({
  url: globalThis.location?.origin ?? "http://127.0.0.1",
  csrf: () => csrf,
  transfer: bufferedTransfer,
});
