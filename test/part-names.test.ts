/** One rule for a part's name: whoever the gateway lets in, the cloud must take. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkMessage } from '../cloud/message/message';
import { partNameFault } from '../modules/config/part-name';

const anyName = fc.string({ unit: 'binary', minLength: 1, maxLength: 64 });

test('what a part may be called is a device to the platform', () => {
  fc.assert(
    fc.property(
      anyName.filter((name) => partNameFault(name) === undefined),
      (name) => {
        const message = { app_id: 'project', dev_id: name, payload_fields: { value: 1 } };
        const bytes = new TextEncoder().encode(JSON.stringify(message));
        const checked = checkMessage(bytes, { appId: 'project', devId: name }, 0);
        expect(checked).toMatchObject({ devId: name });
      },
    ),
  );
});
