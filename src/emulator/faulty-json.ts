// Answers that lie: changes the objects in an answer before it is written. Works on the objects as the API shows them, whether one
// object, a listing under `data` (live) or under `value` (graph).
import type { FaultAction } from './faults.ts';
import type { Reply } from './reply.ts';

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objectsIn = (value: unknown): Fields[] => {
  if (!isFields(value)) return [];
  const list = value['data'] ?? value['value'];
  return Array.isArray(list) ? list.filter(isFields) : [value];
};

const isListing = (value: unknown): boolean =>
  isFields(value) && (Array.isArray(value['data']) || Array.isArray(value['value']));

const named = (objects: readonly Fields[], name: string | undefined): readonly Fields[] =>
  name === undefined ? objects : objects.filter((object) => new RegExp(name).test(String(object['name'])));

type Lie = (objects: readonly Fields[], value: unknown) => void;

const lieOf = (action: FaultAction): Lie | undefined => {
  switch (action.do) {
    case 'lie':
      return (objects) => {
        for (const object of named(objects, action.name)) {
          Object.assign(object, action.set);
          for (const field of action.drop ?? []) delete object[field];
        }
      };
    case 'size':
      return (objects) => {
        for (const object of named(objects, action.name)) {
          if (typeof object['size'] === 'number') object['size'] = action.size ?? object['size'] + (action.delta ?? 0);
        }
      };
    case 'names':
      return (objects, value) => {
        if (!isListing(value)) return;
        action.names.forEach((name, index) => {
          const object = objects[index];
          if (object !== undefined) object['name'] = name;
        });
      };
    case 'duplicates':
      return (objects, value) => {
        if (!isListing(value)) return;
        for (const object of objects) object['name'] = objects[0]?.['name'];
      };
    default:
      return undefined;
  }
};

/** The reply with all lies told, in order. */
export const withLies = (reply: Reply, actions: readonly FaultAction[]): Reply => {
  const lies = actions.map(lieOf).filter((lie) => lie !== undefined);
  if (lies.length === 0 || reply.json === undefined) return reply;
  const value: unknown = structuredClone(reply.json.value);
  for (const lie of lies) lie(objectsIn(value), value);
  return { ...reply, body: reply.json.render(value) };
};
