import { type Picked, pickedItems } from "@cairn/owner/browser/pick-files";
import { asCairnError } from "@cairn/protocol/errors";
import { keptOwner, openStore, type Store } from "./store.ts";

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const input = (id: string) => element<HTMLInputElement>(id);
let store: Store | undefined;

const say = (text: string) => {
  element("status").textContent = text;
};

/** Everything that is begun here ends in a sentence. */
function begin(work: () => Promise<void>): void {
  work().catch((error: unknown) => {
    const { message, next = "" } = asCairnError(error);
    say(`${message}. ${next}`);
  });
}

begin(async () => {
  const kept = await keptOwner();
  element("have").textContent =
    kept === undefined
      ? "This browser has no key yet: one is made under the passphrase that you choose."
      : `This browser has the key of ${kept.userId}.`;
});

element("open").addEventListener("submit", (event) => {
  event.preventDefault();
  begin(async () => {
    say("Opening…");
    const accountFile = await input("account").files?.[0]?.text();
    store = await openStore({ token: input("token").value, passphrase: input("passphrase").value, accountFile });
    element("open").hidden = true;
    element("opened").hidden = false;
    await show();
    say("Ready.");
  });
});

element("save").addEventListener("click", () =>
  begin(async () => {
    if (store !== undefined) save(new Blob([await store.accountFile()]), "cairn-account.json");
  }),
);

addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer === null) return;
  // In the event's handler: what was dropped is gone after it.
  const picked = pickedItems(event.dataTransfer as never);
  begin(() => keep(picked));
});

async function keep(picked: Picked): Promise<void> {
  if (store === undefined) return say("Open your key first.");
  const name = picked.name ?? `files of ${new Date().toLocaleString()}`;
  await store.store(picked, name, (event) => {
    if (event.type === "begun") say(`${name}: ${event.stage}…`);
    if (event.type === "progress" && event.total > 0)
      say(`${name}: ${event.stage} ${Math.floor((100 * event.done) / event.total)} %`);
  });
  await show();
  say(`${name} is stored: every copy is proved.`);
}

async function show(): Promise<void> {
  const rows = (await store?.list())?.map(({ id, name, state, files }) => {
    const row = document.createElement("tr");
    // As text, never as markup: names come from elsewhere.
    for (const text of [name, state, `${files ?? "?"} files`]) row.insertCell().textContent = text;
    const button = document.createElement("button");
    button.textContent = "Download";
    button.addEventListener("click", () =>
      begin(async () => {
        say(`${name}: getting…`);
        if (store !== undefined) save(await store.download(id), `${name}.zip`);
        say(`${name} is in your downloads: every byte was verified.`);
      }),
    );
    row.insertCell().append(button);
    return row;
  });
  element("packages").replaceChildren(...(rows ?? []));
}

function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
