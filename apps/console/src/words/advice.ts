/** What to do, in the console, about what the gateway refuses with advice for a command line. By the code of the error. */
const ADVICE: Readonly<Record<string, string>> = {
  "account-claimed": "Use the key of that wallet, which Settings, Keys brings into this browser, or another account.",
  "ambiguous-package": "Open it under Packages.",
  "bad-account-file": "Choose an account file, as Settings, Keys downloads it.",
  "bad-cid": "Give a whole CID, such as bafy… or Qm….",
  "chain-refused": "Try again. If it stays so, ask who runs this gateway whether the chain makes blocks.",
  "clocks-apart": "Set this machine's clock if it is wrong; if it is right, ask who runs this gateway.",
  "connection-lost": "Try again. Activity says what happened.",
  "gateway-unreachable": "Try again when it answers: this page goes on by itself then.",
  "held-elsewhere": "Open the console of the gateway to which it was uploaded.",
  "insufficient-funds": "Add coins and deposit them: Wallets says how. Or ask for less.",
  "invite-needed": "Ask who runs this gateway for an invite.",
  "name-changed": "Look at both under Packages: it keeps the name that it was given meanwhile.",
  "name-taken": "Choose another name, or upload the folder again and replace what has the name.",
  "named-otherwise": "Open it under Packages by its id, and rename it there.",
  "network-changed": "Nothing was signed. Ask who runs this gateway why its network changed before you go on.",
  "no-account": "Set up a key under Settings, Keys.",
  "no-phrase": "Make one under Settings, Keys.",
  "no-repair-key": "Bring the account back by its 24 words: the guide, “I have 24 words”.",
  "no-wallet": "Add one under Wallets.",
  "not-a-file": "Choose a file: Files shows what is in the package.",
  "not-read-back": "Keep your copy, and start a full check on the package's page, under Checks.",
  "not-sound":
    "They are rebuilt from the others, those of a silent provider unless it comes back; Activity shows how it goes on.",
  "not-stored": "The package's page says what became of it.",
  "nothing-to-certify": "Wait until it is stored, as its page says, or ask the gateway that stored it.",
  "nothing-to-check": "The package's page says what it waits for.",
  "path-not-allowed": "Choose a folder that Upload lists; who runs this gateway can add another.",
  "path-not-found": "Files shows what is in the package.",
  "put-broken-off": "Upload the folder again when the gateway answers.",
  "put-unknown": "Look at Packages when the gateway answers: what was agreed is being placed, and is never paid twice.",
  reverted: "Look at Wallets for what is there, then try again.",
  "scope-missing": "Log in as a user who may do this.",
  "too-many-tokens": "Revoke one under Settings, Account.",
  "too-many-users": "Remove one under Settings, Account.",
  "too-many-wallets": "Use one of those that stand under Wallets.",
  "too-many-webhooks": "Remove one that is not needed under Settings, Notices.",
  "unknown-check": "Start another on the package's page, under Checks: results are kept for 30 days.",
  "unknown-deal": "Deals lists yours.",
  "unknown-invite": "Settings, Account shows those that are open.",
  "unknown-package": "Packages lists yours.",
  "unknown-provider": "Network lists those that there are.",
  "unknown-schedule": "Settings, Checks lists those that there are.",
  "unknown-shard": "The package's page lists them, under Copies.",
  "unknown-token": "Settings, Account lists yours.",
  "unknown-user": "Settings, Account lists the users.",
  "unknown-wallet": "Wallets lists yours.",
  "unknown-webhook": "Settings, Notices lists them.",
  "wallet-elsewhere":
    "Bring the key of its wallet into this browser under Settings, Keys, or use the browser that has it.",
  "wallet-locked": "Open the vault on the Wallets page, then try again.",
  "wrong-bytes":
    "Start a full check on the package's page, under Checks: it finds whose they are and has them rebuilt.",
  "wrong-code": "Look at the last letter, or ask for another under Settings, Notices.",
  "wrong-key": "Use the account that stored the package: Settings, Keys brings its key into this browser.",
  "wrong-state": "The package's page says how it is.",
};

/** Whether it is advice for a command line. */
export const namesCommand = (text: string): boolean => text.includes("`cairn ");

/** The advice of an error, in words of the console where its own name a command. */
export const adviceOf = ({ code, next }: { code: string; next?: string | undefined }): string | undefined =>
  next === undefined || !namesCommand(next) || !Object.hasOwn(ADVICE, code) ? next : ADVICE[code];
