/** Prints the conversations of `samples.json` with the committed model's answers, as the card shows them. */
import conversations from "./samples.json" with { type: "json" };
import { openChat, SPARK, type Message } from "./chat.ts";

const chat = await openChat(process.argv[2] ?? SPARK);
for (const [index, questions] of conversations.entries()) {
  console.log(`${index + 1}.`);
  const messages: Message[] = [];
  for (const content of questions) {
    messages.push({ role: "user", content });
    const reply = await chat.reply(messages);
    messages.push({ role: "assistant", content: reply.text });
    console.log(`   - **${content}**\n     ${reply.text}${reply.ended ? "" : " … (did not end)"}`);
  }
}
await chat.close();
