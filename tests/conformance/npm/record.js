// Writes down what a client library answered, one JSON object a line, for tests/conformance/npm_test.py to read.
'use strict';

const STEP_SECONDS = 20 * Number(process.argv[3]);

const write = (object) => process.stdout.write(JSON.stringify(object) + '\n');

// Ids and the like, which differ from run to run: what they are called in the transcript.
const learn = (text, common) => write({ learn: String(text), common });

const shown = (value) => {
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (value instanceof Error) return `${value.constructor.name}: ${value.message}`;
  if (Array.isArray(value)) return value.map(shown);
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.keys(value).sort().map((key) => [key, shown(value[key])]));
  }
  return value === undefined ? null : value;
};

const bounded = async (promise) => {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), STEP_SECONDS * 1000);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
};

// One step: what the call resolved to, or how it was refused.
const step = async (title, call) => {
  let answer;
  let seen;
  try {
    answer = await bounded(Promise.resolve().then(call));
    seen = shown(answer);
  } catch (error) {
    seen = `refused: ${shown(error)}`;
  }
  write({ title, answer: JSON.stringify(seen) });
  return answer;
};

// What an emitter emits from now on: `next(count)` resolves to that many, in order.
const collect = (emitter, ...names) => {
  const seen = [];
  let wake = () => {};
  for (const name of names) {
    emitter.on(name, (...values) => {
      seen.push([name, ...values.map(shown)]);
      wake();
    });
  }
  const next = async (count) => {
    while (seen.length < count) await new Promise((resolve) => { wake = resolve; });
    return seen.splice(0, count);
  };
  return { next };
};

module.exports = { step, learn, shown, collect };
