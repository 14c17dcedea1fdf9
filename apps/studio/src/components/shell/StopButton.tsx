import { useState } from "react";

interface StopButtonProps {
  /** What is ended, as in "Cancel the job". */
  children: string;
  /** Asks the server, and shows what is so afterwards. */
  stop: () => Promise<unknown>;
}

/** Ends what is under way; where that fails, the reason stands beside it. */
export function StopButton({ children, stop }: StopButtonProps) {
  const [problem, setProblem] = useState("");
  const onClick = (): void => {
    setProblem("");
    stop().catch((error: Error) => setProblem(error.message));
  };
  return (
    <>
      <button type="button" className="button" onClick={onClick}>
        {children}
      </button>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
