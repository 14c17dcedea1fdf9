import { createContext, createElement, type ReactElement, type ReactNode, useCallback, useContext } from "react";
import type { Client, DefaultEvents, Generation } from "./index.ts";

const Context = createContext<unknown>(undefined);

/** Makes a client known to everything within. */
export function EventsProvider<D>({ client, children }: { client: Client<D>; children?: ReactNode }): ReactElement {
  return createElement(Context.Provider, { value: client }, children);
}

type Track<D> = Client<D>["track"];
type TrackOf<D> = <N extends keyof D & string>(name: N, ...payload: PayloadArguments<D, N>) => string;
type PayloadArguments<D, N extends keyof D & string> =
  Parameters<Track<Pick<D, N>>> extends [Generation, N, ...infer Rest] ? Rest : never;

/**
 * What the user did with one answer: `const track = useTrack<typeof events>(generation)`, then `track("thumbs", { value: "up" })`.
 * Throws outside of an `EventsProvider`.
 */
export function useTrack<D = DefaultEvents>(generation: Generation | undefined): TrackOf<D> {
  const client = useContext(Context) as { track(...all: unknown[]): string } | undefined;
  if (!client) throw new Error("useTrack needs an <EventsProvider client={…}> around it.");
  return useCallback(
    (...all: unknown[]) => (generation === undefined ? "" : client.track(generation, ...all)),
    [client, generation],
  );
}
