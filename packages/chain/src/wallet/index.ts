export { generateKey } from "./generate-key.ts";
export { loadKeystore, openKeyFile, saveKeystore } from "./key-file.ts";
export { decryptKey, encryptKey, type Keystore, type KeystoreOptions } from "./keystore.ts";
