export { loadKeystore, openKeyFile, saveKeystore } from "./key-file.ts";
export { addressOfKey, generateKey } from "./keys.ts";
export { decryptKey, encryptKey, type Keystore, type KeystoreOptions } from "./keystore.ts";
export { recoverTyped, signTyped, verifyTyped } from "./sign-typed.ts";
export { recoverDigest, signDigest } from "./signatures.ts";
