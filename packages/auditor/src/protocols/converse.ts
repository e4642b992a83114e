import type { AskerBase, ConversationOptions, RawConversation } from '../transport/index.ts';

/** A conversation that is closed whatever happens in it. */
export async function converseWith<T>(
  asker: AskerBase,
  purpose: string,
  talk: (conversation: RawConversation) => Promise<T>,
  options: ConversationOptions = {},
): Promise<T> {
  const conversation = await asker.converse(purpose, options);
  try {
    return await talk(conversation);
  } finally {
    conversation.close();
  }
}
