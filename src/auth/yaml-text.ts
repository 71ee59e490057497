// DOOR to js-yaml: a YAML mapping of sections as text. Values are read as they are written, never as numbers, dates or
// booleans (an id of digits must stay an id), and are changed in place: what is not changed keeps its bytes, comments too.
import {
  CORE_SCHEMA,
  EVENT_ID,
  type Event,
  eventsToAst,
  getScalarValue,
  type MappingNode,
  type Node,
  parseEvents,
  present,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml';

export class YamlTextError extends Error {
  override readonly name = 'YamlTextError';
  /** Counted from 1. */
  readonly line: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly line: number | undefined }) {
    super(message, options);
    this.line = options.line;
  }
}

interface Scalar {
  readonly value: string;
  /** Written without quotes: `null`, `~` and nothing at all then mean that there is no value. */
  readonly plain: boolean;
  readonly start: number;
  readonly end: number;
}

interface Value {
  readonly scalar: Scalar | undefined;
  readonly entries: readonly Entry[] | undefined;
}

interface Entry {
  readonly key: Scalar;
  readonly value: Value;
}

const isNull = ({ plain, value }: Scalar): boolean => plain && /^(~|null|Null|NULL)?$/.test(value);

/** Walks the events of js-yaml; every value is one scalar, or the entries of one mapping, or of no interest. */
class Reader {
  #at = 0;
  readonly #text: string;
  readonly #events: readonly Event[];

  constructor(text: string, events: readonly Event[]) {
    this.#text = text;
    this.#events = events;
  }

  document(): Value | undefined {
    if (this.#next()?.type !== EVENT_ID.DOCUMENT) return undefined;
    return this.#events[this.#at]?.type === EVENT_ID.POP ? undefined : this.#value();
  }

  #next(): Event | undefined {
    return this.#events[this.#at++];
  }

  #value(): Value {
    const event = this.#next();
    if (event?.type === EVENT_ID.SCALAR) return { scalar: this.#scalar(event), entries: undefined };
    if (event?.type === EVENT_ID.MAPPING) return { scalar: undefined, entries: this.#entries() };
    if (event?.type === EVENT_ID.SEQUENCE) {
      while (!this.#atEnd()) this.#value();
      this.#next();
    }
    return { scalar: undefined, entries: undefined };
  }

  #atEnd(): boolean {
    const event = this.#events[this.#at];
    return event === undefined || event.type === EVENT_ID.POP;
  }

  #entries(): Entry[] {
    const entries: Entry[] = [];
    while (!this.#atEnd()) {
      const key = this.#value().scalar;
      const value = this.#value();
      if (key !== undefined) entries.push({ key, value });
    }
    this.#next();
    return entries;
  }

  #scalar(event: ScalarEvent): Scalar {
    const plain = event.style === SCALAR_STYLE.PLAIN;
    const quotes = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
    if (event.valueStart < 0) return { value: '', plain, start: -1, end: -1 };
    const value = getScalarValue(this.#text, event);
    // Values in blocks (`|`, `>`) have no single place; those are left to a rewrite.
    if (!plain && !quotes) return { value, plain, start: -1, end: -1 };
    const widen = quotes ? 1 : 0;
    return { value, plain, start: event.valueStart - widen, end: event.valueEnd + widen };
  }
}

const findEntry = (entries: readonly Entry[] | undefined, key: string): Entry | undefined =>
  entries?.findLast((entry) => entry.key.value === key);

/** Whatever does not show, breaks lines in YAML 1.1, or is in no text. */
const unprintable = /[^\x20-\x7E\u00A0-\u2027\u202A-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD]/;

const escapes = /[\x7F-\x9F\u2028\u2029\uFEFF\uFFFE\uFFFF]/g;

/** Single quotes keep everything as it is but what does not show; that needs the other kind, with escapes. */
const quoted = (value: string): string =>
  unprintable.test(value)
    ? JSON.stringify(value).replace(escapes, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : `'${value.replaceAll("'", "''")}'`;

/** What to write for a value: `plain` text goes as it is. */
export type NewValue = string | { readonly plain: string } | null;

const spelled = (value: NewValue): string =>
  value === null ? 'null' : typeof value === 'string' ? quoted(value) : value.plain;

export class YamlText {
  readonly text: string;
  readonly #sections: readonly Entry[];

  /** Throws a YamlTextError for what is no mapping; no text at all is an empty one. */
  constructor(text: string) {
    this.text = text;
    const events = this.#parse(text);
    if (events.filter((event) => event.type === EVENT_ID.DOCUMENT).length > 1) {
      throw new YamlTextError('it holds more than one document: remove what follows the second `---`', {
        line: undefined,
      });
    }
    const document = new Reader(text, events).document();
    if (document !== undefined && document.entries === undefined && !(document.scalar && isNull(document.scalar))) {
      throw new YamlTextError('its text is no mapping of sections such as `client:` and `auth:`', { line: 1 });
    }
    this.#sections = document?.entries ?? [];
  }

  #parse(text: string): Event[] {
    try {
      return parseEvents(text, {});
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      const line = error.mark === undefined ? undefined : error.mark.line + 1;
      throw new YamlTextError(error.reason, { line, cause: error });
    }
  }

  get isEmpty(): boolean {
    return this.#sections.length === 0;
  }

  /** The last one, where a key comes twice, as the ancestor has it. */
  #find(entries: readonly Entry[] | undefined, key: string): Value | undefined {
    return findEntry(entries, key)?.value;
  }

  /** Undefined where there is no such value, or it is null, or no scalar. */
  get(section: string, key: string): string | undefined {
    const scalar = this.#find(this.#find(this.#sections, section)?.entries, key)?.scalar;
    return scalar === undefined || isNull(scalar) ? undefined : scalar.value;
  }

  /** The keys of a section whose values are scalars and not null. */
  keys(section: string): readonly string[] {
    const entries = this.#find(this.#sections, section)?.entries ?? [];
    return [...new Set(entries.map((entry) => entry.key.value))].filter((key) => this.get(section, key) !== undefined);
  }

  /** The line of a value, counted from 1. */
  line(section: string, key: string): number | undefined {
    const start = this.#find(this.#find(this.#sections, section)?.entries, key)?.scalar?.start;
    return start === undefined || start < 0 ? undefined : this.text.slice(0, start).split('\n').length;
  }

  /** With one value set; the rest of the text stays as it is, as far as its layout allows. */
  with(section: string, key: string, value: NewValue): YamlText {
    const edited = this.#edited(section, key, value);
    if (edited !== undefined) {
      try {
        const made = new YamlText(edited);
        if (made.#shows(section, key, value) && made.#sections.length >= this.#sections.length) return made;
      } catch (error) {
        if (!(error instanceof YamlTextError)) throw error;
      }
    }
    return this.#rewritten(section, key, value);
  }

  #shows(section: string, key: string, value: NewValue): boolean {
    return this.get(section, key) === (value === null ? undefined : typeof value === 'string' ? value : value.plain);
  }

  #edited(section: string, key: string, value: NewValue): string | undefined {
    const found = this.#find(this.#sections, section);
    const entry = findEntry(found?.entries, key);
    if (entry !== undefined) return this.#replaced(entry, spelled(value));
    const line = `${key}: ${spelled(value)}\n`;
    if (found === undefined) return `${this.text.replace(/([^\n])$/, '$1\n')}${section}:\n  ${line}`;
    // A new key goes before the first one of its section, where the indentation can be seen.
    const first = found.entries?.[0]?.key.start;
    const before = first === undefined ? undefined : this.text.slice(this.text.lastIndexOf('\n', first - 1) + 1, first);
    if (first === undefined || before === undefined || !/^ +$/.test(before)) return undefined;
    return this.text.slice(0, first) + line + before + this.text.slice(first);
  }

  #replaced({ key, value: { scalar } }: Entry, spelling: string): string | undefined {
    if (scalar === undefined) return undefined;
    if (scalar.start >= 0) return this.text.slice(0, scalar.start) + spelling + this.text.slice(scalar.end);
    const colon = /^[ \t]*:/.exec(this.text.slice(key.end))?.[0];
    if (colon === undefined || scalar.value !== '') return undefined;
    const at = key.end + colon.length;
    return `${this.text.slice(0, at)} ${spelling}${this.text.slice(at)}`;
  }

  /** The whole document printed anew: comments are lost. Only for layouts that cannot be edited in place. */
  #rewritten(section: string, key: string, value: NewValue): YamlText {
    const documents = eventsToAst(this.#parse(this.text === '' ? '{}' : this.text), {
      source: this.text === '' ? '{}' : this.text,
      schema: CORE_SCHEMA,
    });
    const [document] = documents;
    if (document === undefined) throw new YamlTextError('its text holds no document', { line: 1 });
    if (document.contents?.kind !== 'mapping') document.contents = mapping();
    let inner = childOf(document.contents, section);
    if (inner?.kind !== 'mapping') {
      inner = mapping();
      setChild(document.contents, section, inner);
    }
    const plain = value === null ? 'null' : typeof value === 'string' ? undefined : value.plain;
    setChild(inner, key, scalarNode(plain ?? (value as string), plain !== undefined));
    return new YamlText(present(documents, { schema: CORE_SCHEMA, lineWidth: -1 }));
  }
}

const mapping = (): MappingNode => ({
  kind: 'mapping',
  tag: 'tag:yaml.org,2002:map',
  tagged: false,
  style: 1,
  items: [],
});

const scalarNode = (value: string, plain: boolean): Node => ({
  ...{ kind: 'scalar', tag: 'tag:yaml.org,2002:str', tagged: false, value },
  style: plain ? SCALAR_STYLE.PLAIN : SCALAR_STYLE.SINGLE_QUOTED,
});

const childOf = (node: MappingNode, key: string): Node | undefined =>
  node.items.findLast((item) => item.key.kind === 'scalar' && item.key.value === key)?.value;

const setChild = (node: MappingNode, key: string, value: Node): void => {
  const found = node.items.findLast((item) => item.key.kind === 'scalar' && item.key.value === key);
  if (found === undefined) node.items.push({ key: scalarNode(key, true), value });
  else found.value = value;
};
