import { knownPackagesSuite } from "./known-packages.suite.ts";
import { memoryKnownPackages } from "./known-packages.ts";

knownPackagesSuite("KnownPackages: in memory", async () => memoryKnownPackages());
