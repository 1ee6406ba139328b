// Parses files with what the Kaitai Struct compiler makes of a .ksy file, and
// prints what it read as JSON, one line per file: dump.js FILE.ksy FILE...
'use strict';
const fs = require('fs');
const yaml = require('js-yaml');
const { KaitaiStream } = require('kaitai-struct');
const compiler = require('kaitai-struct-compiler');

// Languages that the compiler must be able to write parsers in.
const languages = ['cpp_stl', 'csharp', 'go', 'java', 'javascript', 'lua', 'perl', 'php', 'python', 'ruby', 'rust'];

// load compiles a .ksy file. Debug mode records where each field begins and ends.
async function load(file) {
  const ksy = yaml.safeLoad(fs.readFileSync(file, 'utf8'));
  for (const language of languages) await compiler.compile(language, ksy, null, false);
  const sources = await compiler.compile('javascript', ksy, null, true);
  const module = { exports: {} };
  new Function('require', 'module', 'exports', sources['Trustlist.js'])(require, module, module.exports);
  return module.exports.Trustlist;
}

const hex = (bytes) => Buffer.from(bytes).toString('hex');

// place is the offset of a field in the file.
const place = (debug) => debug.ioOffset + debug.start;

// value is what a field says, beside its bytes: a number, a text, a version.
function value(body) {
  if (body === undefined || body instanceof Uint8Array || body.fields) return undefined;
  if (body.rest !== undefined) return { text: body.value, hidden: hex(body.rest) };
  if (body.major !== undefined) return { text: body.major + '.' + body.minor };
  if (body.unixSeconds !== undefined) return { number: body.unixSeconds };
  return { number: body.value };
}

function fields(holder) {
  return holder.fields.map((f, i) => {
    const d = { tag: f.tag, offset: place(holder._debug.fields.arr[i]) };
    if (f.body === undefined) return d;
    d.hex = hex(f._raw_body || f.body);
    d.value = value(f.body);
    if (f.body.fields) d.fields = fields(f.body);
    return d;
  });
}

function parse(Trustlist, file) {
  const data = fs.readFileSync(file);
  const stream = new KaitaiStream(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
  const root = new Trustlist(stream);
  root._read();
  const d = { list: root.isList, headerLength: root.header.length, header: fields(root.header) };
  if (!root.isList) return { ...d, content: hex(root.content) };
  d.records = root.records.map((r, i) => ({
    offset: place(root._debug.records.arr[i]),
    length: r.length,
    fields: fields(r.body),
  }));
  return d;
}

async function main([ksy, ...files]) {
  const Trustlist = await load(ksy);
  for (const file of files) {
    let d;
    try {
      d = parse(Trustlist, file);
    } catch (e) {
      d = { error: e.name + ': ' + e.message };
    }
    console.log(JSON.stringify(d));
  }
}

main(process.argv.slice(2)).catch((e) => {
  console.error(e);
  process.exit(1);
});
