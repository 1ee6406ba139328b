'use strict';

const $ = (id) => document.getElementById(id);

// Characters that are invisible, or that change the order of others, are shown as their
// numbers. All text on the page comes through here.
const hidden = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;
const code = (c) => '\\u{' + c.codePointAt(0).toString(16) + '}';
const visible = (s) => String(s).replace(hidden, code);
const visibleLines = (s) => String(s).replace(hidden, (c) => (c === '\n' || c === '\t' ? c : code(c)));

// h makes an element. Strings become text, never markup.
function h(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === 'function') e.addEventListener(name, value);
    else if (value === true) e.setAttribute(name, '');
    else if (value !== false && value != null) e.setAttribute(name, value);
  }
  add(e, children);
  return e;
}

function add(e, children) {
  for (const c of children.flat(Infinity)) {
    if (c instanceof Node) e.append(c);
    else if (c != null && c !== '') e.append(e.tagName === 'PRE' ? visibleLines(c) : visible(c));
  }
}

function table(className, heads, rows) {
  const cell = (tag, role) => (c, i) => h(tag, { role, scope: tag === 'th' ? 'col' : null, 'data-label': heads[i] }, c);
  return h('table', { role: 'table', class: className },
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, heads.map(cell('th', 'columnheader')))),
    h('tbody', { role: 'rowgroup' }, rows.map((r) => r instanceof Node ? r : h('tr', { role: 'row' }, r.map(cell('td', 'cell'))))));
}

const good = (...text) => h('span', { class: 'good' }, '✓ ', text);
const warn = (...text) => h('span', { class: 'warn' }, '⚠ ', text);
const bad = (...text) => h('span', { class: 'bad' }, '✗ ', text);

const count = (n, what) => n === 1 ? '1 ' + what : n + ' ' + what + 's';
const say = (text) => { $('status').textContent = visible(text); };

/* The Go program, in a worker. */

// The program is text; build/main.go says how bytes become characters.
function programBytes() {
  const text = $('program').textContent;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    bytes[i] = c >= 0x400 ? c - 0x400 : c < 0x40 ? c - 0x20 : c < 0x60 ? c : c - 0x40;
  }
  $('program').remove();
  return bytes;
}

let policy = { createScriptURL: (url) => url };
if (window.trustedTypes) policy = trustedTypes.createPolicy('worker', policy);

const go = {
  module: null, worker: null, last: 0, waiting: new Map(), queue: Promise.resolve(),

  async start() {
    this.module = await WebAssembly.compile(programBytes());
    this.source = policy.createScriptURL(URL.createObjectURL(new Blob([$('worker').textContent], { type: 'text/javascript' })));
    await this.begin();
  },

  begin() {
    return new Promise((resolve, reject) => {
      this.worker = new Worker(this.source);
      this.worker.onmessage = ({ data }) => {
        if (data.ready) resolve();
        else if (data.ended) { reject(new Error(data.message)); this.fail(data.message); }
        else this.answer(data);
      };
      this.worker.onerror = (e) => { reject(new Error(e.message)); this.fail(e.message); };
      this.worker.postMessage({ module: this.module });
    });
  },

  answer({ id, text }) {
    const { resolve, reject } = this.waiting.get(id);
    this.waiting.delete(id);
    const answer = JSON.parse(text);
    const keys = Object.keys(answer);
    if (keys.length === 1 && keys[0] === 'error') reject(new Error(answer.error));
    else resolve(answer);
  },

  // fail ends all questions and starts the program again.
  fail(message) {
    this.worker.terminate();
    const error = new Error(message || 'the program ran out of memory');
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
    this.ready = this.begin();
    this.ready.catch(() => {});
  },

  // ask asks one question after the other.
  ask(operation, items, more) {
    const sources = items.map((i) => ({ name: i.name, as: i.as, pasted: i.pasted }));
    const question = JSON.stringify({ sources, ...judging(), ...more });
    const asked = this.queue.then(async () => {
      await this.ready;
      return new Promise((resolve, reject) => {
        const id = ++this.last;
        this.waiting.set(id, { resolve, reject });
        this.worker.postMessage({ id, operation, question, files: items.map((i) => i.data) });
      });
    });
    this.queue = asked.catch(() => {});
    return asked;
  },
};

function judging() {
  const at = $('at').value ? new Date($('at').value + 'T00:00:00Z') : new Date();
  return { at: at.toISOString(), days: Math.min(36500, Math.max(0, Number($('days').value) || 0)) };
}

/* What is open. */

const state = { items: [], selected: null, last: 0 };
const maxSize = 64 << 20;
const lists = () => state.items.filter((i) => i.file.what === 'list');

async function open(files) {
  const items = [];
  for (const f of files) {
    const item = { id: ++state.last, name: f.name, as: '', pasted: false, data: new Uint8Array() };
    if (f.size > maxSize) {
      item.file = unreadable(f.name + ': larger than 64 MiB, refused', f.size);
    } else {
      try {
        item.data = new Uint8Array(await f.arrayBuffer());
      } catch (err) {
        item.file = unreadable(f.name + ': cannot be read: ' + err.message + '. Folders cannot be dropped; choose the files in them', 0);
      }
    }
    items.push(item);
  }
  await readAll(items);
}

const unreadable = (error, size) => ({ what: 'unreadable', error, size, evidence: [], verdict: '' });

async function readAll(items) {
  if (items.length === 0) return;
  state.items.push(...items.filter((i) => !state.items.includes(i)));
  let done = 0;
  for (const item of items) {
    working('Reading ' + item.name + (items.length > 1 ? ' (' + ++done + ' of ' + items.length + ')' : ''));
    await read(item);
    if (state.closed) break;
  }
  working('');
  if (state.closed) { state.closed = false; return; }
  select(state.items.includes(state.selected) ? items.length === 1 ? items[0] : state.selected : items[0]);
  const wrong = state.items.filter((i) => summary(i).state !== 'good').length;
  say(count(state.items.length, 'file') + ' open. ' + state.selected.name + ': ' + summary(state.selected).text + '.' +
    (items.length > 1 ? ' In all, ' + count(wrong, 'file') + ' not verified or not readable.' : ''));
}

async function read(item) {
  if (item.file && item.file.what === 'unreadable' && item.data.length === 0 && item.file.size > 0) return;
  try {
    item.file = await go.ask('read', [item]);
  } catch (err) {
    item.file = unreadable(item.name + ': ' + err.message, item.data.length);
  }
  const parse = (s) => s ? JSON.parse(s) : null;
  item.document = parse(item.file.list);
  item.list = item.file.what === 'unreadable' ? null : item.document;
  item.lint = parse(item.file.lint);
  item.signed = parse(item.file.signed);
  item.phone = parse(item.file.phone);
}

let slow;
function working(text) {
  clearTimeout(slow);
  $('progress').hidden = true;
  if (text) {
    $('working').textContent = visible(text) + '…';
    slow = setTimeout(() => { $('progress').hidden = false; }, 300);
  }
}

function select(item) {
  state.selected = item;
  drawOverview();
  drawItem(item);
  drawPair();
}

/* The overview. */

function summary(item) {
  const f = item.file;
  switch (f.what) {
    case 'list':
      return item.list.verified ? { state: 'good', text: 'verified' } : { state: 'bad', text: 'NOT VERIFIED (' + item.list.reason + ')' };
    case 'broken':
      return { state: 'bad', text: 'damaged list' };
    case 'signed':
      return { state: 'warn', text: 'signed file, not checked' };
    case 'evidence':
      return { state: 'good', text: count(f.evidence.length + (f.leftOut || 0), 'statement') };
  }
  return { state: 'bad', text: 'not readable' };
}

const mark = { good, warn, bad };

function kindOf(item) {
  if (item.list) return (item.list.kind || 'CTL?').toUpperCase();
  if (item.signed) return item.signed.form;
  return item.phone ? 'phone page' : item.file.what === 'evidence' ? 'evidence' : '';
}

function drawOverview() {
  $('overview').hidden = state.items.length === 0;
  const rows = state.items.map((item) => {
    const s = summary(item);
    const first = firstExpiry(item);
    return [
      h('button', { type: 'button', class: 'link', 'aria-current': item === state.selected ? 'true' : null, click: () => { select(item); $('result').focus(); } }, item.name),
      kindOf(item), mark[s.state](s.text), item.lint ? lintCounts(item.lint) : '', first ? expiry(first, item) : '',
    ];
  });
  $('table').replaceChildren(table('overview', ['Name', 'Kind', 'Result', 'Findings', 'First expiry'], rows));
}

function lintCounts(d) {
  const parts = [];
  if (d.errors) parts.push(bad(count(d.errors, 'error')), ' ');
  if (d.warnings) parts.push(warn(count(d.warnings, 'warning')), ' ');
  if (d.notices) parts.push(count(d.notices, 'notice'));
  return parts.length ? h('span', {}, parts) : good('none');
}

function firstExpiry(item) {
  const ends = ((item.list || {}).records || []).map((r) => r.certificate && r.certificate.notAfter).filter(Boolean);
  return ends.sort()[0];
}

// expiry says when a certificate ends, with words beside the colour.
function expiry(notAfter, item) {
  const left = new Date(notAfter) - new Date(judging().at);
  const day = notAfter.slice(0, 10);
  if (left < 0) return bad(day, ' expired');
  if (left < item.file.soonDays * 86400000) return warn(day, ' soon');
  return h('span', {}, day);
}

/* One file. */

function drawItem(item) {
  const to = $('result');
  to.replaceChildren();
  if (!item) return;
  const f = item.file;
  to.setAttribute('aria-label', visible(item.name));
  add(to, [h('h2', {}, item.name)]);
  if (f.verdict) {
    const s = summary(item);
    const whole = item.signed && f.verdict.startsWith('whole');
    add(to, [h('p', { class: 'verdict', id: 'verdict' }, mark[whole ? 'good' : s.state](f.verdict))]);
  }
  if (f.error) add(to, [h('p', { class: 'verdict', id: 'error' }, bad(f.error))]);
  if (f.note) add(to, [h('p', { class: 'note' }, f.note)]);
  if (f.guessed) {
    add(to, [h('p', { class: 'note' }, 'Neither FILENAME nor the file’s name says which list this is. ',
      h('button', { type: 'button', click: () => { item.as = item.as === 'itl' ? 'ctl' : 'itl'; readAll([item]); } }, 'Treat it as an ' + (item.as === 'itl' ? 'CTL' : 'ITL')))]);
  }
  add(to, [actions(item)]);
  if (item.list) add(to, [drawHeader(item)]);
  if (item.lint) add(to, [drawFindings(item)]);
  if (item.list) add(to, [drawRecords(item)]);
  if (item.signed) add(to, [drawSigned(item)]);
  if (f.what === 'evidence') add(to, [drawEvidence(item)]);
  if (item.data.length && f.what !== 'evidence') add(to, [drawBytes(item)]);
  if (item.list) add(to, [drawShow(item)]);
}

function actions(item) {
  const buttons = [];
  const button = (text, click) => buttons.push(h('button', { type: 'button', click }, text), ' ');
  if (item.list) {
    button('Copy as show ' + (item.list.kind || 'ctl'), async () => copy((await go.ask('show', [item])).text));
    if (!item.file.leftOut) button('Save JSON', () => save(item.name + '.json', item.file.list + '\n'));
    button('Save certificates (PEM)', async () => {
      const files = await go.ask('certificates', [item]);
      if (files.length === 0) say('This list contains no certificates.');
      else save(item.name + '.pem', files.map((c) => c.text).join(''));
    });
  }
  if (item.lint) button('Save findings (JSON)', () => save(item.name + '.lint.json', item.file.lint + '\n'));
  if (item.signed) button('Save JSON', () => save(item.name + '.json', item.file.signed + '\n'));
  button('Close', () => {
    state.items = state.items.filter((i) => i !== item);
    select(state.items[0] || null);
    say(item.name + ' is closed.');
    (state.items.length ? $('result') : $('files')).focus();
  });
  return h('p', { class: 'actions' }, buttons);
}

// details draws its content when it is opened.
function details(title, className, draw, opened) {
  let drawn = false;
  const d = h('details', { class: className, toggle: () => { if (d.open && !drawn) { drawn = true; add(d, [draw()]); } } }, h('summary', {}, h('h3', {}, title)));
  d.open = !!opened;
  return d;
}

function facts(pairs) {
  return h('dl', {}, pairs.filter(([, v]) => v !== '' && v != null).map(([k, v]) => [h('dt', {}, k), h('dd', {}, v)]));
}

const mono = (s) => h('span', { class: 'mono' }, s);
const bytes = (n) => count(n, 'byte');

function drawHeader(item) {
  const d = item.list;
  const by = d.signer ? [d.signer.record ? 'record ' + d.signer.record + ': ' : '', d.signer.name, h('br'), 'serial ', mono(d.signer.serial), h('br'), 'issuer ', d.signer.issuer] : null;
  return facts([
    ['Kind', d.kind ? d.kind.toUpperCase() : 'not known'],
    ['FILENAME', d.filename], ['Signed by', by], ['Digest', d.digest], ['Made', d.timestamp],
    ['Size', bytes(d.size)], ['MD5', mono(d.md5)], ['SHA-1', mono(d.sha1)], ['SHA-512', mono(d.sha512)],
    ['Version', d.version + (d.signerVersion ? ', signer version ' + d.signerVersion : '')],
    ['Warnings', d.warnings.length ? d.warnings.join('; ') : ''],
  ]);
}

function drawFindings(item) {
  const d = item.lint;
  const section = h('section', { class: 'findings', 'aria-label': 'Findings' }, h('h3', {}, 'Findings: ', lintCounts(d)));
  let last = null, list;
  for (const f of d.findings) {
    if (f.rule !== last) {
      last = f.rule;
      list = h('ul', {});
      const severity = { error: bad, warning: warn }[f.severity] || ((s) => h('span', {}, s));
      add(section, [h('div', { class: 'finding' }, h('h4', {}, severity(f.severity), ' ', f.title, ' ', h('span', { class: 'note' }, f.rule)), h('p', {}, f.why), list)]);
    }
    const place = f.record ? 'Record ' + f.record + [f.role, f.dnsName].filter((s) => s && s.trim()).map((s) => ', ' + s).join('') + ': ' : f.offset ? 'Header, offset ' + f.offset + ': ' : '';
    add(list, [h('li', {}, place, f.message, h('br'), h('strong', {}, 'What to do: '), f.remedy)]);
  }
  return section;
}

const commonName = (r) => {
  const m = /(?:^|[;,])\s*CN=([^;,]+)/i.exec((r.certificate && r.certificate.subject) || r.subject || '');
  return m ? m[1].trim() : (r.dnsName || '').trim() || r.subject || '–';
};

function drawRecords(item) {
  const rows = [];
  for (const r of item.list.records) {
    const signer = item.list.signer && item.list.signer.record === r.number;
    const c = r.certificate;
    const more = h('tr', { role: 'row', class: 'more', id: 'record-' + r.number, hidden: true });
    const toggle = h('button', { type: 'button', class: 'link', 'aria-expanded': 'false', 'aria-controls': 'record-' + r.number, click: () => {
      const opened = more.hidden;
      if (opened && !more.firstChild) add(more, [h('td', { role: 'cell', colspan: 6 }, drawRecord(item, r))]);
      more.hidden = !opened;
      toggle.setAttribute('aria-expanded', String(opened));
    } }, String(r.number), signer ? ' signer' : '');
    const cells = [toggle, r.role || '–', commonName(r), r.publicKey ? r.publicKey.type + '-' + r.publicKey.bits : '–',
      c ? c.notAfter ? expiry(c.notAfter, item) : bad('unreadable') : '–', mono(c ? c.sha1 : r.certHash || '–')];
    const heads = ['#', 'Role', 'Name', 'Key', 'Expires', 'Certificate SHA-1'];
    rows.push(h('tr', { role: 'row' }, cells.map((x, i) => h('td', { role: 'cell', 'data-label': heads[i] }, x))), more);
  }
  const left = item.file.leftOut;
  return h('section', { class: 'records', 'aria-label': 'Records' },
    h('h3', {}, item.file.what === 'broken' ? 'Records that could be read' : 'Records'),
    h('p', { class: 'note' }, 'Open a record by its number for the details of its certificate.'),
    table('records', ['#', 'Role', 'Name', 'Key', 'Expires', 'Certificate SHA-1'], rows),
    left ? h('p', { class: 'warn' }, count(left, 'more record') + ' not shown: phones accept lists of about 39. The command shows them all.') : '');
}

function drawRecord(item, r) {
  const c = r.certificate;
  return [
    facts([
      ['DNSNAME', r.dnsName], ['SUBJECTNAME', r.subject], ['ISSUERNAME', r.issuer], ['SERIALNUMBER', mono(r.serial)], ['IPADDRESS', r.ipAddress],
      ['CERTHASH', r.certHash ? mono(r.certHash) : ''], ['Place', 'offset ' + r.offset + ', ' + bytes(r.length)],
      ['Unknown fields', r.unknown.map((u) => 'tag ' + u.tag + ' at ' + u.offset + ': ' + u.value).join('; ')],
    ]),
    c ? [h('h4', {}, 'Certificate'), facts([
      ['Subject', c.subject], ['Issuer', c.issuer], ['Serial', mono(c.serial)], ['Valid', c.notBefore + ' to ' + c.notAfter],
      ['SHA-1', mono(c.sha1)], ['SHA-256', mono(c.sha256)], ['Fault', c.error ? bad(c.error) : ''],
    ]), h('p', {}, h('button', { type: 'button', click: async () => {
      const file = (await go.ask('certificates', [item])).find((x) => x.record === r.number);
      save(file.name, file.text);
    } }, 'Save as PEM'))] : h('p', { class: 'note' }, 'No certificate in this record.'),
  ];
}

function drawSigned(item) {
  const d = item.signed;
  const out = h('div', { 'aria-live': 'polite', id: 'check' });
  const choose = (kind) => h('select', { id: 'check-' + kind, change: check },
    h('option', { value: '' }, 'no ' + kind.toUpperCase()), lists().filter((i) => i.list.kind === kind).map((i) => h('option', { value: i.id }, i.name)));
  const ctl = choose('ctl'), itl = choose('itl');
  async function check() {
    const chosen = [ctl, itl].filter((s) => s.value).map((s) => state.items.find((i) => i.id === Number(s.value)));
    out.replaceChildren();
    if (chosen.length === 0) return;
    try {
      const a = await go.ask('signed', [item, ...chosen]);
      out.replaceChildren(h('p', { class: 'verdict' }, (a.verified ? good : bad)(a.verdict)));
    } catch (err) {
      out.replaceChildren(h('p', { class: 'verdict' }, bad(err.message)));
    }
  }
  for (const s of [ctl, itl]) if (s.options.length === 2) s.selectedIndex = 1;
  check();
  return [facts([
    ['Form', d.form], ['FILENAME', d.filename], ['Signed by', d.signer ? [d.signer.name, h('br'), 'serial ', mono(d.signer.serial), h('br'), 'issuer ', d.signer.issuer] : null],
    ['Digest', d.digest], ['Made', d.timestamp], ['Size', bytes(d.size) + ', content ' + bytes(d.contentSize)],
    ['Encryption', d.encryption ? d.encryption.cipher + ', key RSA-' + d.encryption.keyBits : ''], ['SHA-256', d.sha256 ? mono(d.sha256) : ''],
  ]), h('section', { 'aria-label': 'Check' }, h('h3', {}, 'Would a phone accept this file?'),
    h('p', {}, h('label', { for: 'check-ctl' }, 'The phone holds '), ctl, h('label', { for: 'check-itl' }, ' and '), itl),
    lists().length === 0 ? h('p', { class: 'note' }, 'Open the lists that the phone holds as well.') : '', out)];
}

function drawEvidence(item) {
  const p = item.phone;
  const out = h('div', { 'aria-live': 'polite' });
  const servers = lists();
  if (servers.length) go.ask('compare', [item, ...servers]).then((all) => out.replaceChildren(...all.map(drawComparison)), (err) => out.replaceChildren(bad(err.message)));
  const sum = (e) => e.absent ? 'not installed' : mono(e.sha1 || e.md5 || e.sha512 || (e.size != null ? bytes(e.size) : '–'));
  return [
    p ? facts([['Phone', p.device], ['Model', p.model], ['Address', p.address]]) : '',
    h('section', { 'aria-label': 'What it says' }, h('h3', {}, 'What it says'),
      table('evidence', ['Line', 'Form', 'Phone', 'List', 'What', 'Message'], item.file.evidence.map((e) => [
        e.line ? String(e.line) : '–', e.form + (e.times > 1 ? ' (' + e.times + ' times)' : ''), e.device || '–', (e.kind || '?').toUpperCase(), sum(e), [e.status, e.message].filter(Boolean).join(' ')])),
      item.file.leftOut ? h('p', { class: 'warn' }, count(item.file.leftOut, 'more statement') + ' not shown; ctlinspect fleet reads many.') : ''),
    h('section', { 'aria-label': 'Which list is it' }, h('h3', {}, 'Which list is it?'),
      servers.length ? out : h('p', { class: 'note' }, 'Open the servers’ lists as well to compare.')),
  ];
}

function drawComparison(a) {
  const d = JSON.parse(a.document);
  const at = d.copy.line ? 'Line ' + d.copy.line + ': ' : '';
  return h('div', { class: 'comparison' },
    h('p', { class: 'verdict' }, (d.same ? good : warn)(at, a.conclusion)),
    table('servers', ['Server’s list', 'Verdict', 'A phone with the copy'], d.servers.map((s, i) => [s.copy.name, a.verdicts[i], a.outlooks[i]])),
    d.servers.map(drawDifference));
}

function drawDifference(s) {
  const rows = [];
  const fields = (where, what, list) => list.forEach((f) => rows.push([where, what, f.field, h('span', { class: 'values' },
    f.old == null ? '' : h('del', {}, f.old), f.old != null && f.new != null ? h('br') : '', f.new == null ? '' : h('ins', {}, f.new))]));
  fields('header', 'changed', s.header);
  fields('header', 'signing', s.signing);
  for (const r of s.records) {
    const where = r.old === 0 ? 'record +' + r.new : r.new === 0 ? 'record -' + r.old : r.old === r.new ? 'record ' + r.new : 'record ' + r.old + ' > ' + r.new;
    const what = r.change + (r.moved && r.change === 'changed' ? ', moved' : '');
    const label = r.role + ' ' + commonName(r) + ', serial ' + r.serial;
    rows.push([where, what, '', r.change === 'added' ? h('ins', {}, label) : r.change === 'removed' ? h('del', {}, label) : label]);
    fields('', '', r.fields);
  }
  if (rows.length === 0) return '';
  return h('div', { class: 'difference' }, h('h4', {}, 'From the copy to ', s.copy.name), table('difference', ['Where', 'What', 'Field', 'Value'], rows));
}

/* Bytes and fields. */

const pageSize = 4096;

function drawBytes(item) {
  return details('Fields and bytes', 'bytes', () => {
    const box = h('div', {});
    drawBytePage(item, 0, box);
    return box;
  });
}

const hex = (n, width) => n.toString(16).padStart(width, '0');

async function drawBytePage(item, from, box) {
  const to = Math.min(item.data.length, from + pageSize);
  let fields;
  try {
    fields = await go.ask('fields', [item], { from, to });
  } catch (err) {
    box.replaceChildren(bad(err.message));
    return;
  }
  const owner = new Int32Array(to - from).fill(-1);
  fields.forEach((f, i) => owner.fill(i, Math.max(0, f.offset - from), Math.max(0, Math.min(to, f.offset + f.length) - from)));
  const spans = [];
  const say = h('p', { class: 'pointed', 'aria-live': 'polite' }, 'Point at a byte or a field, or use the arrow keys in the bytes.');
  const describe = (f) => (f.record && f.tag >= 0 ? 'record ' + f.record + ', ' : '') + f.name + (f.tag >= 0 ? ' (tag ' + f.tag + ')' : '') + ', offset ' + f.offset + ' (0x' + hex(f.offset, 4) + '), ' + bytes(f.length) + (f.value ? ': ' + f.value : '');
  let marked = [], current = -1;
  function show(i, at) {
    for (const e of marked) e.classList.remove('on', 'at');
    marked = [];
    const f = fields[i];
    say.textContent = visible(f ? (at != null ? 'offset ' + at + ', byte 0x' + hex(item.data[at], 2) + ': ' : '') + describe(f) : 'offset ' + at + ': in no field');
    if (f) {
      for (let p = Math.max(from, f.offset); p < Math.min(to, f.offset + f.length); p++) marked.push(spans[p - from]);
      marked.push(rows[i]);
    }
    for (const e of marked) e.classList.add('on');
    if (at != null) { spans[at - from].classList.add('at'); marked.push(spans[at - from]); }
  }
  const rows = fields.map((f, i) => h('li', { class: 'depth' + Math.min(3, f.depth) }, h('button', { type: 'button', class: 'link', mouseenter: () => show(i), focus: () => show(i), click: () => {
    show(i);
    spans[Math.max(0, f.offset - from)].scrollIntoView({ block: 'nearest' });
  } }, f.name), ' ', f.value.length > 90 ? f.value.slice(0, 90) + '…' : f.value));
  const dump = h('div', { class: 'dump mono', tabindex: 0, role: 'application', 'aria-label': 'Bytes; arrow keys move' });
  const point = (at) => { current = Math.min(to - 1, Math.max(from, at)); show(owner[current - from], current); spans[current - from].scrollIntoView({ block: 'nearest' }); };
  dump.addEventListener('keydown', (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 16, ArrowUp: -16, Home: -pageSize, End: pageSize }[e.key];
    if (!step || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    point(current < 0 ? from : current + step);
  });
  const over = (e) => { const at = e.target.dataset && e.target.dataset.at; if (at) { current = Number(at); show(owner[current - from], current); } };
  dump.addEventListener('mouseover', over);
  dump.addEventListener('click', over);
  for (let line = from; line < to; line += 16) {
    const row = h('div', {}, h('span', { class: 'offset' }, hex(line, 6)), ' ');
    let text = '';
    for (let p = line; p < Math.min(to, line + 16); p++) {
      const b = item.data[p];
      const span = h('span', { 'data-at': p, class: 'field' + (owner[p - from] < 0 ? 'none' : owner[p - from] % 2) }, hex(b, 2));
      spans.push(span);
      row.append(span, p % 16 === 7 ? '  ' : ' ');
      text += b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '.';
    }
    row.append(h('span', { class: 'ascii', 'aria-hidden': 'true' }, text));
    dump.append(row);
  }
  const turn = (text, at, able) => h('button', { type: 'button', disabled: !able, click: () => drawBytePage(item, at, box) }, text);
  const pages = item.data.length > pageSize ? h('p', { class: 'actions' }, turn('Previous', from - pageSize, from > 0), ' ', 'bytes ' + from + ' to ' + (to - 1) + ' of ' + item.data.length, ' ', turn('Next', from + pageSize, to < item.data.length)) : '';
  box.replaceChildren(...[pages, say, h('div', { class: 'panes' }, h('ul', { class: 'fields', 'aria-label': 'Fields' }, rows), dump)].filter(Boolean));
}

function drawShow(item) {
  const kind = item.list.kind || 'ctl';
  return details('As show ' + kind + ' prints it', 'show', () => {
    const pre = h('pre', { tabindex: 0, 'aria-label': 'show ' + kind });
    go.ask('show', [item]).then((a) => add(pre, [a.text]), (err) => add(pre, [err.message]));
    return [h('p', { class: 'note' }, 'Times are in UTC.'), pre];
  });
}

/* Two lists. */

function drawPair() {
  const all = lists();
  $('pair').hidden = all.length < 2;
  if (all.length < 2) return;
  const fill = (s, empty, preset) => {
    const before = s.value;
    s.replaceChildren(...(empty ? [h('option', { value: '' }, empty)] : []), ...all.map((i) => h('option', { value: i.id }, i.name)));
    const known = [...s.options].some((o) => o.value === before && before !== '');
    if (known) s.value = before;
    else s.selectedIndex = preset;
  };
  fill($('holds'), '', 0);
  fill($('also'), 'no other list', 0);
  fill($('offered'), '', 1);
  accept();
}

let acceptance = 0;
async function accept() {
  const item = (id) => state.items.find((i) => i.id === Number($(id).value));
  const installed = ['holds', 'also'].map(item).filter(Boolean), offered = item('offered');
  const mine = ++acceptance;
  let draw;
  try {
    const a = await go.ask('accept', [offered, ...installed]);
    const [c] = await go.ask('compare', [installed[0], offered]);
    const d = JSON.parse(a.document);
    const lines = a.text.trim().split('\n');
    draw = [h('p', { class: 'verdict', id: 'accepted' }, (d.taken && !d.unknown ? good : bad)(lines[0])),
      facts(lines.slice(1).map((l) => { const m = /^\s+([^:]+):\s*(.*)$/.exec(l); return m ? [m[1], m[2]] : ['', l]; })),
      h('p', { class: 'actions' }, h('button', { type: 'button', click: () => save('acceptance.json', a.document + '\n') }, 'Save JSON')),
      h('h3', {}, 'Differences'), h('p', { id: 'compared' }, 'Compared: ' + c.verdicts[0] + '.'), JSON.parse(c.document).servers.map(drawDifference)];
  } catch (err) {
    draw = [h('p', { class: 'verdict', id: 'accepted' }, bad(err.message))];
  }
  if (mine === acceptance) $('acceptance').replaceChildren(...draw.flat().filter(Boolean));
}

/* Saving and copying. */

function save(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  const a = h('a', { href: url, download: visible(name) });
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
  say('Saved ' + name + '.');
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch (err) { // not a secure context
    const t = h('textarea', { class: 'hidden' });
    t.value = text;
    document.body.append(t);
    t.select();
    document.execCommand('copy');
    t.remove();
  }
  say('Copied.');
}

/* Events. */

$('files').addEventListener('change', () => { open([...$('files').files]); $('files').value = ''; });
$('paste').addEventListener('submit', (e) => {
  e.preventDefault();
  const text = $('text').value;
  if (!text.trim()) return;
  const id = ++state.last;
  readAll([{ id, name: 'pasted text ' + id, as: '', pasted: true, data: new TextEncoder().encode(text) }]);
  $('text').value = '';
});
addEventListener('dragover', (e) => { e.preventDefault(); document.body.classList.add('dragging'); });
addEventListener('dragleave', (e) => { if (!e.relatedTarget) document.body.classList.remove('dragging'); });
addEventListener('drop', (e) => {
  e.preventDefault();
  document.body.classList.remove('dragging');
  open([...e.dataTransfer.files]);
});
for (const id of ['at', 'days']) $(id).addEventListener('change', () => readAll(state.items));
for (const id of ['holds', 'also', 'offered']) $(id).addEventListener('change', accept);
$('swap').addEventListener('click', () => {
  [$('holds').value, $('offered').value] = [$('offered').value, $('holds').value];
  accept();
});
$('stop').addEventListener('click', () => go.fail('stopped'));
$('clear').addEventListener('click', () => {
  state.items = [];
  select(null);
  say('All files are closed.');
  $('files').focus();
});

go.ready = go.start();
go.ready.then(() => { document.documentElement.dataset.ready = 'true'; say('Ready.'); },
  (err) => say('This browser cannot run the page’s program: ' + err.message));
