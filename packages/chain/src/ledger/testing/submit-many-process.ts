import { json } from "node:stream/consumers";
import { type SubmitMany, submitMany } from "./submit-many.ts";

await submitMany((await json(process.stdin)) as SubmitMany);
