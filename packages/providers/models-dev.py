"""Make `src/models-dev.json`, the fallback price list, from a checkout of models.dev (MIT):

    python packages/providers/models-dev.py <checkout> <commit>

Kept are the prices of the providers of `src/table.ts`, in US dollars per million tokens:
[input, output, cache read or null, cache creation or null].
"""

import json
import sys
import tomllib
from pathlib import Path

# Our id of each provider → its folder there.
FOLDERS = {
    "openai": "openai", "anthropic": "anthropic", "google": "google", "azure": "azure", "mistral": "mistral",
    "groq": "groq", "together": "togetherai", "fireworks": "fireworks-ai", "deepseek": "deepseek", "xai": "xai",
    "openrouter": "openrouter", "cerebras": "cerebras", "deepinfra": "deepinfra", "perplexity": "perplexity",
}  # fmt: skip


def prices(folder: Path) -> dict[str, list[float | None]]:
    found = {}
    for file in sorted(folder.rglob("*.toml")):
        cost = tomllib.loads(file.read_text()).get("cost")
        if cost and "input" in cost and "output" in cost:
            model = str(file.relative_to(folder).with_suffix(""))
            found[model] = [cost["input"], cost["output"], cost.get("cache_read"), cost.get("cache_write")]
    return found


checkout, commit = Path(sys.argv[1]), sys.argv[2]
table = {ours: prices(checkout / "providers" / theirs / "models") for ours, theirs in FOLDERS.items()}
lines = [f"    {json.dumps(ours)}: {{\n" + ",\n".join(f"      {json.dumps(model)}: {json.dumps(rates)}" for model, rates in models.items()) + "\n    }" for ours, models in table.items()]
target = Path(__file__).parent / "src" / "models-dev.json"
target.write_text(f'{{\n  "version": "models.dev@{commit}",\n  "prices": {{\n' + ",\n".join(lines) + "\n  }\n}\n")
print(f"{target}: {sum(map(len, table.values()))} prices, {target.stat().st_size} bytes")
