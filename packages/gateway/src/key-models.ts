import { FlywheelError } from "@flywheel/protocol";
import type { Config, Key } from "@flywheel/protocol";
import type { ProviderSet } from "@flywheel/providers";

/**
 * Refuse a model that the key may not call. A route is allowed by its own name, whatever its targets are; a bare name
 * such as `gpt-4o` also by its full one, `openai/gpt-4o`.
 * @throws FlywheelError `model_not_allowed` with what the key may call
 */
export function checkModel(key: Key, requested: string, config: Config, providers: ProviderSet): void {
  if (key.models.length === 0 || mayCall(key, requested, config, providers)) return;
  throw new FlywheelError(
    "model_not_allowed",
    { model: requested.slice(0, 100), models: key.models.map((name) => `\`${name}\``).join(", ") },
    { param: "model" },
  );
}

/** Whether the key may call what goes by this name. */
export function mayCall({ models }: Key, requested: string, config: Config, providers: ProviderSet): boolean {
  if (models.length === 0) return true;
  const names = [requested];
  if (!Object.hasOwn(config.routes, requested) && !requested.includes("/")) {
    const provider = providers.claimant(requested);
    if (provider) names.push(`${provider.id}/${requested}`);
  }
  return models.some((pattern) => names.some((name) => matches(pattern, name)));
}

/** `*` stands for any characters. Without regular expressions, which a pattern with many stars could make crawl. */
function matches(pattern: string, name: string): boolean {
  const [first, ...rest] = pattern.split("*");
  if (!name.startsWith(first!)) return false;
  if (rest.length === 0) return name === first;
  const last = rest.pop()!;
  let at = first!.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - at >= last.length && name.endsWith(last);
}
