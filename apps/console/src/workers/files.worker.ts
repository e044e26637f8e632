import { serveFiles } from "../files/worker/serve.ts";

serveFiles();
