import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { root } from "./bootstrap.mjs";

/**
 * Where Node keeps compiled modules between starts: each entry holds the hash of its source, so changed files are compiled anew. Only
 * directories that nobody else writes to: what lies there is run.
 */
export function compileCache() {
  const { NODE_COMPILE_CACHE, NODE_DISABLE_COMPILE_CACHE, XDG_CACHE_HOME } = process.env;
  if (NODE_COMPILE_CACHE || NODE_DISABLE_COMPILE_CACHE) return {};
  const modules = join(root, "node_modules");
  try {
    accessSync(modules, constants.W_OK);
    return { NODE_COMPILE_CACHE: join(modules, ".cache", "cairn") };
  } catch {
    return { NODE_COMPILE_CACHE: join(XDG_CACHE_HOME || join(homedir(), ".cache"), "cairn") };
  }
}
