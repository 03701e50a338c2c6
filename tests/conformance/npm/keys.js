// Keys, ranges, conditions, transactions, namespaces.
'use strict';

const { Range, STMConflictError } = require('etcd3');
const { step } = require('./record');

const values = async (client) => {
  await step('put', () => client.put('js/a').value('1'));
  await step('get', () => client.get('js/a'));
  await step('get what is not there', () => client.get('js/none').string());
  await step('exists', async () => [await client.get('js/a').exists(), await client.get('js/none').exists()]);
  await step('get a number', () => client.get('js/a').number());
  await step('put a number', () => client.put('js/number').value(42));
  await step('get no number', async () => {
    await client.put('js/text').value('text');
    return client.get('js/text').number();
  });
  await step('put JSON', () => client.put('js/json').value(JSON.stringify({ a: [1, 'x'] })));
  await step('get JSON', () => client.get('js/json').json());
  await step('put bytes', () => client.put(Buffer.from([0x6a, 0, 255])).value(Buffer.from([0, 1, 254, 255])));
  await step('get bytes', () => client.get(Buffer.from([0x6a, 0, 255])).buffer());
  await step('put nothing', () => client.put('js/empty').value(''));
  await step('get nothing', () => client.get('js/empty').exec());
  await step('put under no key', () => client.put('').value('x'));
  await step('put and see what was', () => client.put('js/a').value('2').getPrevious());
  await step('touch', () => client.put('js/a').touch());
  await step('get after a touch', () => client.get('js/a').exec());
  await step('touch what is not there', () => client.put('js/none').touch());
  await step('put with a lease that is not there', () => client.put('js/a').value('x').lease(4242));
  await step('keep no lease', () => client.put('js/a').value('3').ignoreLease());
  await step('put long values', () => client.put('js/long').value('x'.repeat(100000)));
  await step('get long values', async () => (await client.get('js/long').string()).length);
  await step('put too long values', () => client.put('js/long').value('x'.repeat(1600000)));
};

const ranges = async (client) => {
  for (const [number, word] of ['pear', 'apple', 'fig', 'plum'].entries()) {
    await client.put(`js/list/${number}`).value(word);
  }
  const list = () => client.getAll().prefix('js/list/');
  await step('all strings', () => list().strings());
  await step('all keys', () => list().keys());
  await step('all key buffers', () => list().keyBuffers());
  await step('all buffers', () => list().buffers());
  await step('count', () => list().count());
  await step('limit', () => list().limit(2).exec());
  for (const target of ['Key', 'Version', 'Create', 'Mod', 'Value']) {
    for (const order of ['None', 'Ascend', 'Descend']) {
      await step(`sorted by ${target}, ${order}`, () => list().sort(target, order).keys());
    }
  }
  await step('a range', () => client.getAll().inRange(new Range('js/list/1', 'js/list/3')).keys());
  await step('a range from end to beginning', () => client.getAll().inRange(new Range('js/list/3', 'js/list/1')).keys());
  await step('a range in words', () => client.getAll().inRange({ start: 'js/list/2', end: 'js/list/9' }).keys());
  await step('all there is', () => client.getAll().all().count());
  const { header } = await list().exec();
  const last = Number(header.revision);
  await step('old revision', () => list().revision(last - 2).keys());
  await step('future revision', () => list().revision(last + 100).keys());
  await step('modified since', () => list().minModRevision(last - 1).keys());
  await step('modified until', () => list().maxModRevision(last - 2).keys());
  await step('created since', () => list().minCreateRevision(last - 1).keys());
  await step('created until', () => list().maxCreateRevision(last - 2).keys());
  await step('serializable', () => list().serializable(true).keys());
  await step('delete one', () => client.delete().key('js/list/0'));
  await step('delete one again', () => client.delete().key('js/list/0'));
  await step('delete and see what was', () => client.delete().inRange(new Range('js/list/1', 'js/list/2')).getPrevious());
  await step('delete a prefix', () => client.delete().prefix('js/list/'));
};

const transactions = async (client) => {
  const set = (key, value) => client.put(key).value(value);
  await step('if value, then', () => client.if('js/a', 'Value', '==', '3').then(set('js/t', '1')).else().commit());
  await step('if value, else', () => client.if('js/a', 'Value', '!=', '3')
    .then(set('js/t', '2')).else(client.get('js/t')).commit());
  await step('if all of these', () => client.if('js/t', 'Version', '>', 0).and('js/none', 'Create', '==', 0)
    .and('js/none', 'Mod', '<', 1).and('js/t', 'Lease', '==', 0)
    .then(client.get('js/t'), set('js/u', 'u'), client.delete().key('js/t'), client.getAll().prefix('js/')).commit());
  await step('the same key twice', () => client.if('js/a', 'Version', '>', 0)
    .then(set('js/t', '1'), set('js/t', '2')).commit());
  await step('nothing', () => client.if('js/a', 'Version', '>', 0).commit());
};

const memory = async (client) => {
  const move = (tx) => Promise.all([tx.get('js/one').number(), tx.get('js/two').number()]).then(([one, two]) =>
    Promise.all([tx.put('js/one').value(one - 1), tx.put('js/two').value(two + 1)]));
  for (const isolation of [0, 1, 2, 3]) {
    // Of one revision: with isolation 0 the library takes what it writes for changed when it is younger than what it read.
    await client.if('js/none', 'Create', '==', 0)
      .then(client.put('js/one').value(10), client.put('js/two').value(0)).commit();
    await step(`STM, isolation ${isolation}`, async () => {
      await Promise.all([1, 2, 3].map(() => client.stm({ isolation, retries: 10 }).transact(move)));
      const [one, two] = [await client.get('js/one').number(), await client.get('js/two').number()];
      // Without isolation updates may be lost, and are.
      return isolation === 3 ? one + two : [one, two];
    });
    await step(`STM in conflict, isolation ${isolation}`, async () => {
      let runs = 0;
      try {
        await client.stm({ isolation, retries: 1 }).transact(async (tx) => {
          const one = await tx.get('js/one').number();
          await client.put('js/one').value(100 + ++runs);
          await tx.put('js/one').value(one + 1);
        });
      } catch (error) {
        if (!(error instanceof STMConflictError)) throw error;
        return ['conflict', runs];
      }
      return runs;
    });
  }
  await step('STM deletes', () => client.stm().transact((tx) => tx.delete().key('js/one')));
  await step('STM refuses ranges', () => client.stm().transact((tx) => tx.delete().prefix('js/')));
  await step('STM fails by itself', () => client.stm().transact(() => { throw new Error('mine'); }));
};

const namespaces = async (client) => {
  const inner = client.namespace('js/ns/').namespace('deep/');
  await step('put in a namespace', () => inner.put('a').value('1'));
  await step('get in a namespace', () => inner.get('a'));
  await step('get outside', () => client.getAll().prefix('js/ns/').strings());
  await step('all of a namespace', () => inner.getAll().strings());
  await step('if in a namespace', () => inner.if('a', 'Value', '==', '1').then(inner.put('b').value('2'),
    inner.get('a')).commit());
  await step('delete a namespace', () => inner.delete().all());
  await step('namespace is empty', () => client.getAll().prefix('js/ns/').count());
};

module.exports = async (client) => {
  await values(client);
  await ranges(client);
  await transactions(client);
  await memory(client);
  await namespaces(client);
};
