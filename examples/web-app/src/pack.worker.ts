import { serveAsWorker } from "@cairn/archive/browser";

serveAsWorker();
