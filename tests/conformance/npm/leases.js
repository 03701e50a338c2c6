// Leases and locks.
'use strict';

const { step, learn, collect } = require('./record');

const leases = async (client) => {
  const lease = client.lease(60);
  learn(await lease.grant(), 'LEASE1');
  await step('put with a lease', () => lease.put('js/l/a').value('1'));
  await step('get with a lease', () => client.get('js/l/a').exec());
  await step('keep alive', () => lease.keepaliveOnce());
  await step('time to live', async () => {
    const answer = await client.leaseClient.leaseTimeToLive({ ID: await lease.grant(), keys: true });
    return [Number(answer.TTL) > 30, answer.grantedTTL, answer.keys];
  });
  await step('revoke', () => lease.revoke());
  await step('revoked', () => [lease.revoked(), lease.state]);
  await step('get after the revoke', () => client.get('js/l/a'));
  await step('put with what was revoked', () => lease.put('js/l/a').value('1'));
  await step('no time to live', () => client.lease(0));
  await step('too much time to live', () => client.lease(9000000001).grant());

  const lost = client.lease(60, { autoKeepAlive: false });
  const id = await lost.grant();
  learn(id, 'LEASE2');
  const losses = collect(lost, 'lost');
  await client.leaseClient.leaseRevoke({ ID: id });
  await step('keep alive what others revoked', () => lost.keepaliveOnce());
  await step('the loss is told', () => losses.next(1));
};

const locks = async (client) => {
  const lock = client.lock('js/lock').ttl(60);
  await step('acquire', async () => { await lock.acquire(); });
  learn(await lock.leaseId(), 'LEASE5');
  await step('what a lock looks like', () => client.get('js/lock').exec());
  await step('acquire what is held', () => client.lock('js/lock').acquire());
  await step('do with what is held', () => client.lock('js/lock').do(() => 'mine'));
  await step('release', () => lock.release());
  await step('do', () => client.lock('js/lock').do(() => 'mine'));
  await step('do what fails', () => client.lock('js/lock').do(() => { throw new Error('mine'); }));
  await step('the lock is free', () => client.get('js/lock').exists());
};

module.exports = async (client) => {
  await leases(client);
  await locks(client);
};
