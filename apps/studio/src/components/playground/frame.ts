/** Calls `show` with the latest value, once a frame at most, or `now`. */
export function oncePerFrame<T>(show: (value: T) => void): { ask(value: T): void; now(): void; cancel(): void } {
  let latest: T;
  let frame = 0;
  const run = (): void => {
    frame = 0;
    show(latest);
  };
  const cancel = (): void => cancelAnimationFrame(frame);
  return {
    ask(value) {
      latest = value;
      frame ||= requestAnimationFrame(run);
    },
    now() {
      cancel();
      if (frame !== 0) run();
    },
    cancel,
  };
}
