// Elections, which rest on watches.
'use strict';

const { once } = require('events');
const { step, collect } = require('./record');

module.exports = async (client) => {
  const election = client.election('js', 60);
  await step('no leader', () => election.leader());
  const observer = await election.observe();
  const changes = collect(observer, 'change');
  const first = election.campaign('first');
  await step('first is elected', async () => { await once(first, 'elected'); });
  await step('the observer sees it', () => changes.next(1));
  const second = election.campaign('second');
  const elected = once(second, 'elected');
  await once(second, '_isWaiting');
  await step('leader', () => election.leader());
  await step('proclaim', () => first.proclaim('still first'));
  await step('the observer sees that', () => changes.next(1));
  await step('resign', () => first.resign());
  await step('second is elected', async () => { await elected; });
  await step('proclaim after resigning', () => first.proclaim('again'));
  await step('leader', () => election.leader());
  await second.resign();
  await step('no leader again', () => election.leader());
  await observer.cancel();
};
