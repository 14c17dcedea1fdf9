export { DIALECTS } from "./dialects/index.ts";
export type { DecodedRequest, DecodedResponse, Dialect } from "./dialects/dialect.ts";
export { readError } from "./dialects/openai-chat.ts";
export { discover } from "./discover.ts";
export { createProviderSet, localModels } from "./provider-set.ts";
export type { Provider, ProviderSet } from "./provider-set.ts";
export { headerOf } from "./raw-headers.ts";
export { LOCAL_PROVIDER, PROVIDERS } from "./table.ts";
export type { AuthKind, ProviderRow, Quirk } from "./table.ts";
export { createUpstream } from "./upstream.ts";
export type {
  Upstream,
  UpstreamCall,
  UpstreamHandler,
  UpstreamOptions,
  UpstreamRequest,
  UpstreamTimeouts,
} from "./upstream.ts";
export { UpstreamError } from "./upstream-error.ts";
export type { TimeoutPhase, UpstreamErrorKind } from "./upstream-error.ts";
