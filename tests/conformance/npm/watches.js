// Watches: all of a client's share one stream.
'use strict';

const { step, learn, collect } = require('./record');

const revision = async (client) => Number((await client.get('js/a').exec()).header.revision);

// After a refusal the library's queue of watches may stand still: each has a client of its own.
const refused = async (connect, start) => {
  const client = connect();
  const now = await revision(client);
  await client.kv.compact({ revision: now, physical: true });
  await step('watch what was compacted', async () => {
    const late = client.watch().key('js/w/a').startRevision(String(start)).watcher();
    return collect(late, 'error').next(1);
  });
  await step('get what was compacted', () => client.get('js/w/a').revision(start).string());
  await step('compact what is compacted', () => client.kv.compact({ revision: now }));
  client.close();
  const other = connect();
  await step('watch an empty range', () => other.watch().inRange({ start: 'b', end: 'a' }).create());
  other.close();
};

// A lease that nobody keeps alive ends, one that the library does goes on.
const expiry = async (client) => {
  const kept = client.lease(2);
  learn(await kept.grant(), 'LEASE3');
  await kept.put('js/l/kept').value('1');
  const brief = client.lease(2, { autoKeepAlive: false });
  learn(await brief.grant(), 'LEASE4');
  const gone = await client.watch().key('js/l/brief').only('delete').create();
  const deletes = collect(gone, 'delete');
  await brief.put('js/l/brief').value('1');
  await step('a lease ends', async () => (await deletes.next(1))[0][1].key);
  await step('the other one is kept alive', () => client.get('js/l/kept'));
  await gone.cancel();
  await kept.revoke();
};

module.exports = async (client, connect) => {
  const start = await revision(client) + 1;
  const one = await client.watch().key('js/w/a').create();
  const all = await client.watch().prefix('js/w/').withPreviousKV().create();
  const [ones, alls, puts] = [collect(one, 'put', 'delete'), collect(all, 'data'), collect(all, 'put', 'delete')];
  await client.put('js/w/a').value('1');
  await client.put('js/w/b').value('1');
  await client.put('js/w/a').value('2');
  await client.if('js/w/a', 'Version', '==', 2).then(client.put('js/w/c').value('1'),
    client.delete().key('js/w/a'), client.put('js/w/d').value('1')).commit();
  await client.delete().prefix('js/w/');
  await step('one key', () => ones.next(3));
  await step('a prefix, answer by answer', () => alls.next(5));
  await step('a prefix, event by event', () => puts.next(9));
  await step('the last revision', () => Number(all.lastRevision()) - start);
  await step('cancel', () => one.cancel());
  await client.put('js/w/a').value('3');
  await step('what is left goes on', () => alls.next(1));

  for (const only of ['put', 'delete']) {
    const some = await client.watch().prefix('js/w/').only(only).startRevision(String(start)).create();
    const seen = collect(some, 'put', 'delete');
    await step(`only ${only}, from the past`, () => seen.next(4));
    await some.cancel();
  }
  const inner = client.namespace('js/w/');
  const watcher = await inner.watch().prefix('').startRevision(String(start)).create();
  const seen = collect(watcher, 'put');
  await step('in a namespace', () => seen.next(2));
  await watcher.cancel();

  await step('cancel the last', () => all.cancel());
  await step('a watch after the last', async () => {
    const again = await client.watch().key('js/w/a').startRevision(String(start + 1)).create();
    const events = await collect(again, 'put').next(2);
    await again.cancel();
    return events;
  });

  const many = await Promise.all(Array.from({ length: 20 }, (_, i) => client.watch().key(`js/w/many${i}`).create()));
  const heard = many.map((each) => collect(each, 'put'));
  await Promise.all(many.map((_, i) => client.put(`js/w/many${i}`).value(String(i))));
  await step('twenty at once', async () => {
    const events = await Promise.all(heard.map((each) => each.next(1)));
    return events.map(([[, kv]]) => [kv.key, kv.value]);
  });
  await Promise.all(many.map((each) => each.cancel()));

  await expiry(client);
  await refused(connect, start);
};
