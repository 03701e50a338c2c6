// Users and roles, and clients that log in.
'use strict';

const { Range } = require('etcd3');
const { step } = require('./record');

const make = async (client) => {
  await step('no users', async () => (await client.getUsers()).length);
  await step('make a role', () => client.role('js').create().then((role) => role.name));
  await step('make it again', () => client.role('js').create());
  await step('grant to a key', () => client.role('js').grant({ permission: 'Read', key: 'js/a' }).then(() => 'done'));
  await step('grant to a range', () => client.role('js')
    .grant({ permission: 'Readwrite', range: Range.prefix('own/') })
    .then(() => 'done'));
  await step('its permissions', () => client.role('js').permissions());
  await step('make a user', () => client.user('js').create('jspw').then((user) => user.name));
  await step('make it again', () => client.user('js').create('jspw'));
  await step('give it the role', () => client.user('js').addRole('js').then(() => 'done'));
  await step('a role that is not there', () => client.user('js').addRole('none'));
  await step('its roles', async () => (await client.user('js').roles()).map((role) => role.name));
  await step('the roles', async () => (await client.getRoles()).map((role) => role.name).sort());
  await step('root', async () => {
    await client.role('root').create();
    await client.user('root').create('rootpw');
    await client.user('root').addRole('root');
  });
};

const use = async (connect) => {
  const stranger = connect({ auth: { username: 'js', password: 'wrong' } });
  await step('a wrong password', () => stranger.get('js/a').string());
  const nobody = connect();
  await step('nobody reads', () => nobody.get('js/a').string());
  await step('nobody writes', () => nobody.put('js/a').value('x'));
  const js = connect({ auth: { username: 'js', password: 'jspw' } });
  await step('read what it may', () => js.get('js/a').string());
  await step('read what it may not', () => js.get('js/secret').string());
  await step('write what it may', () => js.put('own/a').value('1'));
  await step('write what it may not', () => js.put('js/a').value('1'));
  await step('see what was before', () => js.put('own/a').value('2').getPrevious());
  await step('delete', () => js.delete().key('own/a'));
  await step('in a transaction', () => js.if('own/a', 'Create', '==', 0).then(js.put('own/a').value('3')).commit());
  await step('in one that reads too much', () => js.if('js/secret', 'Create', '==', 0).then(js.put('own/a').value('4')).commit());
  await step('list the users', () => js.getUsers());
  await step('watch', async () => {
    const watcher = await js.watch().key('own/watched').create();
    const event = new Promise((resolve) => { watcher.on('put', resolve); });
    await js.put('own/watched').value('x');
    const seen = (await event).value.toString();
    await watcher.cancel();
    return seen;
  });
  for (const client of [stranger, nobody, js]) client.close();
};

module.exports = async (client, connect) => {
  await make(client);
  await step('enable', () => client.auth.authEnable().then(() => 'done'));
  await use(connect);
  const root = connect({ auth: { username: 'root', password: 'rootpw' } });
  await step('root lists the users', async () => (await root.getUsers()).map((user) => user.name).sort());
  await step('disable', () => root.auth.authDisable().then(() => 'done'));
  root.close();
  await step('everybody again', () => client.get('js/a').string());
};
