// Runs the program given in its stead, as bin/cairn.mjs does.
import { replaceProcess } from "../replace-process.mjs";

await replaceProcess(process.execPath, process.argv.slice(2));
