// Shows the inbox and keeps it fresh. Everything that a message holds goes into the
// page as text, never as markup.

const period = 1000; // a second: as fast as a person looks from one window to another

const list = document.querySelector('#list');
const empty = document.querySelector('#empty');
const state = document.querySelector('#state');
const news = document.querySelector('#news');
const pause = document.querySelector('#pause');
const template = document.querySelector('#message');

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

const shown = new Map(); // the list item of each message, by what identifies it
let first = true;
let paused = false;

// One id can be delivered twice; the time tells the deliveries apart.
const key = (message) => `${message.id} ${message.at}`;

function detail(name, value) {
  const row = document.createElement('div');
  const term = document.createElement('dt');
  const text = document.createElement('dd');
  term.textContent = name;
  text.textContent = value;
  row.append(term, text);
  return row;
}

function render(message) {
  const item = template.content.firstElementChild.cloneNode(true);
  const channel = item.querySelector('.channel');
  channel.textContent = message.channel;
  channel.classList.toggle('voice', message.channel === 'voice');
  item.querySelector('.to').textContent = message.to;
  const text = item.querySelector('.text');
  text.textContent = message.text;
  if (message.language) text.lang = message.language;
  const time = item.querySelector('time');
  const at = new Date(message.at);
  time.dateTime = message.at;
  time.textContent = clock.format(at);
  time.title = calendar.format(at);
  const facts = item.querySelector('dl');
  for (const name of ['from', 'language', 'tenant', 'provider', 'id']) {
    if (message[name]) facts.append(detail(name, message[name]));
  }
  return item;
}

// show changes only what differs, so that focus and selection stay where they are.
function show(messages) {
  const wanted = new Set(messages.map(key));
  for (const [id, item] of shown) {
    if (!wanted.has(id)) {
      item.remove();
      shown.delete(id);
    }
  }
  let arrived = 0;
  let after = null;
  for (const message of messages) {
    let item = shown.get(key(message));
    if (!item) {
      item = render(message);
      item.classList.toggle('arrived', !first);
      shown.set(key(message), item);
      arrived += 1;
    }
    const place = after ? after.nextElementSibling : list.firstElementChild;
    if (place !== item) list.insertBefore(item, place);
    after = item;
  }
  if (arrived > 0 && !first) news.textContent = arrived === 1 ? 'A message arrived' : `${arrived} messages arrived`;
  first = false;
  empty.hidden = messages.length > 0;
}

function tell(text, lost = false) {
  if (state.textContent !== text) state.textContent = text;
  state.classList.toggle('lost', lost);
}

async function refresh() {
  try {
    const response = await fetch('/inbox', { signal: AbortSignal.timeout(5 * period) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const messages = await response.json();
    show(messages);
    tell(messages.length === 1 ? '1 message' : `${messages.length} messages`);
  } catch {
    tell('Connection lost; trying again', true);
  }
}

async function run() {
  if (!paused && !document.hidden) await refresh();
  setTimeout(run, period);
}

pause.addEventListener('click', () => {
  paused = !paused;
  pause.textContent = paused ? 'Resume' : 'Pause';
  if (paused) tell('Paused');
  else refresh();
});

const copy = document.querySelector('#copy');
copy.addEventListener('click', async () => {
  const curl = document.querySelector('#curl');
  try {
    await navigator.clipboard.writeText(curl.textContent);
    copy.textContent = 'Copied';
  } catch {
    // Over plain HTTP from another machine there is no clipboard: select instead.
    getSelection().selectAllChildren(curl);
    copy.textContent = 'Selected; now copy';
  }
  setTimeout(() => { copy.textContent = 'Copy'; }, 2000);
});

run();
