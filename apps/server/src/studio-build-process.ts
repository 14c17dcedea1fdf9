import { buildStudio } from "@flywheel/studio";

process.on("disconnect", () => process.exit(1));
await buildStudio({ outDir: process.argv[2]! });
process.disconnect();
