import { buildStudio } from "@flywheel/studio";

// Nobody waits for the build any more once its parent is gone.
process.once("disconnect", () => process.exit(1));
await buildStudio({ outDir: process.argv[2]! });
process.exit(0);
