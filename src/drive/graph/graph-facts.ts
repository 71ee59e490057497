// What else the service says of an item, for people: facets of photos, songs, sharing. Names are those of the live dialect where it
// has the same, since both end as the same extended attributes.
import type { ItemKind } from '../drive.ts';
import { isObject, type WireObject } from './graph-errors.ts';
import { canonicalDriveId } from './graph-ids.ts';

const at = (wire: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), wire);

/** A fact is a short text or a number; everything else is none. */
const fact = (value: unknown): string | undefined => {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string' || value === '' || value.length > 1000 || value.includes('\0')) return undefined;
  return value;
};

/** `0001-01-01…` stands for a time that is not known. */
const time = (value: unknown): unknown => (typeof value === 'string' && value.startsWith('0001') ? undefined : value);

const typeOf = (wire: WireObject, kind: ItemKind): string => {
  if (kind !== 'file') return kind;
  if (isObject(wire['photo']) || isObject(wire['image'])) return 'photo';
  return isObject(wire['video']) ? 'video' : isObject(wire['audio']) ? 'audio' : 'file';
};

const place = (wire: WireObject): string | undefined => {
  const [latitude, longitude] = [at(wire, 'location', 'latitude'), at(wire, 'location', 'longitude')];
  return typeof latitude === 'number' && typeof longitude === 'number' ? `${latitude},${longitude}` : undefined;
};

/** The first that is told: none of them always is. */
const sharer = (wire: WireObject): unknown =>
  [
    ['remoteItem', 'shared', 'sharedBy'],
    ['remoteItem', 'shared', 'owner'],
    ['remoteItem', 'createdBy'],
    ['shared', 'owner'],
  ]
    .map((path) => at(wire, ...path, 'user', 'displayName'))
    .find((name) => fact(name) !== undefined);

const shortcut = (wire: WireObject): string | undefined => {
  const [drive, id] = [at(wire, 'remoteItem', 'parentReference', 'driveId'), at(wire, 'remoteItem', 'id')];
  return typeof drive === 'string' && typeof id === 'string' ? `${canonicalDriveId(drive)}/${id}` : undefined;
};

const either = (wire: WireObject, name: string): unknown => at(wire, 'image', name) ?? at(wire, 'video', name);

const song: readonly (readonly [string, string])[] = [
  ...([['title', 'title'] as const, ['artist', 'artist'] as const, ['album', 'album'] as const] as const),
  ...([['album_artist', 'albumArtist'] as const, ['genre', 'genre'] as const] as const),
];

export const toFacts = (wire: WireObject, kind: ItemKind): Readonly<Record<string, string>> => {
  const named: readonly (readonly [string, unknown])[] = [
    ['type', typeOf(wire, kind)],
    ['mime_type', at(wire, 'file', 'mimeType')],
    ['when_taken', time(at(wire, 'photo', 'takenDateTime'))],
    ['camera_make', at(wire, 'photo', 'cameraMake')],
    ['camera_model', at(wire, 'photo', 'cameraModel')],
    ['width', either(wire, 'width')],
    ['height', either(wire, 'height')],
    ['duration', at(wire, 'video', 'duration') ?? at(wire, 'audio', 'duration')],
    ['bitrate', at(wire, 'video', 'bitrate') ?? at(wire, 'audio', 'bitrate')],
    ...song.map(([name, wireName]) => [name, at(wire, 'audio', wireName)] as const),
    ['web_url', wire['webUrl']],
    ['shared', at(wire, 'shared', 'scope') ?? at(wire, 'remoteItem', 'shared', 'scope')],
    ['shared_by', sharer(wire)],
    ['shortcut', shortcut(wire)],
    ['special_folder', at(wire, 'specialFolder', 'name')],
    ['owner', at(wire, 'createdBy', 'user', 'displayName')],
    ['created', time(wire['createdDateTime'])],
    // A folder's moves with everything that happens below it.
    ['modified', kind === 'file' ? time(wire['lastModifiedDateTime']) : undefined],
    ['location', place(wire)],
  ];
  return Object.fromEntries(
    named.flatMap(([name, value]) => {
      const found = fact(value);
      return found === undefined ? [] : [[name, found]];
    }),
  );
};
