// A program on the client that openapi-typescript and openapi-fetch make: schema.d.ts is generated.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Problem = components["schemas"]["ProblemDetails"];

const [server = "", username = ""] = process.argv.slice(2);
const password = "a fine day for a walk";

const nameOf = (problem: Problem | undefined): string => problem?.type.split("#")[1] ?? "none";

async function main(): Promise<void> {
  const anybody = createClient<paths>({ baseUrl: server });
  const registration = { username, email: `${username}@example.com`, password };
  const registered = await anybody.POST("/v1/users", { body: registration });
  const wrong = await anybody.POST("/v1/sessions", {
    body: { username, password: "a wrong password", kind: "bearer" },
  });
  // @ts-expect-error: a login without its password
  const incomplete = await anybody.POST("/v1/sessions", { body: { username } });
  const login = await anybody.POST("/v1/sessions", { body: { username, password, kind: "bearer" } });

  const headers = { Authorization: `Bearer ${login.data?.token}` };
  const user = createClient<paths>({ baseUrl: server, headers });
  const me = await user.GET("/v1/me");
  const page = await user.GET("/v1/sessions", { params: { query: { limit: 10 } } });
  const loggedOut = await user.DELETE("/v1/sessions/current");
  const ended = await user.GET("/v1/me");

  console.log(
    JSON.stringify({
      registered: registered.data?.username,
      wrong: nameOf(wrong.error),
      incomplete: incomplete.error?.errors?.map((field) => field.pointer),
      me: me.data?.email,
      sessions: page.data?.sessions.map((session) => session.kind),
      loggedOut: loggedOut.response.status,
      ended: nameOf(ended.error),
    }),
  );
}

void main();
