export { CLIENT_DIALECTS, DIALECTS } from "./dialects/index.ts";
export type {
  AnswerEcho,
  ClientDialect,
  DecodedRequest,
  DecodedResponse,
  Dialect,
  StreamReader,
  StreamWriter,
  WrittenRequest,
} from "./dialects/dialect.ts";
export { refuseUnsupported } from "./dialects/messages.ts";
export { readError } from "./dialects/openai-chat/log.ts";
export { readEvents } from "./dialects/sse.ts";
export { discover } from "./discover.ts";
export { createProviderSet } from "./provider-set.ts";
export type { Provider, ProviderSet } from "./provider-set.ts";
export { fineTuning } from "./fine-tuning.ts";
export type { FineTuningApi, HostedEvent, HostedFile, HostedJob } from "./fine-tuning.ts";
export { headerOf } from "./raw-headers.ts";
export { LOCAL_PROVIDER } from "./table.ts";
export type { AuthKind, ProviderRow, Quirk } from "./table.ts";
export { reach } from "./reach.ts";
export type { Reached } from "./reach.ts";
export { retryAfter } from "./retry-after.ts";
export { Roster } from "./roster.ts";
export type { Listed } from "./roster.ts";
export { servedModels } from "./served.ts";
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
export { ProviderCallError } from "./whole-call.ts";
