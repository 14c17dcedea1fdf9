/** What stands in the address of the models page. */
export interface ModelsSearch {
  /** The provider whose models are shown. */
  provider?: string;
  /** Words in a model's name. */
  search?: string;
}

export function parseModelsSearch(search: Record<string, unknown>): ModelsSearch {
  return { provider: textOf(search["provider"]), search: textOf(search["search"]) };
}

/** What stands in the address of the playground. */
export interface PlaygroundSearch {
  /** The models to ask, with commas between them. */
  models?: string;
  /** A saved request, by id. */
  request?: string;
  /** The generation that was opened, by id. */
  generation?: string;
}

export function parsePlaygroundSearch(search: Record<string, unknown>): PlaygroundSearch {
  const { models, request, generation } = search;
  return { models: textOf(models), request: textOf(request), generation: textOf(generation) };
}

/** What is shown of an endpoint. */
export const ENDPOINT_TABS = ["try", "types", "source", "calls"] as const;
export type EndpointTab = (typeof ENDPOINT_TABS)[number];

/** What stands in the address of the endpoints' page. */
export interface EndpointsSearch {
  /** The endpoint that is open, by name. */
  endpoint?: string;
  /** `try` where nothing is said. */
  tab?: EndpointTab;
}

export function parseEndpointsSearch(search: Record<string, unknown>): EndpointsSearch {
  return {
    endpoint: textOf(search["endpoint"]),
    tab: ENDPOINT_TABS.find((tab) => tab !== "try" && tab === search["tab"]),
  };
}

/** What stands in the address of the list of datasets. */
export interface DatasetsSearch {
  /** Whether a new one is being described. */
  new?: true;
}

export function parseDatasetsSearch(search: Record<string, unknown>): DatasetsSearch {
  return search["new"] === true ? { new: true } : {};
}

/** What stands in the address of the list of keys. */
export interface KeysSearch {
  /** The key the keyboard is on, by id. */
  key?: string;
  /** Whether keys that work no more are shown, too. */
  all?: true;
  /** Whether a key is being made. */
  new?: true;
}

export function parseKeysSearch(search: Record<string, unknown>): KeysSearch {
  return {
    key: textOf(search["key"]),
    ...(search["all"] === true && { all: true }),
    ...(search["new"] === true && { new: true }),
  };
}

/** Digits alone come out of the address bar as a number. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}
