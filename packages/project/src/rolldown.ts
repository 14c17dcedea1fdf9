import { type RolldownLog, type Plugin, rolldown } from "rolldown";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import type { BundleAnswer, BundleProblem, BundleQuestion } from "./bundle.ts";

/** One module out of a file and all it imports. `plugins` come before our own. Never throws for what is wrong in the code. */
export async function bundleModule(
  { file, dir, place = file, framework }: BundleQuestion,
  plugins: Plugin[] = [],
): Promise<BundleAnswer> {
  const files = new Set<string>();
  const problems: BundleProblem[] = [];
  try {
    const build = await rolldown({
      input: file,
      cwd: dir,
      platform: "node",
      tsconfig: true,
      transform: { define: placeOf(place) },
      plugins: [...plugins, frameworkPlugin(framework), recorder(dir, files)],
      onLog(_, log) {
        if (log.code === "UNRESOLVED_IMPORT") problems.push(problemOf(log));
      },
    });
    const { output } = await build.generate({ dir, format: "esm", sourcemap: true, codeSplitting: false });
    for (const path of await build.watchFiles) files.add(path);
    const { code, map } = output[0];
    return { code, map: map?.toString() ?? "", files: watchable(files), problems };
  } catch (error) {
    const logs = (error as { errors?: RolldownLog[] }).errors ?? [error as RolldownLog];
    return { code: "", map: "", files: watchable(files), problems: logs.map(problemOf) };
  }
}

/** `import "flywheel"` is the running version, wherever the project lies and whatever it has installed. */
function frameworkPlugin(framework: Record<string, string>): Plugin {
  return { name: "framework", resolveId: (source) => framework[source] };
}

/** Notes every file that is read, and every folder in which an import is looked for, since it may turn up there. */
function recorder(dir: string, files: Set<string>): Plugin {
  return {
    name: "recorder",
    resolveId(source, importer) {
      if (source.startsWith(".") && importer) files.add(dirname(resolve(dirname(importer), source)));
      else if (!source.startsWith("/") && !source.startsWith("node:")) files.add(join(dir, "node_modules"));
    },
    load(id) {
      files.add(id);
    },
  };
}

/** The bundle lies nowhere, so a module that asks where it is gets the place of the configuration. */
function placeOf(file: string): Record<string, string> {
  return {
    "import.meta.url": JSON.stringify(pathToFileURL(file).href),
    "import.meta.filename": JSON.stringify(file),
    "import.meta.dirname": JSON.stringify(dirname(file)),
  };
}

const watchable = (files: Set<string>) =>
  [...files].filter((path) => path.startsWith("/") && !/\/node_modules\/./.test(path));

/** The first line of a log without its colours and code says it all; the rest is a drawing. */
function problemOf(log: RolldownLog): BundleProblem {
  const [message = ""] = stripVTControlCharacters(log.message).split("\n");
  return {
    message: message.replace(/^\[\w+\] /, ""),
    file: log.loc?.file ?? log.id ?? "",
    line: log.loc?.line ?? 0,
    column: (log.loc?.column ?? -1) + 1,
  };
}
