import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { ApiError } from "../api/client.ts";
import { logIn } from "../api/session.ts";

/** Tries a token, and says in a person's words why it did not work. */
function useLogIn(refused: boolean) {
  const client = useQueryClient();
  const [problem, setProblem] = useState(refused ? "The token in this address is not valid any more." : "");
  const [busy, setBusy] = useState(false);
  const submit = async (token: string): Promise<void> => {
    setBusy(true);
    await logIn(client, token).catch((error: unknown) => {
      const wrong = error instanceof ApiError && error.status === 401;
      setProblem(wrong ? "That is not the token of this server." : (error as Error).message);
    });
    setBusy(false);
  };
  return { problem, busy, submit };
}

export function LoginPage({ refused }: { refused: boolean }) {
  const { problem, busy, submit } = useLogIn(refused);
  const [token, setToken] = useState("");
  useEffect(() => {
    document.title = "Log in · Flywheel";
  }, []);
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    void submit(token.trim());
  };
  return (
    <main className="login">
      <form onSubmit={onSubmit}>
        <h1>Flywheel</h1>
        <p>
          Open the <code>studio</code> address that <code>npm start</code> printed, or paste the token from it: all that
          follows <code>?token=</code>.
        </p>
        <label htmlFor="token">Token</label>
        <input
          id="token"
          className="input"
          type="password"
          autoComplete="off"
          spellCheck={false}
          autoFocus
          value={token}
          aria-invalid={problem !== ""}
          aria-describedby="problem"
          onChange={(event) => setToken(event.target.value)}
        />
        <p id="problem" className="problem" role="alert">
          {problem}
        </p>
        <button type="submit" className="button primary" disabled={busy || token.trim() === ""}>
          Log in
        </button>
      </form>
    </main>
  );
}
