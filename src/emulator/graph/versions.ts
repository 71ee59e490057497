// Versions of a file: list, bytes, restore, delete (docs/graph-drive.md, 12).
import { emptyReply, type Reply, redirectReply } from '../reply.ts';
import { contentOf } from './contents.ts';
import type { ItemCall } from './graph-call.ts';
import { GraphError, itemNotFound, notSupported } from './graph-error.ts';
import { downloadUrl } from './graph-item.ts';
import { graphReply } from './graph-json.ts';
import { type Version, versionList, versionsOf } from './version-objects.ts';

const found = (call: ItemCall): Version => {
  const { drive, item } = call.subject;
  const version = versionList(call, drive, item).find(({ id }) => id === call.address.words[1]);
  if (version === undefined) throw itemNotFound();
  return version;
};

/** GET X/versions */
export const listVersions = (call: ItemCall): Reply => {
  const { drive, item } = call.subject;
  if (item.kind !== 'file') throw notSupported('Only files have versions.');
  return graphReply(200, { value: versionsOf(call, drive, item) });
};

/** GET X/versions/{id} */
export const getVersion = (call: ItemCall): Reply => {
  const { drive, item } = call.subject;
  const { id } = found(call);
  return graphReply(
    200,
    versionsOf(call, drive, item).find((version) => version['id'] === id),
  );
};

/** GET X/versions/{id}/content */
export const getVersionContent = (call: ItemCall): Reply => {
  const { drive, item } = call.subject;
  const { content, kept } = found(call);
  if (content.sha256 === item.content?.sha256)
    throw new GraphError(400, 'invalidRequest', 'The current version has no content of its own.');
  if (!kept) throw itemNotFound();
  return redirectReply(downloadUrl(call, drive, item, content.sha256));
};

/** POST X/versions/{id}/restoreVersion: the old content becomes a new version. */
export const restoreVersion = async (call: ItemCall): Promise<Reply> => {
  const { drive, item } = call.subject;
  const { content, kept } = found(call);
  if (!kept) throw itemNotFound();
  drive.setContent(item.number, await contentOf(call.services, item.name, content));
  return emptyReply(204);
};
