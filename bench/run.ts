// Lists the benches, or runs some: npm run bench -- [name …] [options of the bench]
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

const folder = import.meta.dirname;
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".ts") && name !== basename(import.meta.filename))
  .map((name) => name.slice(0, -3));
const args = process.argv.slice(2);
const asked = args.filter((argument) => names.includes(argument));
const unknown = args.find((argument, index) => !argument.startsWith("-") && index === 0 && !names.includes(argument));

if (unknown !== undefined) {
  console.error(`There is no bench ${unknown}; there is ${names.join(", ")}.`);
  process.exitCode = 2;
} else if (asked.length === 0) {
  for (const name of names) console.log(`${name.padEnd(12)}${summary(name)}`);
} else {
  const options = args.filter((argument) => !names.includes(argument));
  for (const name of asked) {
    console.error(`— ${name}: ${summary(name)}`);
    const { status } = spawnSync(process.execPath, [join(folder, `${name}.ts`), ...options], { stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
}

/** The first line of a bench says what it measures. */
function summary(name: string): string {
  return readFileSync(join(folder, `${name}.ts`), "utf8")
    .split("\n", 1)[0]!
    .replace(/^\/\/ /, "");
}
