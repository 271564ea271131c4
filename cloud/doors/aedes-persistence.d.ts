/** The asynchronous store in memory that the broker uses by default; its package types the module of callbacks alone. */
declare module 'aedes-persistence/asyncPersistence.js' {
  import type { Readable } from 'node:stream';
  import type { AedesPublishPacket, Subscription } from 'aedes';

  interface Named {
    id: string;
  }

  export const Packet: new (packet: object) => AedesPublishPacket;

  export default class MemoryPersistence {
    storeRetained(packet: AedesPublishPacket): Promise<void>;
    addSubscriptions(client: Named, subscriptions: Subscription[]): Promise<void>;
    removeSubscriptions(client: Named, topics: string[]): Promise<void>;
    subscriptionsByClient(client: Named): Promise<Subscription[]>;
    cleanSubscriptions(client: Named): Promise<void>;
    outgoingEnqueue(subscription: { clientId: string }, packet: AedesPublishPacket): Promise<void>;
    outgoingEnqueueCombi(subscriptions: { clientId: string }[], packet: AedesPublishPacket): Promise<void>;
    outgoingClearMessageId(
      client: Named,
      packet: { messageId?: number },
    ): Promise<AedesPublishPacket | undefined>;
    outgoingStream(client: Named): Readable;
    incomingStorePacket(client: Named, packet: AedesPublishPacket): Promise<void>;
    /** What it resolves to is only looked at for being there. */
    incomingGetPacket(client: Named, packet: { messageId?: number }): Promise<object>;
    incomingDelPacket(client: Named, packet: { messageId?: number }): Promise<void>;
    cleanIncoming(client: Named): Promise<void>;
  }
}
