// node steps.js HOST:PORT TIME_SCALE: the calls of the npm client etcd3, step by step, on standard output.
'use strict';

const { Etcd3 } = require('etcd3');
const { step } = require('./record');
const keys = require('./keys');
const leases = require('./leases');
const watches = require('./watches');
const elections = require('./elections');
const users = require('./users');

const cluster = async (client) => {
  await step('members', async () => {
    const { members } = await client.cluster.memberList({});
    return members.map((each) => each.name).sort();
  });
  await step('status', async () => Object.keys(await client.maintenance.status({})));
  await step('alarms', async () => (await client.maintenance.alarm({ action: 'GET' })).alarms);
};

const main = async () => {
  const connect = (more) => new Etcd3({ hosts: `http://${process.argv[2]}`, ...more });
  const client = connect();
  await keys(client);
  await leases(client);
  await watches(client, connect);
  await elections(client);
  await cluster(client);
  await users(client, connect);
  client.close();
};

// The library goes on trying to reopen streams of clients that are closed.
main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
